import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { visitPositions } from "../../src/scene/crs/positions.ts";
import { type Crs, type Georeference, type Raster, readRaster } from "../../src/scene/index.ts";
import { misregistration, suggestedMethod, type WarpMethod, warped } from "../../src/scene/warp.ts";
import { checkRaster } from "../support/damage.ts";

const golden = fileURLToPath(new URL("../golden/warp/", import.meta.url));
const epsg = (code: number): Crs => ({ epsg: code, name: `EPSG:${code}`, wkt: null, geoKeys: null });

describe("warped rasters", () => {
  for (const [source, target, method] of JSON.parse(readFileSync(`${golden}warp.json`, "utf8")) as [
    string,
    string,
    WarpMethod,
  ][]) {
    it(`are those of gdalwarp: ${target}, ${method}`, async () => {
      const given = await readRaster(`${golden}${source}.tif`);
      const expected = await readRaster(`${golden}${target}.tif`);
      const got = warped(given, expected, method);
      checkRaster(got);
      assert.deepEqual([got.height, got.width, got.bands], [expected.height, expected.width, expected.bands]);
      assert.deepEqual(got.georeference, expected.georeference);
      if (method === "nearest") {
        assert.deepEqual(got.data, expected.data);
        assert.deepEqual(got.valid, expected.valid);
        return;
      }
      const { missed, worst, mean } = difference(got, expected);
      assert.equal(missed, 0);
      // Of values from 0 to 250 that jump from pixel to pixel.
      const [most, usual] = bounds.get(target) ?? [0.1, 0.02];
      assert.ok(worst < most && mean < usual, `${worst} at most, ${mean} on average`);
    });
  }

  it("keep type, missing values and classes for nearest only", async () => {
    const classes = await readRaster(`${golden}classes.tif`);
    const target = await readRaster(`${golden}classes-utm11.tif`);
    const categories = [{ value: 1, name: "water", color: null }];
    const near = warped({ ...classes, categories }, target, "nearest");
    assert.ok(near.data instanceof Uint8Array);
    assert.deepEqual([near.data[near.valid!.indexOf(0)], near.categories], [255, categories]);
    // −1 does not fit into a byte.
    assert.equal(warped({ ...classes, nodata: -1 }, target, "nearest").data[near.valid!.indexOf(0)], 0);
    const between = warped({ ...classes, categories }, target, "bilinear");
    assert.ok(between.data instanceof Float32Array);
    assert.deepEqual([between.data[between.valid!.indexOf(0)], between.categories], [Number.NaN, null]);
  });

  it("find longitudes beyond 180°, and nothing where nothing is", () => {
    const place = (crs: number, ...transform: Georeference["transform"]): Georeference => ({
      transform,
      crs: epsg(crs),
    });
    const world = raster(18, 36, place(4326, 0, 10, 0, 90, 0, -10));
    const target = { height: 1, width: 2, georeference: place(32618, 400000, 1e5, 0, 4000000, 0, -1e5) };
    const { data, valid } = warped(world, target, "nearest");
    // 76° W is 284° E: column 28; 36° N: row 5.
    assert.deepEqual([valid, Array.from(data)], [null, [5 * 36 + 28, 5 * 36 + 28]]);
    const far = warped(raster(3, 3, place(32618, 0, 1, 0, 0, 0, -1)), target, "mean");
    assert.deepEqual(
      [Array.from(far.valid!), Array.from(far.data)],
      [
        [0, 0],
        [Number.NaN, Number.NaN],
      ],
    );
  });

  it("refuse grids without a place", () => {
    const target = raster(2, 2, { transform: [0, 1, 0, 0, 0, -1], crs: null });
    const flat = raster(2, 2, { transform: [0, 1, 2, 0, 1, 2], crs: null });
    assert.throws(() => warped(raster(2, 2, null), target, "mean"), {
      name: "DataError",
      message: "warp: expected grids with a georeference; got one without",
    });
    assert.throws(() => warped(flat, target, "mean"), {
      message: "warp: expected a georeference with pixels of some area; got 0, 1, 2, 0, 1, 2",
    });
  });
});

/** [worst, mean] where grids are turned, and a box stands for the new pixel. */
const bounds = new Map<string, readonly [number, number]>([
  ["height-mean", [5, 1]],
  ["fine-laea", [6, 1.2]],
  ["fine-mean", [1e-4, 1e-4]],
]);

/** Pixels 0, 1, 2, …, row by row. */
function raster(height: number, width: number, georeference: Georeference | null): Raster {
  const data = Float32Array.from({ length: height * width }, (_, pixel) => pixel);
  const unknown = { bandNames: null, wavelengthsNm: null, nodata: null, categories: null, valid: null };
  return { height, width, bands: 1, data, georeference, ...unknown };
}

/** Pixels inside that only one of the rasters has, and differences of values of those that both have. */
function difference(got: Raster, expected: Raster): { missed: number; worst: number; mean: number } {
  const { height, width, bands } = got;
  const [own, other] = [got, expected].map(
    ({ valid }) =>
      (row: number, col: number) =>
        valid?.[row * width + col] ?? 1,
  );
  let [missed, worst, sum, pixels] = [0, 0, 0, 0];
  for (let row = 1; row < height - 1; row++) {
    for (let col = 1; col < width - 1; col++) {
      if (own!(row, col) !== other!(row, col)) missed++;
      // Pixels at the margin are covered in part, where definitions differ.
      const around = [-1, 0, 1].flatMap((y) => [-1, 0, 1].map((x) => other!(row + y, col + x)));
      if (around.includes(0)) continue;
      pixels++;
      for (let band = 0; band < bands; band++) {
        const at = (row * width + col) * bands + band;
        const distance = Math.abs(got.data[at]! - expected.data[at]!);
        worst = Math.max(worst, distance);
        sum += distance / bands;
      }
    }
  }
  assert.ok(pixels > 0);
  return { missed, worst, mean: sum / pixels };
}

describe("positions of pixels", () => {
  it("are interpolated to a thousandth of a pixel, at a part of the cost", () => {
    const curved = (col: number, row: number) => [col + (row / 300) ** 2, row + Math.sin(col / 200)] as const;
    const [height, width] = [300, 401];
    let [worst, calls, visited] = [0, 0, 0];
    const counted = (col: number, row: number) => {
      calls++;
      return curved(col, row);
    };
    visitPositions(counted, height, width, (pixel, col, row, cols, rows) => {
      const exact = curved((pixel % width) + 0.5, Math.floor(pixel / width) + 0.5);
      worst = Math.max(worst, Math.abs(col - exact[0]), Math.abs(row - exact[1]));
      assert.ok(Math.abs(cols - 1) < 0.01 && Math.abs(rows - 1) < 0.01);
      visited++;
    });
    assert.equal(visited, height * width);
    assert.ok(worst < 1e-3 && calls < (height * width) / 4, `${worst}, ${calls} calls`);
  });

  it("end where the mapping ends", () => {
    const visited = new Set<number>();
    const half = (col: number, row: number) => (col > 77 ? ([Number.NaN, Number.NaN] as const) : ([col, row] as const));
    visitPositions(half, 70, 200, (pixel) => visited.add(pixel));
    assert.deepEqual(
      Array.from(visited, (pixel) => pixel % 200).reduce((a, b) => Math.max(a, b)),
      76,
    );
    assert.equal(visited.size, 70 * 77);
  });
});

describe("grids compared", () => {
  const grid = (x: number, y: number, pixel: number, crs = 32612) => ({
    ...{ height: 100, width: 80 },
    georeference: { transform: [x, pixel, 0, y, 0, -pixel], crs: epsg(crs) } as Georeference,
  });

  it("tell the part of a pixel by which they miss each other", () => {
    assert.equal(misregistration(grid(0, 0, 10), grid(300, -20, 10)), 0);
    assert.equal(misregistration(grid(0, 0, 10), grid(302.5, -29, 10)), 0.25);
    assert.equal(misregistration(grid(0, 0, 10), grid(5, 0, 10.1)), null);
    assert.equal(misregistration(grid(0, 0, 10), grid(5, 0, 10, 32613)), null);
    assert.equal(misregistration({ ...grid(0, 0, 10), georeference: null }, grid(5, 0, 10)), null);
  });

  it("suggest the mean from a finer one", () => {
    assert.equal(suggestedMethod(grid(0, 0, 10), grid(0, 0, 30)), "mean");
    assert.equal(suggestedMethod(grid(0, 0, 30), grid(0, 0, 10)), "bilinear");
    assert.equal(suggestedMethod(grid(3e5, 4e6, 10), grid(2e5, 4e6, 11, 32613)), "bilinear");
  });
});

const zion = fileURLToPath(new URL("../../../shared/data/zion/", import.meta.url));

describe("a real scene", { skip: existsSync(zion) ? false : "the folder of real scenes is not here" }, () => {
  it("has land cover on another grid as gdalwarp has it, in every pixel", async () => {
    const { data, valid } = warped(
      await readRaster(`${zion}nlcd.tif`),
      await readRaster(`${zion}landsat_b4.tif`),
      "nearest",
    );
    assert.equal(valid, null);
    assert.equal(
      Array.from(data).reduce((sum, value, pixel) => sum + value * (pixel % 1009), 0),
      3504293467,
    );
  });

  it("has heights on another grid as gdalwarp has them", async () => {
    const landsat = await readRaster(`${zion}landsat_b4.tif`);
    const { data, valid } = warped(await readRaster(`${zion}srtm.tif`), landsat, "bilinear");
    assert.ok(Math.abs(valid!.filter((one) => one === 0).length - 24087) <= 2);
    for (const [row, col, height] of [
      [700, 500, 2079.68359375],
      [1400, 1100, 1760.959228515625],
      [900, 77, 1670.3297119140625],
    ] as const) {
      assert.ok(Math.abs(data[row * landsat.width + col]! - height) < 0.05);
    }
  });
});
