import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { encodeGeoTiff, type GeoTiff } from "../../src/evaluate/index.ts";
import { type Georeference, openScene, type SceneOptions } from "../../src/scene/index.ts";

const folder = mkdtempSync(join(tmpdir(), "symdiffuser-place-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const at = (x: number, y: number, pixel: number, epsg = 32632): Georeference => ({
  transform: [x, pixel, 0, y, 0, -pixel],
  crs: { epsg, name: `EPSG:${epsg}`, wkt: null, geoKeys: null },
});

function save(name: string, raster: Omit<GeoTiff, "bands"> & { bands?: number }): string {
  const file = join(folder, `${name}.tif`);
  writeFileSync(file, encodeGeoTiff({ bands: 1, ...raster }));
  return file;
}

const size = { height: 6, width: 8 };
const reference = save("reference", {
  ...size,
  data: new Float32Array(48).fill(1),
  georeference: at(500_000, 5_400_000, 10),
});
const s2 = { name: "s2", file: reference };

describe("sources of other grids", () => {
  it("are averaged as power where they are radar decibels", async () => {
    const data = new Float32Array(12 * 16).map((_, pixel) => (pixel % 2 === 0 ? -20 : -10));
    const file = save("s1", { height: 12, width: 16, data, georeference: at(500_000, 5_400_000, 5) });
    const mean = async (kind: "sar" | "dem"): Promise<number> => {
      const { sources } = await openScene({ sources: [s2, { name: "s1", file, kind }] });
      return sources[1]!.raster.data[9]!;
    };
    assert.ok(Math.abs((await mean("sar")) - 10 * Math.log10((0.01 + 0.1) / 2)) < 1e-5);
    assert.ok(Math.abs((await mean("dem")) + 15) < 1e-5);
  });

  it("are moved by parts of a pixel, which is told", async () => {
    // A plane: bilinear values between its pixels lie on it.
    const data = new Float32Array(80).map((_, pixel) => 3 * (pixel % 10) + 7 * Math.floor(pixel / 10));
    const file = save("plane", { height: 8, width: 10, data, georeference: at(499_994, 5_400_014, 10) });
    const { sources, notes, valid } = await openScene({ sources: [s2, { name: "plane", file }] });
    const { data: moved } = sources[1]!.raster;
    for (const [row, col] of [
      [0, 0],
      [3, 2],
      [5, 7],
    ] as const) {
      assert.ok(Math.abs(moved[row * 8 + col]! - (3 * (col + 0.6) + 7 * (row + 1.4))) < 1e-4);
    }
    assert.equal(valid, null);
    assert.equal(notes.length, 1);
    assert.match(
      notes[0]!.text,
      /^plane: put on the scene's grid from 8 rows .*\(bilinear\); its pixels lie 0\.40 pixels off those of the scene$/,
    );
  });

  it("leave the rest of the scene without data where they cover a part of it, which is told", async () => {
    const file = save("half", {
      ...size,
      data: new Float32Array(48).fill(2),
      georeference: at(500_040, 5_400_000, 10),
    });
    const { valid, notes } = await openScene({ sources: [s2, { name: "half", file }] });
    assert.deepEqual(Array.from(valid!.slice(0, 8)), [0, 0, 0, 0, 1, 1, 1, 1]);
    assert.match(notes[0]!.text, /; 50\.0 % of the scene is without data$/);
  });

  it("are told of, with what was done, and whether it interpolated", async () => {
    const sized = (name: string, height: number, width: number, georeference?: Georeference) =>
      save(name, {
        height,
        width,
        data: new Float32Array(height * width).fill(3),
        ...(georeference && { georeference }),
      });
    const wide = { height: 8, width: 10, georeference: at(499_990, 5_400_010, 10) };
    const file = save("wide", { ...wide, data: new Uint16Array(80).map((_, pixel) => pixel) });
    const { sources, notes, labels } = await openScene({
      sources: [
        s2,
        { name: "coarse", file: sized("threes", 3, 4) },
        { name: "fine", file: sized("twelves", 12, 16, at(500_000, 5_400_000, 5)) },
        { name: "wide", file },
      ],
      labels: {
        file: save("few", { height: 3, width: 4, data: Uint8Array.from({ length: 12 }, (_, n) => 1 + (n % 2)) }),
      },
      grid: "s2",
    });
    const put = "put on the scene's grid from";
    assert.deepEqual(
      notes.map(({ text, isInterpolated }) => [text, isInterpolated]),
      [
        [`coarse: ${put} 3 rows × 4 columns without georeference (bilinear)`, true],
        [`fine: ${put} 12 rows × 16 columns of 5 × 5 from 500000, 5400000, EPSG:32632 (mean)`, false],
        [`wide: ${put} 8 rows × 10 columns of 10 × 10 from 499990, 5400010, EPSG:32632 (pixel for pixel)`, false],
        [`labels: ${put} 3 rows × 4 columns without georeference (nearest)`, false],
      ],
    );
    assert.equal(labels!.classes.length, 2);
    const { data } = sources[3]!.raster;
    assert.ok(data instanceof Uint16Array);
    assert.deepEqual(Array.from(data.subarray(0, 9)), [11, 12, 13, 14, 15, 16, 17, 18, 21]);
  });

  it("can set the grid", async () => {
    const file = save("coarse", {
      height: 3,
      width: 4,
      data: new Float32Array(12).fill(5),
      georeference: at(500_000, 5_400_000, 20),
    });
    const { height, width } = await openScene({ sources: [s2, { name: "coarse", file }], grid: "coarse" });
    assert.deepEqual([height, width], [3, 4]);
  });
});

describe("labels of another grid", () => {
  const codes = Uint8Array.from({ length: 12 }, (_, pixel) => [3, 4, 0, 9][pixel % 4]!);
  it("keep their codes where the grid is that of a source", async () => {
    const file = save("labels", { height: 3, width: 4, data: codes, georeference: at(500_000, 5_400_000, 20) });
    const { labels } = await openScene({ sources: [s2], labels: { file }, grid: "s2" });
    assert.deepEqual(
      labels!.classes.map(({ code }) => code),
      [3, 4, 9],
    );
    assert.deepEqual(Array.from(labels!.data.slice(8, 16)), [1, 1, 2, 2, 0, 0, 3, 3]);
  });

  it("are laid on the first source where they lie elsewhere", async () => {
    const file = save("shifted", { height: 3, width: 4, data: codes, georeference: at(500_003, 5_400_000, 20) });
    const { height, labels, notes } = await openScene({ sources: [s2], labels: { file } });
    assert.equal(height, 6);
    assert.deepEqual(Array.from(labels!.data.slice(0, 8)), [1, 1, 2, 2, 0, 0, 3, 3]);
    assert.match(notes[0]!.text, /^labels: put on the scene's grid .*\(nearest\)/);
  });
});

describe("points and polygons", () => {
  it("that lie outside the scene are told of", async () => {
    const file = join(folder, "points.csv");
    const rows = ["a,500005", "b,500015", "c,500095", "a,500105"].map((row) => `${row},5399995`);
    writeFileSync(file, ["kind,easting,northing", ...rows].join("\n"));
    const { notes } = await openScene({ sources: [s2], labels: { file } });
    const text = "labels: 2 of 4 features lie outside the scene, all those of kind c";
    assert.deepEqual(notes, [{ text, isInterpolated: false }]);
  });
});

describe("the place of the scene", () => {
  // All of one size: each lies elsewhere by whole pixels.
  const save8 = (name: string, georeference: Georeference | null) =>
    save(name, { ...size, data: Uint8Array.from({ length: 48 }, (_, pixel) => 1 + (pixel % 2)), georeference });
  const moved = { name: "moved", file: save8("moved", at(500_020, 5_399_990, 10)) };
  const bare = { name: "bare", file: save8("bare", null) };
  const labels = { file: save8("beside", at(499_970, 5_400_020, 10)) };
  const origin = async (options: SceneOptions) => {
    const { georeference, sources } = await openScene(options);
    return [georeference!.transform[0], sources[0]!.raster.data[0]];
  };

  it("is that of the first source, or of the one named, whatever else has its size", async () => {
    assert.deepEqual(await origin({ sources: [s2, moved], labels }), [500_000, 1]);
    assert.deepEqual(await origin({ sources: [s2, moved], labels, grid: "s2" }), [500_000, 1]);
    assert.deepEqual((await origin({ sources: [s2, moved], grid: "moved" }))[0], 500_020);
    assert.deepEqual((await origin({ sources: [s2, moved], labels, grid: "moved" }))[0], 500_020);
    assert.deepEqual((await origin({ sources: [s2, moved], labels, grid: "labels" }))[0], 499_970);
  });

  it("is lent by a raster of its size where it has none", async () => {
    assert.deepEqual(await origin({ sources: [bare, moved] }), [500_020, 1]);
    assert.deepEqual(await origin({ sources: [bare, moved], grid: "bare" }), [500_020, 1]);
  });
});

describe("several files of a source", () => {
  it("put their bands side by side", async () => {
    const two = save("two", {
      ...size,
      bands: 2,
      data: new Float32Array(96).fill(4),
      georeference: at(500_000, 5_400_000, 10),
    });
    const { sources } = await openScene({
      sources: [{ name: "all", file: [reference, two], wavelengths: [400, 600] }],
    });
    const { bands, data, bandNames, wavelengthsNm } = sources[0]!.raster;
    assert.deepEqual([bands, ...data.slice(0, 3)], [3, 1, 4, 4]);
    assert.deepEqual(bandNames, ["reference", "two 1", "two 2"]);
    assert.deepEqual(wavelengthsNm, [400, 500, 600]);
  });

  it("make a simulated sensor", async () => {
    const data = new Float32Array(48 * 3).map((_, at) => [1, 2, 6][at % 3]!);
    const file = save("cube", { ...size, bands: 3, data });
    const source = { name: "pan", file, wavelengths: [460, 550, 640], simulate: "pan" } as const;
    const { sources } = await openScene({ sources: [source] });
    assert.deepEqual([sources[0]!.name, sources[0]!.kind, sources[0]!.raster.data[5]], ["pan", "pan", 3]);
    await assert.rejects(openScene({ sources: [{ ...source, wavelengths: [1, 2, 3, 4] }] }), {
      name: "ConfigError",
      message: "sources[0].wavelengths: expected 3 wavelengths, or the first and the last; got 4",
    });
  });
});
