import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { usualFiles, writeMap } from "../../src/mapping/files.ts";
import { mapScene } from "../../src/mapping/map.ts";
import { writeSplitFiles } from "../../src/mapping/split-files.ts";
import { type Classifier, makeSplit, readRaster, type Scene, simulateScene } from "../../src/scene/index.ts";

const folder = mkdtempSync(join(tmpdir(), "files-"));
after(() => rmSync(folder, { recursive: true }));

const [height, width] = [37, 29];
const simulated = simulateScene({ height, width, sources: ["msi", "lidar"] });
const classes = simulated.labels!.classes;
/** The first rows are missing in a source. */
const scene: Scene = {
  ...simulated,
  valid: Uint8Array.from({ length: height * width }, (_, pixel) => Number(pixel >= 2 * width)),
  notes: ["lidar: put on the scene's grid"],
};
const K = classes.length;
const classifier: Classifier = {
  name: "rounding",
  predict: async (_, rows = [0, height]) => {
    const probabilities = new Float32Array((rows[1] - rows[0]) * width * K);
    return probabilities.map((_, at) => {
      const [pixel, k] = [Math.floor(at / K) + rows[0] * width, at % K];
      const chosen = Math.floor(Math.sin(pixel / 5) ** 2 * K * 0.99);
      return k === chosen ? 0.6 : 0.4 / (K - 1);
    });
  },
};
const origin = { scene, method: classifier.name, isSimulated: true };
const metadata = {
  TIFFTAG_SOFTWARE: "symdiffuser 0.1.0",
  METHOD: "rounding",
  SOURCES: "msi (8 bands), lidar (1 band)",
  GENERATED: "yes: the sources are simulated",
  FILLED: "yes: lidar: put on the scene's grid",
};

describe("mapScene", () => {
  it("keeps the probabilities of all classes where it is asked to, NaN where a source has no data", async () => {
    const { probabilities, confidence, labels } = await mapScene(classifier, scene, K, () => {}, true);
    assert.equal((await mapScene(classifier, scene, K)).probabilities, null);
    const expected = await classifier.predict(scene);
    assert.deepEqual(probabilities!.subarray(2 * width * K), expected.subarray(2 * width * K));
    assert.ok(probabilities!.subarray(0, 2 * width * K).every(Number.isNaN));
    for (let pixel = 2 * width; pixel < height * width; pixel++) {
      assert.equal(probabilities![pixel * K + labels[pixel]! - 1], confidence[pixel]);
    }
  });
});

describe("writeMap", () => {
  it("writes map, confidence and picture, with names and styles beside them", async () => {
    const files = await writeMap(folder, origin, classes, await mapScene(classifier, scene, K));
    assert.deepEqual(
      files.map((file) => basename(file)),
      ["map.tif", "map.tif.aux.xml", "map.qml", "confidence.tif", "confidence.qml", "map.png"],
    );
    assert.ok(files.every((file) => existsSync(file)));
  });
});

describe("writeSplitFiles", () => {
  it("writes which pixels train, validate and test, with names and colours", async () => {
    const split = makeSplit({ ...scene, valid: null }, "perClass:3,validation:0.4", 5);
    await writeSplitFiles(folder, { ...origin, method: "split perClass:3" }, split);
    const { data, categories, nodata } = await readRaster(join(folder, "split.tif"));
    const expected = new Uint8Array(height * width);
    for (const pixel of split.train) expected[pixel] = 1;
    for (const pixel of split.validation) expected[pixel] = 2;
    for (const pixel of split.test) expected[pixel] = 3;
    assert.deepEqual(data, expected);
    assert.equal(nodata, 0);
    assert.deepEqual(
      categories?.map(({ value, name }) => [value, name]),
      [
        [0, "unused"],
        [1, "train"],
        [2, "validation"],
        [3, "test"],
      ],
    );
  });
});

const script = fileURLToPath(new URL("../../scripts/golden/check-map.py", import.meta.url));
const python = ["/usr/bin/python3", "python3"].find(
  (command) => spawnSync(command, ["-c", "from osgeo import gdal"]).status === 0,
);
const sha256 = (data: ArrayBufferView): string =>
  createHash("sha256")
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest("hex");

describe("all files of a map, read back by GDAL", {
  skip: python === undefined && "GDAL for Python is not installed",
}, () => {
  let found: Record<string, unknown>[] = [];
  let map: Awaited<ReturnType<typeof mapScene>>;
  const names = ["confidence.tif", "probabilities.tif", "map.tif", "polygons.gpkg", "polygons.geojson"];

  before(async () => {
    map = await mapScene(classifier, scene, K, () => {}, true);
    for (const polygons of ["gpkg", "geojson"] as const) {
      await writeMap(folder, origin, classes, map, { ...usualFiles, cog: true, probabilities: true, polygons });
    }
    const done = spawnSync(python!, [script, ...names.map((name) => join(folder, name))], { encoding: "utf8" });
    assert.equal(done.status, 0, done.stderr);
    found = JSON.parse(done.stdout);
  });

  it("every raster holds its pixels, names, nodata and what made it", () => {
    const codes = Uint8Array.from(map.labels, (label) => classes[label - 1]?.code ?? 0);
    const expected = [
      { sha256: sha256(map.confidence), bandNames: ["confidence"], nodata: "nan" },
      { sha256: sha256(map.probabilities!), bandNames: classes.map(({ name }) => name), nodata: "nan" },
      { sha256: sha256(codes), bandNames: ["land cover"], nodata: "0.0" },
    ];
    expected.forEach((one, index) => {
      const { sha256, bandNames, nodata } = found[index]! as typeof one;
      assert.deepEqual({ sha256, bandNames, nodata }, one, names[index]!);
      assert.deepEqual(found[index]!["metadata"], metadata);
      assert.equal(found[index]!["epsg"], 32632);
      assert.equal(found[index]!["layout"], "COG");
    });
    const colors = Object.fromEntries(classes.map(({ code, color }) => [code, [...color]]));
    assert.deepEqual(found[2]!["colors"], colors);
    assert.deepEqual(
      (found[2]!["categoryNames"] as string[]).slice(1),
      classes.map(({ name }) => name),
    );
  });

  it("polygons make the map again", () => {
    for (const index of [3, 4]) assert.equal(found[index]!["sha256"], found[2]!["sha256"], names[index]!);
  });
});
