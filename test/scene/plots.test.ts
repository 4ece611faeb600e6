import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { encodeGeoTiff, type GeoTiff } from "../../src/evaluate/index.ts";
import { type Georeference, leakage, makeSplit, openScene, type SceneOptions } from "../../src/scene/index.ts";

const folder = mkdtempSync(join(tmpdir(), "symdiffuser-plots-"));
after(() => rmSync(folder, { recursive: true, force: true }));
for (const name of ["a", "b", "field"]) mkdirSync(join(folder, name));

const crs = { epsg: 32632, name: "EPSG:32632", wkt: null, geoKeys: null };
const place = (plot: number, pixel: number): Georeference => ({
  transform: [1000 * plot, pixel, 0, 5000, 0, -pixel],
  crs,
});

function save(file: string, raster: Omit<GeoTiff, "bands"> & { readonly bands?: number }): void {
  writeFileSync(join(folder, file), encodeGeoTiff({ bands: 1, ...raster }));
}

/** Ten plots of 6 × 5 pixels, the second source at half the pixel size, and squares of two classes. */
const features: object[] = [];
for (let plot = 0; plot < 10; plot++) {
  save(`a/P${plot}.tif`, { height: 6, width: 5, data: new Uint8Array(30).fill(plot), georeference: place(plot, 2) });
  save(`b/P${plot}.tif`, {
    height: 12,
    width: 10,
    data: new Float32Array(120).fill(plot / 2),
    georeference: place(plot, 1),
  });
  const [west, north] = [1000 * plot, 5000];
  const square = (from: number, to: number): number[][] => [
    [west, north - from],
    [west + 10, north - from],
    [west + 10, north - to],
    [west, north - to],
    [west, north - from],
  ];
  // The last plot is without labels.
  if (plot === 9) continue;
  for (const [id, from, to] of [
    [2 * plot, 0, 4],
    [2 * plot + 1, 8, 12],
  ] as const) {
    features.push({
      type: "Feature",
      properties: { tree: id },
      geometry: { type: "Polygon", coordinates: [square(from, to)] },
    });
  }
}
const polygons = join(folder, "field", "crowns.geojson");
const member = { type: "name", properties: { name: "urn:ogc:def:crs:EPSG::32632" } };
writeFileSync(polygons, JSON.stringify({ type: "FeatureCollection", crs: member, features }));
const table = join(folder, "field", "trees.csv");
const rows = Array.from({ length: 18 }, (_, tree) => `${tree},${tree % 2 === 0 ? "oak" : "pine"}`);
writeFileSync(table, ["tree,species", ...rows, "0,oak"].join("\n"));

const options: SceneOptions = {
  sources: [
    { name: "a", file: join(folder, "a/P*.tif") },
    { name: "b", file: join(folder, "b/P*.tif") },
  ],
  labels: { file: polygons, join: table, field: "species" },
};

describe("a scene of many plots", () => {
  it("lays them side by side, with gaps that are not valid", async () => {
    const { height, width, valid, plots, sources, labels } = await openScene(options);
    assert.equal(plots!.length, 10);
    const { georeference, ...fourth } = plots![4]!;
    assert.deepEqual(fourth, { name: "P4", row: 22, col: 0, height: 6, width: 5 });
    assert.deepEqual(georeference!.transform, place(4, 2).transform);
    assert.deepEqual([height, width], [3 * 22 - 16, 4 * 22 - 16]);
    assert.equal(
      valid!.reduce((sum, one) => sum + one, 0),
      300,
    );
    const [a, b] = sources;
    const pixel = 22 * width;
    assert.deepEqual([a!.raster.data[pixel], b!.raster.data[pixel]], [4, 2]);
    assert.deepEqual(
      labels!.classes.map(({ name }) => name),
      ["oak", "pine"],
    );
    // Two rows of oak, two of nothing, two of pine.
    assert.deepEqual(
      [0, 2, 4].map((row) => labels!.data[pixel + row * width]),
      [1, 0, 2],
    );
    assert.equal(labels!.data.filter((label) => label > 0).length, 9 * 20);
  });

  it("is split by whole plots, without leakage", async () => {
    const scene = await openScene(options);
    const split = makeSplit(scene, "plots,fraction:0.4,perClass:15", 3);
    const plotsOf = (pixels: Int32Array): Set<number> =>
      new Set(Array.from(pixels, (at) => Math.floor(at / scene.width / 22) * 4 + Math.floor((at % scene.width) / 22)));
    const [train, test] = [plotsOf(split.train), plotsOf(split.test)];
    assert.equal(train.size, 4);
    assert.equal(test.size, 5);
    assert.ok([...train].every((plot) => !test.has(plot)));
    assert.equal(split.train.length, 30);
    assert.equal(leakage(split, scene.height, scene.width, 6), 0);
  });

  it("is refused where a plot lacks a file, or nothing matches", async () => {
    const [a, b] = options.sources;
    await assert.rejects(openScene({ sources: [a!, { ...b!, file: join(folder, "b/P1*.tif") }] }), {
      name: "ConfigError",
      message: `${join(folder, "b/P1*.tif")}: expected ${join(folder, "b/P10.tif")}, as there is for ${join(folder, "a/P*.tif")}; got none`,
    });
    await assert.rejects(openScene({ sources: [{ ...a!, file: join(folder, "a/Q*.tif") }] }), {
      message: `${join(folder, "a/Q*.tif")}: expected files of that pattern; got none`,
    });
    await assert.rejects(async () => makeSplit({ ...(await openScene(options)), plots: null }, "plots", 0), {
      message: "P*: expected a scene of many plots for the rule plots; got one place",
    });
  });

  it("uses the bands that have data in any plot, and says which plots lack some", async () => {
    mkdirSync(join(folder, "gaps"));
    for (const [plot, lacked] of [[2, 3], [0, 3], [3]].entries()) {
      const data = Float32Array.from({ length: 30 * 4 }, (_, at) => (lacked.includes(at % 4) ? Number.NaN : at % 4));
      save(`gaps/P${plot}.tif`, { height: 6, width: 5, bands: 4, data, georeference: place(plot, 2) });
    }
    const source = { name: "gaps", file: join(folder, "gaps/P*.tif") };
    const scene = await openScene({ sources: [source] });
    assert.deepEqual(
      scene.notes.map(({ text }) => text),
      [
        "gaps: no data in band 0, 2 in 2 of 3 plots (P0, P1), whose pixels are left out; choose bands without them to keep these plots",
      ],
    );
    const { raster } = scene.sources[0]!;
    assert.equal(raster.bands, 3);
    const at = scene.plots!.map(({ row, col }) => row * scene.width + col);
    assert.deepEqual(
      at.map((pixel) => [scene.valid![pixel], ...raster.data.subarray(pixel * 3, pixel * 3 + 3)]),
      [
        [0, 0, 1, Number.NaN],
        [0, Number.NaN, 1, 2],
        [1, 0, 1, 2],
      ],
    );
    const chosen = await openScene({ sources: [{ ...source, bands: [1] }] });
    assert.deepEqual(chosen.notes, []);
    assert.ok(at.every((pixel) => chosen.valid![pixel] === 1));
  });

  it("counts the features that lie outside every plot", async () => {
    mkdirSync(join(folder, "few"));
    for (let plot = 0; plot < 2; plot++) {
      save(`few/P${plot}.tif`, { height: 6, width: 5, data: new Uint8Array(30), georeference: place(plot, 2) });
    }
    const few = [{ name: "few", file: join(folder, "few/P*.tif") }];
    assert.deepEqual((await openScene({ ...options, sources: [options.sources[0]!] })).notes, []);
    const { notes } = await openScene({ ...options, sources: few });
    assert.deepEqual(notes, [{ text: "labels: 14 of 18 features lie outside every plot", isInterpolated: false }]);
    const trees = await openScene({ sources: few, labels: { file: polygons, field: "tree" } });
    const lost = "4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 and 2 more";
    assert.equal(trees.notes[0]!.text, `labels: 14 of 18 features lie outside every plot, all those of tree ${lost}`);
  });

  it("counts the features that lie outside their own plots", async () => {
    for (let plot = 0; plot < 2; plot++) {
      const own = features.slice(0, 3);
      writeFileSync(
        join(folder, "few", `P${plot}.geojson`),
        JSON.stringify({ type: "FeatureCollection", crs: member, features: own }),
      );
    }
    const { notes } = await openScene({
      sources: [{ name: "few", file: join(folder, "few/P*.tif") }],
      labels: { file: join(folder, "few/P*.geojson"), field: "tree" },
    });
    assert.equal(notes[0]!.text, "labels: 3 of 6 features lie outside their plots");
  });

  it("is refused where every feature lies elsewhere", async () => {
    const { transform } = place(0, 2);
    mkdirSync(join(folder, "far"));
    const georeference = { transform: transform.with(0, 1e6) as unknown as typeof transform, crs };
    save("far/P0.tif", { height: 6, width: 5, data: new Uint8Array(30), georeference });
    await assert.rejects(openScene({ ...options, sources: [{ name: "far", file: join(folder, "far/P*.tif") }] }), {
      name: "DataError",
      message: `${polygons}: expected features on the plots; got all 18 outside — is their CRS the right one?`,
    });
  });

  it("says in which plots a file has data elsewhere only", async () => {
    mkdirSync(join(folder, "wide"));
    for (let plot = 0; plot < 3; plot++) {
      const data = new Float32Array(60).map((_, at) => (at % 10 === 9 || plot === 1 ? 1 : Number.NaN));
      save(`wide/P${plot}.tif`, { height: 6, width: 10, data, georeference: place(plot, 2) });
      save(`wide/Q${plot}.tif`, { height: 6, width: 5, data: new Uint8Array(30), georeference: place(plot, 2) });
    }
    const sources = [
      { name: "a", file: join(folder, "wide/Q*.tif") },
      { name: "b", file: join(folder, "wide/P*.tif") },
    ];
    const { valid, notes } = await openScene({ sources });
    assert.equal(valid!.filter((one) => one === 1).length, 30);
    assert.equal(notes.at(-1)!.text, "b: no data on the grid of 2 of 3 plots (Q0, Q2), whose pixels are left out");
    save("wide/P1.tif", {
      ...{ height: 6, width: 10, georeference: place(1, 2) },
      data: new Float32Array(60).map((_, at) => (at % 10 === 9 ? 1 : Number.NaN)),
    });
    await assert.rejects(openScene({ sources }), {
      name: "DataError",
      message: "b: expected pixels with data on the grids of the plots; got none in Q0, Q1, Q2",
    });
  });

  it("is refused where plots have other bands", async () => {
    mkdirSync(join(folder, "other"));
    for (const bands of [2, 3]) {
      const data = new Uint8Array(30 * bands);
      save(`other/P${bands}.tif`, { height: 6, width: 5, bands, data, georeference: place(bands, 2) });
    }
    await assert.rejects(openScene({ sources: [{ name: "other", file: join(folder, "other/*.tif") }] }), {
      name: "DataError",
      message: "other, plot P3: expected 2 bands of uint8 as in P2; got 3 bands of uint8",
    });
  });

  it("leaves rare classes out when asked to", async () => {
    await assert.rejects(openScene({ ...options, labels: { ...options.labels!, minPixels: 91 } }), {
      message: `${polygons}: expected at least two classes of 91 pixels; got 0, the largest has 90`,
    });
  });
});
