import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import fc from "fast-check";
import { confusion, kappa, mcnemar, type Scores, scores, spread } from "../../src/evaluate/index.ts";

interface Case extends Scores {
  readonly name: string;
  readonly classCount: number;
  readonly truth: number[];
  readonly first: number[];
  readonly second: number[];
  readonly confusion: number[][];
  readonly mcnemar: { readonly onlyFirst: number; readonly onlySecond: number; readonly pValue: number };
}

const golden: { cases: Case[] } = JSON.parse(readFileSync(new URL("../golden/scores.json", import.meta.url), "utf8"));

/** Both null, or equal within rounding of double sums. */
function assertClose(actual: number | null, expected: number | null, what: string): void {
  if (expected === null || actual === null) assert.equal(actual, expected, what);
  else
    assert.ok(
      Math.abs(actual - expected) <= 1e-12 * Math.max(1, Math.abs(expected)),
      `${what}: ${actual} ≠ ${expected}`,
    );
}

describe("scores agree with scikit-learn and SciPy", () => {
  for (const expected of golden.cases) {
    it(expected.name, () => {
      const matrix = confusion(expected.truth, expected.first, expected.classCount);
      assert.deepEqual(matrix, expected.confusion);
      const actual = scores(matrix);
      for (const name of ["overallAccuracy", "averageAccuracy", "kappa"] as const) {
        assertClose(actual[name], expected[name], name);
      }
      expected.perClass.forEach((of, index) => {
        const got = actual.perClass[index]!;
        for (const name of ["recall", "precision", "f1", "support"] as const) {
          assertClose(got[name], of[name], `${name} of class ${index + 1}`);
        }
      });
      const test = mcnemar(expected.truth, expected.first, expected.second);
      assert.equal(test.onlyFirst, expected.mcnemar.onlyFirst);
      assert.equal(test.onlySecond, expected.mcnemar.onlySecond);
      assert.ok(Math.abs(test.pValue / expected.mcnemar.pValue - 1) < 1e-10, `p ${test.pValue}`);
    });
  }
});

const matrices = fc
  .integer({ min: 1, max: 6 })
  .chain((size) =>
    fc.array(fc.array(fc.nat(1000), { minLength: size, maxLength: size }), { minLength: size, maxLength: size }),
  )
  .filter((matrix) => matrix.flat().some((count) => count > 0));

describe("kappa", () => {
  it("lies in [−1, 1] or is null", () => {
    fc.assert(
      fc.property(matrices, (matrix) => {
        const value = kappa(matrix);
        assert.ok(value === null || (value >= -1 && value <= 1), `${value}`);
      }),
    );
  });

  it("is unchanged by renaming classes and by exchanging truth and prediction", () => {
    fc.assert(
      fc.property(matrices, fc.infiniteStream(fc.nat()), (matrix, randoms) => {
        const order = matrix
          .map((_, index) => ({ index, key: randoms.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ index }) => index);
        const renamed = order.map((row) => order.map((column) => matrix[row]![column]!));
        const exchanged = matrix.map((_, row) => matrix.map((line) => line[row]!));
        for (const other of [renamed, exchanged]) assertClose(kappa(other), kappa(matrix), "kappa");
      }),
    );
  });

  it("is exactly 1 for complete agreement and 0 for a constant answer", () => {
    assert.equal(kappa([[3, 0], [0, 7]]), 1); // biome-ignore format: a matrix
    assert.equal(kappa([[3, 0], [7, 0]]), 0); // biome-ignore format: a matrix
  });
});

describe("confusion", () => {
  it("counts every labelled pixel once, and only those asked for", () => {
    const truth = Uint16Array.of(0, 1, 2, 2, 0, 1);
    const predicted = Uint16Array.of(1, 1, 2, 1, 0, 2);
    assert.deepEqual(confusion(truth, predicted, 2), [[1, 1], [1, 1]]); // biome-ignore format: a matrix
    assert.deepEqual(confusion(truth, predicted, 2, Int32Array.of(1, 2)), [[1, 0], [0, 1]]); // biome-ignore format: a matrix
  });

  it("refuses a labelled pixel without prediction, and labels out of range", () => {
    assert.throws(() => confusion([1, 2], [1, 0], 2), {
      name: "DataError",
      message: "prediction of pixel 1: expected a label 1…2; got 0",
    });
    assert.throws(() => confusion([1, 3], [1, 1], 2), {
      name: "DataError",
      message: "truth of pixel 1: expected a label 0…2; got 3",
    });
    assert.throws(() => confusion([1, 2], [1], 2), {
      name: "ShapeError",
      message: "confusion: expected as many predictions as truths; got 1 and 2",
    });
  });

  it("of no pixel has no scores", () => {
    assert.throws(() => scores(confusion([0, 0], [1, 1], 2)), {
      message: "scores: expected at least one labelled test pixel; got none",
    });
  });
});

describe("mcnemar", () => {
  it("is antisymmetric in its two classifications, whatever the pixels", () => {
    const labels = fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })));
    fc.assert(
      fc.property(labels, (pixels) => {
        const [truth, first, second] = [0, 1, 2].map((axis) => pixels.map((pixel) => pixel[axis]!));
        const there = mcnemar(truth!, first!, second!);
        const back = mcnemar(truth!, second!, first!);
        assert.equal(there.z, back.z === 0 ? 0 : -back.z);
        assert.equal(there.pValue, back.pValue);
        assert.ok(there.pValue > 0 && there.pValue <= 1);
      }),
    );
  });

  it("stays exact for many disagreements", () => {
    const truth = new Uint8Array(300_000).fill(1);
    const first = truth.map((_, pixel) => (pixel < 150_500 ? 1 : 2));
    const second = truth.map((_, pixel) => (pixel < 150_500 ? 2 : 1));
    const { z, pValue } = mcnemar(truth, first, second);
    assert.equal(z, 1000 / Math.sqrt(300_000));
    assert.ok(Math.abs(pValue - 0.06816457654) < 1e-9, `${pValue}`); // scipy.stats.binomtest(149500, 300000).pvalue
  });
});

describe("spread", () => {
  it("is mean and sample standard deviation", () => {
    assert.deepEqual(spread([2, 4, 4, 6]), { mean: 4, deviation: Math.sqrt(8 / 3) });
    assert.deepEqual(spread([3]), { mean: 3, deviation: null });
    assert.throws(() => spread([]), { message: "spread: expected at least one value; got none" });
  });
});
