import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { makeSplit } from "../../src/scene/index.ts";
import { pooled } from "../../src/symdiffuser/disagreement.ts";
import { blockFolds, blockOf } from "../../src/symdiffuser/folds.ts";
import {
  fitSymDiffuser,
  hashedTextEncoder,
  modelCheckpoint,
  modelFromCheckpoint,
  type SymDiffuserModel,
  type SymDiffuserOptions,
  symDiffuserClassifier,
} from "../../src/symdiffuser/index.ts";
import { fitTemperature, tempered } from "../../src/symdiffuser/temperature.ts";
import { compile, decodeSafetensors, encodeSafetensors, interpret, ndarray, trace } from "../../src/tensor/index.ts";
import { tiny, tinyScene, workOf } from "../support/tiny-method.ts";

interface Case {
  readonly name: string;
  readonly classes: number;
  readonly heldOut: number[];
  readonly heldOutClassOf: number[];
  readonly temperature: number;
  readonly tempered: number[];
}

interface Heads {
  readonly logits: number[][];
  readonly probabilities: number[];
  readonly disagreement: number[];
}

const path = new URL("../golden/uncertainty.json", import.meta.url);
const golden: { cases: Case[]; heads: Heads } = JSON.parse(readFileSync(path, "utf8"));

function assertClose(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  assert.equal(actual.length, expected.length);
  for (const [at, value] of expected.entries()) {
    assert.ok(Math.abs(actual[at]! - value) <= tolerance, `[${at}]: got ${actual[at]}, expected ${value}`);
  }
}

describe("temperature", () => {
  for (const { name, classes, heldOut, heldOutClassOf, ...expected } of golden.cases) {
    it(`is where SciPy finds the largest likelihood: ${name}`, () => {
      const found = fitTemperature(Float32Array.from(heldOut), heldOutClassOf, classes);
      // SciPy's minimiser knows where a parabola is lowest to about the root of the last digit.
      assert.ok(Math.abs(found / expected.temperature - 1) < 1e-6, `${found} ≠ ${expected.temperature}`);
      assertClose(tempered(Float32Array.from(heldOut), classes, expected.temperature), expected.tempered, 1e-6);
    });
  }

  it("stays within its bounds where all is right, or nothing", () => {
    const sure = Float32Array.of(0.9, 0.1, 0.2, 0.8);
    const fits = [
      [0, 1],
      [1, 0],
    ].map((classOf) => fitTemperature(sure, classOf, 2));
    assertClose(fits, [0.1, 10], 1e-6);
    assert.ok(Number.isFinite(fitTemperature(Float32Array.of(1, 0, 0, 1), [1, 1], 2)));
  });

  it("never changes which class is chosen, not even where rounding makes two equal", () => {
    const one = Math.fround(0.3);
    const next = Math.fround(0.3 + 3e-8);
    assert.notEqual(one, next);
    const row = tempered(Float32Array.of(one, next, 1 - one - next), 3, 10);
    assert.ok(row[1]! > row[0]! || row[2]! > row[0]!);
    const close = tempered(Float32Array.of(0.1, next, one, 0.3), 4, 10);
    assert.equal(close.indexOf(Math.max(...close)), 1);
    const swapped = tempered(Float32Array.of(0.1, one, next, 0.3), 4, 10);
    assert.equal(swapped.indexOf(Math.max(...swapped)), 2);
  });
});

describe("disagreement of heads", () => {
  it("is the mutual information as SciPy's entropies give it", async () => {
    const { logits, probabilities, disagreement } = golden.heads;
    const specs = Object.fromEntries(logits.map((_, at) => [`${at}`, { shape: [5, 4], dtype: "f32" } as const]));
    const graph = trace(specs, (inputs) => ({ ...pooled(logits.map((_, at) => inputs[`${at}`]!)) }));
    const feeds = Object.fromEntries(logits.map((one, at) => [`${at}`, ndarray(one, [5, 4])]));
    const program = await compile(graph, { threads: 1 });
    for (const found of [interpret(graph, feeds), await program.run(feeds)]) {
      assertClose(found["probabilities"]!.data, probabilities, 1e-6);
      assertClose(found["disagreement"]!.data, disagreement, 2e-6);
    }
    await program.release();
  });
});

describe("folds of training pixels", () => {
  it("keep blocks whole, and give every class to each fold where its blocks allow", () => {
    const blocks = Int32Array.of(7, 7, 7, 2, 2, 9, 9, 4, 4, 4, 5, 5);
    const classOf = Int32Array.of(0, 0, 1, 0, 1, 0, 1, 1, 1, 0, 2, 2);
    const folds = blockFolds(blocks, classOf, 3, 2);
    for (const block of blocks) {
      assert.equal(new Set([...folds].filter((_, at) => blocks[at] === block)).size, 1);
    }
    for (const k of [0, 1]) assert.equal(new Set([...folds].filter((_, at) => classOf[at] === k)).size, 2);
    assert.deepEqual(folds, blockFolds(blocks, classOf, 3, 2));
    assert.deepEqual([...new Set(blockFolds(Int32Array.of(3, 3), Int32Array.of(0, 1), 2, 3))], [0]);
  });

  it("have the blocks of the split's rule, or plots", () => {
    const split = { seed: 0, train: new Int32Array(0), validation: new Int32Array(0), test: new Int32Array(0) };
    const squares = blockOf({ width: 25, plots: null }, { ...split, rule: "blocks:10,perClass:4" });
    assert.deepEqual([0, 9, 10, 24, 9 * 25, 10 * 25 + 11].map(squares), [0, 0, 1, 2, 0, 4]);
    const plot = { height: 4, width: 4, georeference: null };
    const plots = [
      { ...plot, name: "A", row: 0, col: 0 },
      { ...plot, name: "B", row: 0, col: 5 },
    ];
    const places = blockOf({ width: 9, plots }, { ...split, rule: "plots" });
    assert.deepEqual([0, 3, 5, 3 * 9 + 8].map(places), [0, 0, 1, 1]);
  });
});

describe("calibration of a model", () => {
  const scene = tinyScene();
  const K = scene.labels!.classes.length;
  const fit = (rule: string, options: Partial<SymDiffuserOptions>, names: string[] = []): Promise<SymDiffuserModel> =>
    fitSymDiffuser(
      scene,
      makeSplit(scene, rule, 0),
      { ...tiny, calibration: "temperature", ...options },
      ...([3, hashedTextEncoder(16), workOf(names)] as const),
    );
  const predict = (model: SymDiffuserModel): Promise<Float32Array> =>
    symDiffuserClassifier(model, workOf()).predict(scene);
  const chosen = (probabilities: Float32Array): number[] =>
    Array.from({ length: probabilities.length / K }, (_, row) => {
      const own = probabilities.subarray(row * K, (row + 1) * K);
      return own.indexOf(Math.max(...own));
    });

  it("comes from folds of training pixels, scales probabilities, and changes no class", async () => {
    const names: string[] = [];
    const model = await fit("blocks:10,perClass:8", { smoothing: 3 }, names);
    assert.deepEqual(names, ["csdiff", "head.0", "head.1", "calibration.0", "calibration.1", "calibration.2"]);
    const { calibration } = model;
    assert.equal(calibration?.from, "folds");
    assert.ok(calibration.classOf.data.length >= 20);
    assert.deepEqual(calibration.probabilities.shape, [calibration.classOf.data.length, K]);
    const { probabilities, classOf } = calibration;
    assert.equal(calibration.temperature, fitTemperature(probabilities.data, classOf.data, K));
    const [scaled, raw] = [await predict(model), await predict({ ...model, calibration: null })];
    assert.deepEqual(chosen(scaled), chosen(raw));
    assert.deepEqual(scaled, tempered(raw, K, calibration.temperature));
  });

  it("comes from the validation pixels of a split that has some, as they are on the map", async () => {
    const names: string[] = [];
    const split = makeSplit(scene, "perClass:8,validation:0.5", 0);
    const model = await fit("perClass:8,validation:0.5", { smoothing: 3 }, names);
    assert.deepEqual(names, ["csdiff", "head.0", "head.1"]);
    const { calibration } = model;
    assert.equal(calibration?.from, "validation");
    assert.deepEqual(
      calibration.classOf.data,
      Int32Array.from(split.validation, (pixel) => scene.labels!.data[pixel]! - 1),
    );
    const raw = await predict({ ...model, calibration: null });
    const expected = Array.from(split.validation, (pixel) => [...raw.subarray(pixel * K, (pixel + 1) * K)]).flat();
    assertClose(calibration.probabilities.data, expected, 1e-5);
  });

  it("is kept in a checkpoint, is missing where pixels are too few, and is refused where it is not whole", async () => {
    const model = await fit("perClass:8", {});
    const checkpoint = decodeSafetensors(encodeSafetensors(modelCheckpoint(model)), "x");
    assert.deepEqual(modelFromCheckpoint(checkpoint, "x").calibration, model.calibration);
    const none = await fit("perClass:2", {});
    assert.equal(none.calibration, null);
    assert.equal(modelFromCheckpoint(modelCheckpoint(none), "x").calibration, null);
    const arrays = { ...checkpoint.arrays, "calibration.classOf": ndarray(Int32Array.of(99), [1], "i32") };
    assert.throws(() => modelFromCheckpoint({ ...checkpoint, arrays }, "x"), {
      name: "FormatError",
      message: `x: expected calibration of ${K} classes, one a row; got [${model.calibration!.probabilities.shape.join(", ")}] and [1]`,
    });
  });
});
