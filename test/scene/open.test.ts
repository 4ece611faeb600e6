import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import fc from "fast-check";
import { encodeAuxXml, encodeGeoTiff, type GeoTiff } from "../../src/evaluate/index.ts";
import {
  describeRaster,
  type Georeference,
  openScene,
  type RasterData,
  readRaster,
  type SceneOptions,
} from "../../src/scene/index.ts";
import { goldenFolder } from "../support/golden-rasters.ts";

const folder = mkdtempSync(join(tmpdir(), "symdiffuser-open-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const at = (pixelSize: number, x = 300_000, epsg = 32632): Georeference => ({
  transform: [x, pixelSize, 0, 5_400_000, 0, -pixelSize],
  crs: { epsg, name: `EPSG:${epsg}`, wkt: null, geoKeys: null },
});

function save(name: string, image: Omit<GeoTiff, "bands"> & { readonly bands?: number }): string {
  const file = join(folder, `${name}.tif`);
  writeFileSync(file, encodeGeoTiff({ bands: 1, ...image }));
  return file;
}

/** Numbers for every row, column and band. */
function filled<T extends RasterData>(
  data: T,
  [, width, bands]: readonly [number, number, number],
  value: (row: number, col: number, band: number) => number,
): T {
  for (let index = 0; index < data.length; index++) {
    const pixel = Math.floor(index / bands);
    data[index] = value(Math.floor(pixel / width), pixel % width, index % bands);
  }
  return data;
}

const size = { height: 6, width: 8 };
const two = save("s2", {
  ...size,
  bands: 2,
  georeference: at(10),
  nodata: -1,
  data: filled(new Int16Array(96), [6, 8, 2], (row, col, band) =>
    row === 5 && col === 0 && band === 1 ? -1 : row * 100 + col * 10 + band,
  ),
});
const codes = [0, 7, 7, 3, 3, 250, 3, 7];
const labels = save("labels", {
  ...size,
  georeference: at(10),
  data: filled(new Uint8Array(48), [6, 8, 1], (row, col) => codes[(row + col) % 8]!),
});

describe("openScene", () => {
  it("puts sources and labels on one grid", async () => {
    const scene = await openScene({ sources: [{ name: "s2", file: two }], labels: { file: labels } });
    assert.deepEqual([scene.name, scene.height, scene.width], ["s2", 6, 8]);
    assert.deepEqual(scene.georeference!.transform, at(10).transform);
    assert.equal(scene.sources[0]!.kind, "msi");
    assert.equal(scene.sources[0]!.raster.data[(2 * 8 + 3) * 2 + 1], 231);
    assert.deepEqual(
      Array.from(scene.valid!.keys()).filter((pixel) => scene.valid![pixel] === 0),
      [40],
    );
    assert.deepEqual(
      scene.labels!.classes.map(({ code, name }) => [code, name]),
      [
        [3, "class 3"],
        [7, "class 7"],
        [250, "class 250"],
      ],
    );
    assert.deepEqual(Array.from(scene.labels!.data.subarray(0, 8)), [0, 2, 2, 1, 1, 3, 1, 2]);
    // Code 250 at row 5, column 0, where band 1 is nodata.
    assert.equal(scene.labels!.data[40], 0);
    assert.equal(new Set(scene.labels!.classes.map(({ color }) => color.join())).size, 3);
  });

  it("takes names and colours from the options, then from the file", async () => {
    const file = save("named", {
      ...size,
      georeference: at(10),
      data: new Uint8Array(48).map((_, index) => 1 + (index % 3)),
    });
    writeFileSync(
      `${file}.aux.xml`,
      encodeAuxXml([
        { value: 1, name: "Water & ice", color: [0, 83, 255] },
        { value: 2, name: "Soil", color: [204, 153, 52] },
      ]),
    );
    const classes = [{ code: 2, name: "Bare soil" }] as const;
    const scene = await openScene({ sources: [{ name: "a", file: two }], labels: { file, classes } });
    assert.deepEqual(scene.labels!.classes, [
      { code: 1, name: "Water & ice", color: [0, 83, 255] },
      { code: 2, name: "Bare soil", color: [204, 153, 52] },
      { code: 3, name: "class 3", color: [230, 25, 75] },
    ]);
  });

  it("takes the values that mean unlabelled from the options", async () => {
    const file = save("flood", {
      ...size,
      data: new Int16Array(48).map((_, index) => (index % 3) - 1),
    });
    const sources = [{ name: "a", file: two }];
    const scene = await openScene({ sources, labels: { file, unlabelled: [-1] } });
    assert.deepEqual(
      scene.labels!.classes.map(({ code }) => code),
      [0, 1],
    );
    await assert.rejects(openScene({ sources, labels: { file } }), {
      name: "DataError",
      message: `${file}: expected at least two classes; got only code 1 — 0, nodata and negative values count as unlabelled unless labels.unlabelled lists others`,
    });
  });

  it("interpolates a coarser source: a plane stays a plane away from the edge", async () => {
    const plane = (row: number, col: number, band: number) => 2 * row + 3 * col + 100 * band;
    const data = filled(new Int16Array(24), [3, 4, 2], plane);
    const coarse = save("coarse", { height: 3, width: 4, bands: 2, georeference: at(20), data });
    const scene = await openScene({
      sources: [
        { name: "fine", file: two },
        { name: "coarse", file: coarse },
      ],
    });
    const { raster } = scene.sources[1]!;
    assert.ok(raster.data instanceof Float32Array);
    for (let row = 1; row < 5; row++) {
      for (let col = 1; col < 7; col++) {
        const expected = plane((row + 0.5) / 2 - 0.5, (col + 0.5) / 2 - 0.5, 1);
        assert.ok(Math.abs(raster.data[(row * 8 + col) * 2 + 1]! - expected) < 1e-5);
      }
    }
    // At the corner there is only the corner.
    assert.equal(raster.data[0], 0);
    assert.deepEqual(raster.georeference!.transform, at(10).transform);
  });

  it("interpolates between valid pixels only", async () => {
    const data = Float32Array.of(1, Number.NaN, 3, 4);
    const coarse = save("coarse-holes", { height: 2, width: 2, data });
    const fine = save("fine", { height: 4, width: 4, data: new Uint8Array(16) });
    const scene = await openScene({
      sources: [
        { name: "fine", file: fine },
        { name: "coarse", file: coarse },
      ],
    });
    assert.deepEqual(Array.from(scene.valid!), [1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
    // Row 1, column 1: 9/16 of 1, 3/16 of 3, 1/16 of 4, and the hole left out.
    assert.ok(Math.abs(scene.sources[1]!.raster.data[5]! - (9 * 1 + 3 * 3 + 1 * 4) / 13) < 1e-6);
    assert.ok(Number.isNaN(scene.sources[1]!.raster.data[2]));
  });

  it("averages the valid pixels of a finer source", async () => {
    const data = filled(new Float64Array(24 * 32), [24, 32, 1], (row, col) =>
      row < 4 && col < 4 ? Number.NaN : row * 32 + col,
    );
    data[4] = 1000;
    data[5] = Number.NaN;
    const fine = save("finer", { height: 24, width: 32, georeference: at(2.5), data });
    const scene = await openScene({
      sources: [
        { name: "s2", file: two },
        { name: "fine", file: fine },
      ],
    });
    const { raster } = scene.sources[1]!;
    assert.ok(raster.data instanceof Float64Array);
    assert.equal(raster.valid![0], 0);
    const block = [1000, 6, 7, ...[1, 2, 3].flatMap((row) => [4, 5, 6, 7].map((col) => row * 32 + col))];
    assert.equal(raster.data[1], block.reduce((sum, value) => sum + value, 0) / 15);
    assert.equal(raster.data[8 * 5 + 7], 21.5 * 32 + 29.5);
  });

  it("drops bands that hold no data anywhere, unless bands are chosen", async () => {
    const data = filled(new Int16Array(144), [6, 8, 3], (row, col, band) => (band === 1 ? -1 : row + col));
    const file = save("vapour", { ...size, bands: 3, data, nodata: -1, bandNames: ["a", "b", "c"] });
    const scene = await openScene({ sources: [{ name: "hs", file }] });
    assert.deepEqual(scene.sources[0]!.raster.bandNames, ["a", "c"]);
    assert.equal(scene.valid, null);
    await assert.rejects(openScene({ sources: [{ name: "hs", file, bands: [2, 1] }] }), {
      name: "DataError",
      message: "hs: expected pixels with data in every band; got none — bands without any data: 1",
    });
  });

  it("chooses bands and another nodata value", async () => {
    const sources = [{ name: "s2", file: two, bands: [1], nodata: 11 }] as const;
    const { raster } = (await openScene({ sources })).sources[0]!;
    assert.deepEqual([raster.bands, raster.nodata, raster.data[0], raster.data[40]], [1, 11, 1, -1]);
    assert.deepEqual([raster.valid![1], raster.valid![40]], [0, 1]);
  });

  it("keeps pixels hidden that the file masks, whatever bands are chosen", async () => {
    const sources = [{ name: "rgb", file: `${goldenFolder}mask.tif`, bands: [0] }] as const;
    const { valid } = await openScene({ sources });
    assert.deepEqual(
      Array.from(valid!.keys()).filter((pixel) => valid![pixel] === 0),
      [1 * 9 + 4, 6 * 9 + 2],
    );
  });
});

describe("a scene that cannot be opened", () => {
  const shifted = save("shifted", { ...size, georeference: at(10, 300_005), data: new Uint8Array(48) });
  const elsewhere = save("elsewhere", { ...size, georeference: at(10, 300_000, 32633), data: new Uint8Array(48) });
  const beside = save("beside", { ...size, georeference: at(10, 300_080), data: new Uint8Array(48).fill(1) });
  // Wider than the scene; only its last column, outside the scene, holds data.
  const edge = { height: 6, width: 12, georeference: at(10, 300_000) };
  const outer = save("outer", {
    ...edge,
    data: new Float32Array(72).map((_, index) => (index % 12 === 11 ? 1 + (index % 5) : Number.NaN)),
  });
  const odd = save("odd", { height: 4, width: 8, data: new Uint8Array(32) });
  const empty = save("empty", { ...size, data: new Float32Array(48).fill(Number.NaN) });
  const holey = save("holey", {
    ...size,
    data: new Float32Array(48).map((_, index) => (index === 40 ? 1 : Number.NaN)),
  });
  const s2 = { name: "s2", file: two };
  const faults: readonly (readonly [string, SceneOptions, string])[] = [
    ["no source", { sources: [] }, "sources: expected at least one source; got none"],
    ["a name twice", { sources: [s2, s2] }, 'sources[1].name: expected every name once; got "s2" again'],
    [
      "a band that is not there",
      { sources: [{ ...s2, bands: [0, 2] }] },
      "sources[0].bands: expected bands from 0 to 1; got 2",
    ],
    [
      "a source of another size, without a place",
      { sources: [s2, { name: "b", file: odd }] },
      "b: expected the size of the scene's grid (6 rows × 8 columns of 10 × 10 from 300000, 5400000, EPSG:32632) or a whole " +
        "multiple or part of it, or a georeference in both; got 4 rows × 8 columns without georeference — resample it first, for example with gdalwarp",
    ],
    [
      "a source elsewhere",
      { sources: [s2, { name: "b", file: elsewhere }] },
      "b: expected pixels on the scene's grid (6 rows × 8 columns of 10 × 10 from 300000, 5400000, EPSG:32632); got " +
        "6 rows × 8 columns of 10 × 10 from 300000, 5400000, EPSG:32633, which does not overlap it",
    ],
    [
      "labels elsewhere",
      { sources: [s2], labels: { file: beside } },
      `${beside}: expected pixels on the scene's grid (6 rows × 8 columns of 10 × 10 from 300000, 5400000, EPSG:32632); got ` +
        "6 rows × 8 columns of 10 × 10 from 300080, 5400000, EPSG:32632, which does not overlap it",
    ],
    [
      "a source without data on the scene's grid",
      { sources: [s2, { name: "b", file: outer }] },
      "b: expected pixels with data on the scene's grid (6 rows × 8 columns of 10 × 10 from 300000, 5400000, EPSG:32632); got " +
        "6 rows × 12 columns of 10 × 10 from 300000, 5400000, EPSG:32632, which has none there",
    ],
    [
      "labels without data on the scene's grid",
      { sources: [s2], labels: { file: outer } },
      `${outer}: expected pixels with data on the scene's grid (6 rows × 8 columns of 10 × 10 from 300000, 5400000, EPSG:32632); got ` +
        "6 rows × 12 columns of 10 × 10 from 300000, 5400000, EPSG:32632, which has none there",
    ],
    ["a grid that is no source's", { sources: [s2], grid: "s1" }, "grid: expected one of s2; got s1"],
    [
      "files of one source on different grids",
      { sources: [{ name: "b", file: [two, shifted] }] },
      `${shifted}: expected the grid of ${two} (6 rows × 8 columns of 10 × 10 from 300000, 5400000, EPSG:32632); got 6 rows × 8 columns of 10 × 10 from 300005, 5400000, EPSG:32632`,
    ],
    [
      "a field of raster labels",
      { sources: [s2], labels: { file: two, field: "class" } },
      `labels.field: expected it with polygons or points only; got it with ${two}`,
    ],
    [
      "only NaN",
      { sources: [{ name: "b", file: empty }] },
      "b: expected pixels with data in every band; got none — bands without any data: 0",
    ],
    [
      "no pixel valid in every source",
      { name: "town", sources: [s2, { name: "b", file: holey }] },
      "town: expected pixels with data in every source; got none — do the sources overlap?",
    ],
    [
      "no label",
      { sources: [s2], labels: { file: save("zeros", { ...size, data: new Uint8Array(48) }) } },
      `${join(folder, "zeros.tif")}: expected labelled pixels; got none`,
    ],
    [
      "labels with fractions",
      { sources: [s2], labels: { file: save("half", { ...size, data: new Float32Array(48).fill(1.5) }) } },
      `${join(folder, "half.tif")}: expected whole numbers as class codes; got 1.5 in row 0, column 0`,
    ],
    [
      "labels of two bands",
      { sources: [s2], labels: { file: two } },
      `${two}: expected labels in one band; got 2 bands`,
    ],
    [
      "a class told twice",
      { sources: [s2], labels: { file: labels, classes: [{ code: 3 }, { code: 3 }] } },
      "labels.classes[1].code: expected every code once; got 3 again",
    ],
  ];
  for (const [name, options, message] of faults) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(openScene(options), { message });
    });
  }
});

describe("describeRaster", () => {
  it("tells what is in a GeoTIFF", async () => {
    const { format, raster, variables } = await describeRaster(two);
    assert.deepEqual([format, variables], ["GeoTIFF", null]);
    const { statistics, counts, ...rest } = raster!;
    assert.deepEqual(rest, {
      ...{ height: 6, width: 8, bands: 2, nodata: -1, bandNames: null, wavelengthsNm: null },
      ...{ dtype: "i16", validPixels: 47, crs: { epsg: 32632, name: rest.crs!.name }, transform: at(10).transform },
    });
    assert.equal(counts, null);
    const [first] = statistics!;
    assert.deepEqual([first!.min, first!.max], [0, 570]);
    // The mean of all 48 is 250 + 35; the pixel left out holds 500.
    assert.ok(Math.abs(first!.mean! - (285 * 48 - 500) / 47) < 1e-9);
  });

  it("counts the values of a class map", async () => {
    const { raster } = await describeRaster(labels);
    assert.deepEqual(
      raster!.counts!.map(({ value, pixels }) => [value, pixels]),
      [
        [0, 6],
        [3, 18],
        [7, 18],
        [250, 6],
      ],
    );
  });

  it("lists the variables of a MATLAB file", async () => {
    const { format, raster, variables } = await describeRaster(`${goldenFolder}tree.mat`);
    assert.deepEqual([format, raster], ["MATLAB", null]);
    assert.deepEqual(variables!.slice(0, 3), [
      { path: "hsi.Data", content: "8×9×5 uint16", isRaster: true },
      { path: "hsi.Lidar[0].z", content: "8×9 single", isRaster: true },
      { path: "hsi.Lidar[0].info.name", content: "1×8 text", isRaster: false },
    ]);
    assert.equal((await describeRaster(`${goldenFolder}tree.mat#hsi.Data`)).raster!.bands, 5);
  });
});

describe("writing and reading a GeoTIFF", () => {
  const makers = [Uint8Array, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array, Float32Array, Float64Array];
  it("gives back the same pixels for every type and size", async () => {
    const sizes = fc.tuple(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 4 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...makers), sizes, fc.integer(), async (Data, [height, width, bands], seed) => {
        const data = new Data(height * width * bands).map(
          (_: number, index: number) => Math.imul(index + seed, 48271) / 7,
        );
        const file = save("round", { height, width, bands, data, georeference: at(10) });
        const raster = await readRaster(file);
        assert.deepEqual([raster.height, raster.width, raster.bands], [height, width, bands]);
        assert.deepEqual(raster.data, data);
        assert.deepEqual(raster.georeference!.transform, at(10).transform);
      }),
      { numRuns: 100 },
    );
  });
});
