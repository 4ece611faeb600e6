/** @file Contract of every classifier: probabilities, parts of a scene, seeds, no look at test labels, clear refusals. */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import {
  type Classifier,
  type ClassifierKind,
  makeSplit,
  type Raster,
  type Scene,
  type Split,
} from "../../src/scene/index.ts";
import { childKey, DataError, integers, keyOf, normal, ShapeError } from "../../src/tensor/index.ts";

export interface ClassifierCase<Options> {
  /** Made small: each test fits at most once more. */
  readonly options: Options;
  /** Share of test pixels that must be right on the easy scene. @default 0.9 */
  readonly right?: number;
  /** @default {@link easyScene}() */
  readonly scene?: Scene;
}

function raster(data: Float32Array, height: number, width: number, valid: Uint8Array | null): Raster {
  const bands = data.length / (height * width);
  const nothing = { bandNames: null, wavelengthsNm: null, georeference: null, nodata: null, categories: null };
  return { height, width, bands, data, valid, ...nothing };
}

/**
 * Three classes in upright stripes and a fourth without pixels, told apart by two sources of 3 and 1 bands together; two
 * unlabelled rows and a hole in the second source.
 */
export function easyScene(height = 36, width = 45): Scene {
  const key = keyOf(5);
  const noise = normal(childKey(key, "noise"), [height * width * 4]).data;
  const first = new Float32Array(height * width * 3);
  const second = new Float32Array(height * width);
  const labels = new Uint16Array(height * width);
  const valid = new Uint8Array(height * width).fill(1);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const row = Math.floor(pixel / width);
    const k = Math.floor((pixel % width) / 5) % 3;
    if (row !== 7 && row !== 20) labels[pixel] = k + 1;
    for (let band = 0; band < 3; band++) {
      first[pixel * 3 + band] = 100 + 10 * (k === 1 ? band : 0) + 3 * noise[pixel * 4 + band]!;
    }
    second[pixel] = (k === 2 ? 2 : 0) + 0.4 * noise[pixel * 4 + 3]!;
  }
  valid[3 * width + 11] = 0;
  const classes = ["field", "forest", "water", "snow"].map((name, at) => {
    return { name, color: [at * 50, 100, 200] as const, code: at + 1 };
  });
  return {
    name: "easy",
    height,
    width,
    sources: [
      { name: "optical", kind: "msi", raster: raster(first, height, width, null) },
      { name: "height", kind: "lidar", raster: raster(second, height, width, valid) },
    ],
    labels: { data: labels, classes },
    georeference: null,
    plots: null,
    notes: [],
    valid,
  };
}

/** The scene with the labels of all pixels that do not train moved about. */
function withMovedLabels(scene: Scene, split: Split): Scene {
  const { data, classes } = scene.labels!;
  const moved = data.slice();
  const steps = integers(keyOf(3), [moved.length], classes.length).data;
  for (const pixel of split.test) moved[pixel] = 1 + ((moved[pixel]! + steps[pixel]!) % classes.length);
  return { ...scene, labels: { data: moved, classes } };
}

export function describeClassifier<Options>(kind: ClassifierKind<Options>, example: ClassifierCase<Options>): void {
  const { options, right = 0.9, scene = easyScene() } = example;
  const split = makeSplit(scene, "perClass:20", 0);
  const { height, width } = scene;
  const { data: labels, classes } = scene.labels!;
  const count = classes.length;

  describe(`classifier ${kind.name}`, () => {
    let classifier: Classifier;
    let whole: Float32Array;
    before(async () => {
      classifier = await kind.fit(scene, split, options);
      whole = await classifier.predict(scene);
    });

    it("gives each pixel probabilities that sum to 1", () => {
      assert.equal(classifier.name, kind.name);
      assert.equal(whole.length, height * width * count);
      for (let pixel = 0; pixel < height * width; pixel++) {
        const row = whole.subarray(pixel * count, (pixel + 1) * count);
        assert.ok(row.every((share) => share >= 0 && share <= 1));
        assert.ok(Math.abs(row.reduce((a, b) => a + b) - 1) < 1e-5, `pixel ${pixel}`);
      }
    });

    it(`labels ${100 * right} % of the test pixels right`, () => {
      const hits = split.test.filter((pixel) => {
        const row = whole.subarray(pixel * count, (pixel + 1) * count);
        return row.indexOf(Math.max(...row)) + 1 === labels[pixel];
      });
      assert.ok(hits.length >= right * split.test.length, `got ${hits.length} of ${split.test.length}`);
    });

    it("gives rows of a scene as in the whole scene", async () => {
      for (const [first, end] of [
        [0, 1],
        [5, 19],
        [height - 2, height],
        [4, 4],
      ] as const) {
        const part = await classifier.predict(scene, [first, end]);
        assert.deepEqual(part, whole.slice(first * width * count, end * width * count));
      }
    });

    it("gives the same bits with the same seed, whatever the labels of other pixels", async () => {
      const again = await kind.fit(withMovedLabels(scene, split), split, options);
      assert.deepEqual(await again.predict(scene), whole);
    });

    it("counts progress up to all of the work", async () => {
      const seen: [number, number][] = [];
      await classifier.predict(scene, undefined, (done, total) => seen.push([done, total]));
      assert.ok(seen.length > 0 && seen.every(([done], at) => at === 0 || done > seen[at - 1]![0]));
      assert.equal(seen.at(-1)![0], seen.at(-1)![1]);
    });

    it("refuses a split with one class, a scene without labels and rows outside the scene", async () => {
      const train = split.train.filter((pixel) => labels[pixel] === 2);
      await assert.rejects(
        kind.fit(scene, { ...split, train }, options),
        new DataError(split.rule, `expected training pixels of at least 2 classes; got only "${classes[1]!.name}"`),
      );
      await assert.rejects(
        kind.fit(scene, { ...split, train: new Int32Array(0) }, options),
        new DataError(split.rule, "expected training pixels of at least 2 classes; got none"),
      );
      await assert.rejects(
        kind.fit({ ...scene, labels: null }, split, options),
        new DataError(scene.name, "expected labels to train on; got none"),
      );
      await assert.rejects(
        classifier.predict(scene, [0, height + 1]),
        new ShapeError("predict", `expected rows within 0 to ${height}; got 0 to ${height + 1}`),
      );
    });
  });
}
