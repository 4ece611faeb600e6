import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { mapPolygons } from "../../src/evaluate/index.ts";
import { removeEarlierMap } from "../../src/mapping/earlier.ts";
import { categoriesOf, mapWriter, usualFiles, writeMap } from "../../src/mapping/files.ts";
import { mapParts, mapScene, partSide } from "../../src/mapping/map.ts";
import { originOf } from "../../src/mapping/open-work.ts";
import { writePolygons } from "../../src/mapping/polygon-files.ts";
import { writeSplitFiles, writeSplitPolygons } from "../../src/mapping/split-files.ts";
import {
  type Classifier,
  makeSplit,
  type PartClassifier,
  readRaster,
  type Scene,
  sceneWindows,
  simulateScene,
} from "../../src/scene/index.ts";
import { labelRaster } from "../../src/scene/vector/labels.ts";
import { readVector } from "../../src/scene/vector/readers.ts";
import { cutData } from "../../src/scene/windows.ts";
import type { RunConfig } from "../../src/train/index.ts";
import { pythonWith } from "../evaluate/python-with.ts";

const folder = mkdtempSync(join(tmpdir(), "files-"));
after(() => rmSync(folder, { recursive: true }));

const [height, width] = [37, 29];
const simulated = simulateScene({ height, width, sources: ["msi", "lidar"] });
const classes = simulated.labels!.classes;
/** The first rows are missing in a source. */
const scene: Scene = {
  ...simulated,
  valid: Uint8Array.from({ length: height * width }, (_, pixel) => Number(pixel >= 2 * width)),
  notes: [
    { text: "lidar: put on the scene's grid", isInterpolated: true },
    { text: "msi: averaged", isInterpolated: false },
  ],
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
const origin = { scene: sceneWindows(scene), method: classifier.name, simulated: "the sources are simulated" };
const metadata = {
  TIFFTAG_SOFTWARE: "symdiffuser 0.1.0",
  METHOD: "rounding",
  SOURCES: "msi (8 bands), lidar (1 band)",
  GENERATED: "yes: the sources are simulated",
  FILLED: "yes: lidar: put on the scene's grid",
  NOTES: "lidar: put on the scene's grid; msi: averaged",
};

describe("originOf", () => {
  it("tells which sources are simulated", () => {
    const outline = sceneWindows(scene);
    const told = (sources: object, isOwn: boolean) => {
      const config = { scene: sources } as unknown as RunConfig;
      return originOf(outline, config, "rf", isOwn).simulated;
    };
    const files = { msi: { simulate: "msi" }, lidar: { simulate: null }, pan: { simulate: "pan" } };
    assert.equal(told({ simulate: {} }, true), "the sources are simulated");
    assert.equal(told({ simulate: {} }, false), null);
    // The scene has no pan.
    assert.equal(told({ sources: files }, false), "msi simulated from the bands of another sensor");
    assert.equal(told({ sources: { lidar: files.lidar } }, true), null);
  });
});

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

/** The same classifier for parts: it needs no surroundings. */
const inParts: PartClassifier = {
  ...classifier,
  bytesPerPixel: 0,
  check: () => {},
  surroundings: (part) => part,
  predictPart: async (_, __, part) => {
    const all = await classifier.predict(scene);
    return {
      probabilities: cutData(all, width, K, part),
      disagreement: new Float32Array(part.height * part.width).fill(part.row),
    };
  },
};

describe("mapParts", () => {
  const asked = { classes: K, keepProbabilities: true, progress: () => {} };
  it("makes the map of the whole scene, without parts that have no data", async () => {
    const whole = await mapScene(classifier, scene, K, () => {}, true);
    const bare = { ...scene, valid: Uint8Array.from(scene.valid!, (one, pixel) => (pixel % width < 10 ? 0 : one)) };
    let pixels = 0;
    await mapParts(inParts, sceneWindows(bare), {
      ...asked,
      side: 10,
      write: (part, map) => {
        assert.ok(part.col >= 10);
        pixels += part.height * part.width;
        for (const name of ["labels", "confidence"] as const) {
          assert.deepEqual(map[name], cutData<Float32Array | Uint16Array>(whole[name], width, 1, part));
        }
        assert.deepEqual(map.probabilities, cutData(whole.probabilities!, width, K, part));
      },
    });
    assert.equal(pixels, (height - 2) * (width - 10));
  });

  it("refuses a scene without a valid pixel", async () => {
    const none = { ...scene, valid: new Uint8Array(height * width) };
    await assert.rejects(mapParts(inParts, sceneWindows(none), { ...asked, write: () => {} }), {
      name: "DataError",
      message: `${scene.name}: expected pixels with data in every source; got none — do the sources overlap?`,
    });
  });

  it("takes smaller parts where a pixel takes more memory", () => {
    assert.deepEqual(
      [0, 512, 1536, 1e9].map((bytesPerPixel) => partSide({ bytesPerPixel })),
      [1024, 1024, 512, 256],
    );
  });
});

const split = makeSplit({ ...scene, valid: null }, "perClass:3,validation:0.4", 5);
const codes = (labels: Uint16Array): Uint8Array => Uint8Array.from(labels, (label) => classes[label - 1]?.code ?? 0);
const namesIn = (path: string): string[] => readdirSync(path).sort();

const usual = ["map.tif", "map.tif.aux.xml", "map.qml", "confidence.tif", "confidence.qml", "map.png"];

describe("writeMap", () => {
  it("writes map, confidence and picture, and what else is wanted; removes what an earlier map left, and no other file", async () => {
    const out = join(folder, "again");
    mkdirSync(out);
    const plots = ["A", "B"].map((name, at) => ({ name, row: at * 20, col: 0, height: 17, width, georeference: null }));
    const inPlots = { ...origin, scene: { ...sceneWindows(scene), georeference: null, plots } };
    const map = await mapScene(classifier, scene, K, () => {}, true);
    await writeMap(out, inPlots, classes, map, { ...usualFiles, probabilities: true, polygons: "gpkg" });
    assert.deepEqual(namesIn(out), [...usual, "plots", "polygons.gpkg", "probabilities.tif"].sort());
    assert.deepEqual(namesIn(join(out, "plots")), ["A.tif", "A.tif.aux.xml", "B.tif", "B.tif.aux.xml"]);
    const files = await writeMap(out, origin, classes, map, { ...usualFiles, polygons: "geojson" });
    assert.deepEqual(files.map((file) => basename(file)).sort(), [...usual, "polygons.geojson", "polygons.qml"].sort());
    assert.deepEqual(namesIn(out), [...usual, "plots", "polygons.geojson", "polygons.qml"].sort());
    assert.deepEqual(namesIn(join(out, "plots")), []);
    const others = ["polygons.gpkg", "polygons.qml", "probabilities.tif", "plots/C.tif", "plots/C.tif.aux.xml"];
    for (const name of others) writeFileSync(join(out, name), "somebody's own");
    await removeEarlierMap(out, []);
    assert.deepEqual(namesIn(out), [...usual, "plots", ...others.slice(0, 3)].sort());
    assert.deepEqual(namesIn(join(out, "plots")), ["C.tif", "C.tif.aux.xml"]);
  });
});

describe("mapWriter", () => {
  it("refuses polygons of a map that is too large, and leaves nothing of one that is given up", async () => {
    const out = join(folder, "given-up");
    mkdirSync(out);
    const large = { ...origin, scene: { ...origin.scene, height: 20_000, width: 20_000 } };
    assert.throws(() => mapWriter(out, large, classes, { ...usualFiles, polygons: "gpkg" }), {
      name: "UnsupportedError",
      message:
        "polygons of a map of 20000 × 20000 pixels, more than 100 million, is not supported — make them of map.tif with gdal_polygonize, or map parts of the scene",
    });
    const writer = mapWriter(out, origin, classes, usualFiles);
    assert.equal(namesIn(out).length, 2);
    writer.abandon();
    assert.deepEqual(namesIn(out), []);
  });
});

describe("writeSplitFiles", () => {
  it("writes labels, and which pixels train, validate and test, with names and colours", async () => {
    await writeSplitFiles(folder, origin, scene.labels!, split);
    const labels = await readRaster(join(folder, "labels.tif"));
    assert.deepEqual(labels.data, codes(scene.labels!.data));
    const colored = classes.map(({ code, name, color }) => ({ value: code, name, color }));
    assert.deepEqual(
      labels.categories?.filter(({ value }) => value > 0),
      colored,
    );
    const { data, categories, nodata } = await readRaster(join(folder, "split.tif"));
    const expected = new Uint8Array(height * width);
    for (const pixel of split.train) expected[pixel] = 1;
    for (const pixel of split.validation) expected[pixel] = 2;
    for (const pixel of split.test) expected[pixel] = 3;
    assert.deepEqual(data, expected);
    assert.deepEqual([labels.nodata, nodata], [0, 0]);
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

describe("writeSplitPolygons", () => {
  it("writes polygons that make the labels again", async () => {
    const [file] = await writeSplitPolygons(folder, scene, split);
    const grid = { height, width, transform: scene.georeference!.transform };
    const options = { field: "code", allTouched: false, project: null };
    const { data, georeference } = labelRaster(await readVector(`${file}#labels`), grid, options).raster;
    assert.deepEqual(data, Uint16Array.from(codes(scene.labels!.data)));
    assert.equal(georeference?.crs?.epsg, 32632);
    const { features, fields } = await readVector(`${file}#split`);
    assert.deepEqual(fields, ["part", "code", "class", "pixels", "area_m2"]);
    for (const part of ["train", "validation", "test"] as const) {
      const own = features.filter(({ properties }) => properties["part"] === part);
      const pixels = own.reduce((sum, { properties }) => sum + (properties["pixels"] as number), 0);
      assert.equal(pixels, split[part].length, part);
    }
  });

  it("writes none for scenes of many plots and without labels, and leaves none of its own", async () => {
    const plots = [{ name: "A", row: 0, col: 0, height, width, georeference: null }];
    const file = join(folder, "split.gpkg");
    for (const without of [
      { ...scene, plots, georeference: null },
      { ...scene, labels: null },
    ]) {
      await writeSplitPolygons(folder, scene, split);
      assert.deepEqual(await writeSplitPolygons(folder, without, split), []);
      assert.ok(!existsSync(file));
      writeFileSync(file, "somebody's own");
      await writeSplitPolygons(folder, without, split);
      assert.ok(existsSync(file));
    }
  });
});

const script = fileURLToPath(new URL("../../scripts/golden/check-map.py", import.meta.url));
const python = pythonWith("osgeo");
const sha256 = (data: ArrayBufferView): string =>
  createHash("sha256")
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest("hex");

describe("all files of a map, read back by GDAL", {
  skip: python === undefined && "GDAL for Python is not installed",
}, () => {
  const found: Record<string, Record<string, unknown>> = {};
  let map: Awaited<ReturnType<typeof mapScene>>;
  const parts = ["train", "validation", "test"] as const;
  const names = [
    ...["confidence.tif", "probabilities.tif", "map.tif", "polygons.gpkg", "polygons.geojson", "labels.tif"],
    ...["split.gpkg#labels", ...parts.map((part) => `split.gpkg#split:part = '${part}'`)],
  ];

  before(async () => {
    map = await mapScene(classifier, scene, K, () => {}, true);
    const { labels, confidence } = map;
    const { georeference } = scene;
    await writeMap(folder, origin, classes, map, { ...usualFiles, cog: true, probabilities: true, polygons: "gpkg" });
    const plane = {
      labels: { height, width, data: labels },
      confidence,
      categories: categoriesOf(classes),
      georeference,
    };
    await writePolygons(folder, mapPolygons(plane), "geojson");
    await writeSplitFiles(folder, origin, scene.labels!, split);
    await writeSplitPolygons(folder, scene, split);
    const done = spawnSync(python!, [script, ...names.map((name) => join(folder, name))], { encoding: "utf8" });
    assert.equal(done.status, 0, done.stderr);
    JSON.parse(done.stdout).forEach((one: Record<string, unknown>, index: number) => {
      found[names[index]!] = one;
    });
  });

  it("every raster holds its pixels, names, nodata and what made it", () => {
    const truth = codes(scene.labels!.data);
    const expected = {
      "confidence.tif": { sha256: sha256(map.confidence), bandNames: ["confidence"], nodata: "nan" },
      "probabilities.tif": { sha256: sha256(map.probabilities!), bandNames: classes.map(({ name }) => name), nodata: "nan" }, // biome-ignore format: a row
      "map.tif": { sha256: sha256(codes(map.labels)), bandNames: ["land cover"], nodata: "0.0" },
      "labels.tif": { sha256: sha256(truth), bandNames: ["labels"], nodata: "0.0" },
    };
    const colors = Object.fromEntries(classes.map(({ code, color }) => [code, [...color]]));
    for (const [name, one] of Object.entries(expected)) {
      const { sha256, bandNames, nodata } = found[name]! as typeof one;
      assert.deepEqual({ sha256, bandNames, nodata }, one, name);
      const isLabels = name === "labels.tif";
      assert.deepEqual(found[name]!["metadata"], isLabels ? { ...metadata, METHOD: "labels" } : metadata);
      assert.equal(found[name]!["epsg"], 32632);
      assert.equal(found[name]!["layout"], isLabels ? null : "COG");
      if (one.nodata === "nan") continue;
      assert.deepEqual(found[name]!["colors"], colors);
      assert.deepEqual(
        (found[name]!["categoryNames"] as string[]).slice(1),
        classes.map(({ name }) => name),
      );
    }
  });

  it("polygons make the map again, GeoJSON from longitude and latitude", () => {
    for (const name of ["polygons.gpkg", "polygons.geojson"]) {
      assert.equal(found[name]!["sha256"], found["map.tif"]!["sha256"], name);
    }
    assert.deepEqual([found["polygons.gpkg"]!["epsg"], found["polygons.geojson"]!["epsg"]], ["32632", "4326"]);
  });

  it("polygons of labels and split make them again", () => {
    const truth = codes(scene.labels!.data);
    assert.equal(found["split.gpkg#labels"]!["sha256"], sha256(truth));
    for (const part of parts) {
      const own = new Uint8Array(height * width);
      for (const pixel of split[part]) own[pixel] = truth[pixel]!;
      const { sha256: burned, valid, style } = found[`split.gpkg#split:part = '${part}'`]!;
      assert.deepEqual([burned, valid], [sha256(own), true], part);
      assert.match((style as [string][])[0]![0], /attr="part"[\s\S]*<category value="train" label="train"/);
    }
  });
});
