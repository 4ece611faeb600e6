/** @file Contract of every method: probabilities, parts of a scene, seeds, no look at test labels, kept and taken up again. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import type { FitOptions, FittedMethod, Method } from "../../src/baselines/index.ts";
import type { Stage } from "../../src/nn/index.ts";
import {
  cutRaster,
  cutValid,
  makeSplit,
  type Raster,
  type Rectangle,
  type Scene,
  type Split,
} from "../../src/scene/index.ts";
import {
  childKey,
  DataError,
  decodeSafetensors,
  encodeSafetensors,
  FormatError,
  integers,
  keyOf,
  normal,
  ShapeError,
  StoppedError,
} from "../../src/tensor/index.ts";
import { runStage } from "../../src/train/index.ts";
import { workOf } from "./tiny-method.ts";

export interface ClassifierCase {
  /** Made small: one test fits once more. */
  readonly options: Partial<FitOptions> & Readonly<Record<string, unknown>>;
  /** Share of test pixels that must be right on the easy scene. @default 0.9 */
  readonly right?: number;
  /** @default {@link easyScene}() */
  readonly scene?: Scene;
  /** Training pixels of a class. @default 20 */
  readonly perClass?: number;
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

/** Share of pixels whose most probable class is that of their label. */
function rightShare(probabilities: Float32Array, pixels: Int32Array, { data, classes }: NonNullable<Scene["labels"]>) {
  const count = classes.length;
  const hits = pixels.filter((pixel) => {
    const row = probabilities.subarray(pixel * count, (pixel + 1) * count);
    return row.indexOf(Math.max(...row)) + 1 === data[pixel];
  });
  return hits.length / pixels.length;
}

/** The scene with numbers that no one may look at where it has no data. */
function withNonsense(scene: Scene): Scene {
  const sources = scene.sources.map(({ raster, ...source }) => {
    const data = Float32Array.from(raster.data);
    for (let at = 0; at < data.length; at++) if (raster.valid?.[Math.floor(at / raster.bands)] === 0) data[at] = 1e6;
    return { ...source, raster: { ...raster, data } };
  });
  return { ...scene, sources };
}

/** Runs stages with their state kept in a folder; stops in the middle of one whenever it is asked to. */
function keptIn(folder: string, isStopped: (step: number) => boolean): Pick<FitOptions, "runStage"> {
  return {
    runStage: async (stage) => {
      let done = 0;
      const trained = await runStage(stage as unknown as Stage, {
        ...{ threads: 1, device: "cpu", checkpointEvery: 1000, fingerprint: "" },
        checkpoint: join(folder, `${stage.name}.safetensors`),
        isStopped: () => isStopped(done),
        onStep: ({ step }) => {
          done = step;
        },
      });
      return trained.parameters as typeof stage.parameters;
    },
  };
}

export function describeClassifier(kind: Method<never>, example: ClassifierCase): void {
  const { right = 0.9, scene = easyScene(), perClass = 20 } = example;
  const method = kind as unknown as Method;
  const stages: string[] = [];
  const options: FitOptions = { seed: 0, ...workOf(stages), ...example.options };
  const split = makeSplit(scene, `perClass:${perClass}`, 0);
  const { height, width } = scene;
  const { data: labels, classes } = scene.labels!;
  const count = classes.length;

  describe(`method ${method.name}`, () => {
    let classifier: FittedMethod;
    let whole: Float32Array;
    let reports: [number, number][];
    before(async () => {
      reports = [];
      classifier = await method.fit(scene, split, options, (done, total) => reports.push([done, total]));
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

    it(`labels 95 % of the training pixels and ${100 * right} % of the test pixels right`, () => {
      const [own, others] = [split.train, split.test].map((pixels) => rightShare(whole, pixels, scene.labels!));
      assert.ok(own! >= 0.95 && others! >= right, `got ${own} and ${others}`);
    });

    it("tells how far its training is", () => {
      assert.ok(stages.length > 0 || (reports.length > 0 && reports.at(-1)![0] === reports.at(-1)![1]));
    });

    it("gives rows of a scene as in the whole scene", async () => {
      for (const [first, end] of [
        [0, 1],
        [5, 11],
        [height - 2, height],
        [4, 4],
      ] as const) {
        const part = await classifier.predict(scene, [first, end]);
        assert.deepEqual(part, whole.slice(first * width * count, end * width * count));
      }
    });

    it("gives the same bits with the same seed, stopped meanwhile or not, whatever the labels of other pixels", async () => {
      const folder = mkdtempSync(join(tmpdir(), "stages-"));
      const moved = withMovedLabels(scene, split);
      try {
        if (stages.length > 0) {
          const stopped = { ...options, ...keptIn(folder, (step) => step === 3) };
          await assert.rejects(method.fit(moved, split, stopped), StoppedError);
        }
        const again = await method.fit(moved, split, { ...options, ...keptIn(folder, () => false) });
        assert.deepEqual(await again.predict(scene), whole);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });

    it("counts progress up to all of the work", async () => {
      const seen: [number, number][] = [];
      await classifier.predict(scene, undefined, (done, total) => seen.push([done, total]));
      assert.ok(seen.length > 0 && seen.every(([done], at) => at === 0 || done > seen[at - 1]![0]));
      assert.equal(seen.at(-1)![0], seen.at(-1)![1]);
    });

    it("gives a part the probabilities of the whole", async () => {
      const part: Rectangle = { row: 6, col: 9, height: 5, width: 8 };
      const place = classifier.surroundings(part, scene);
      const around: Scene = {
        ...scene,
        ...{ height: place.height, width: place.width, labels: null, valid: cutValid(scene.valid, width, place) },
        sources: scene.sources.map((source) => ({ ...source, raster: cutRaster(source.raster, place) })),
      };
      const { probabilities } = await classifier.predictPart(around, place, part);
      assert.equal(probabilities.length, part.height * part.width * count);
      for (const [at, share] of probabilities.entries()) {
        const pixel = Math.floor(at / count);
        const from = (part.row + Math.floor(pixel / part.width)) * width + part.col + (pixel % part.width);
        assert.ok(Math.abs(share - whole[from * count + (at % count)]!) < 1e-4, `pixel ${pixel} of the part`);
      }
    });

    it("does not look at numbers where there is no data", async () => {
      assert.deepEqual(await classifier.predict(withNonsense(scene)), whole);
    });

    it("gives the same map once it is kept and taken up again", async () => {
      const bytes = encodeSafetensors(classifier.checkpoint({ note: "kept" }));
      const checkpoint = decodeSafetensors(bytes, "kept");
      assert.equal(checkpoint.metadata["note"], "kept");
      const back = method.load(checkpoint, "kept", options);
      assert.deepEqual(await back.predict(scene), whole);
      assert.deepEqual(back.classes, classes);
    });

    it("refuses a checkpoint of another method, or one that lacks something", () => {
      const { arrays, metadata } = classifier.checkpoint();
      const load = (checkpoint: Parameters<Method["load"]>[0]) => () => method.load(checkpoint, "kept", options);
      assert.throws(
        load({ arrays, metadata: { ...metadata, method: "other" } }),
        new FormatError("kept", `expected a model of method ${method.name}; got other`),
      );
      assert.throws(load({ arrays, metadata: { ...metadata, model: "{}" } }), FormatError);
      const names = Object.keys(arrays);
      for (const name of names.filter((_, at) => at % Math.ceil(names.length / 6) === 0)) {
        const { [name]: _, ...others } = arrays;
        assert.throws(load({ arrays: others, metadata }), FormatError, name);
      }
    });

    it("refuses a scene that lacks a source, or has other bands", async () => {
      const { name } = scene.sources[0]!;
      await assert.rejects(
        classifier.predict({ ...scene, sources: scene.sources.slice(1) }),
        new DataError(scene.name, `expected a source "${name}"; got ${scene.sources[1]!.name}`),
      );
      const known = scene.sources.map((source) => ({ name: source.name, bands: 77 }));
      assert.throws(() => classifier.check({ name: scene.name, sources: known }), DataError);
    });

    it("refuses a split with one class, a scene without labels and rows outside the scene", async () => {
      const train = split.train.filter((pixel) => labels[pixel] === 2);
      await assert.rejects(
        method.fit(scene, { ...split, train }, options),
        new DataError(split.rule, `expected training pixels of at least 2 classes; got only "${classes[1]!.name}"`),
      );
      await assert.rejects(
        method.fit(scene, { ...split, train: new Int32Array(0) }, options),
        new DataError(split.rule, "expected training pixels of at least 2 classes; got none"),
      );
      await assert.rejects(
        method.fit({ ...scene, labels: null }, split, options),
        new DataError(scene.name, "expected labels to train on; got none"),
      );
      await assert.rejects(
        classifier.predict(scene, [0, height + 1]),
        new ShapeError("predict", `expected rows within 0 to ${height}; got 0 to ${height + 1}`),
      );
    });
  });
}
