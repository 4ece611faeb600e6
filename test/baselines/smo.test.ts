import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type KernelRow, rememberedRows, solveDual } from "../../src/baselines/smo.ts";
import { keyOf, normal } from "../../src/tensor/index.ts";

/** K = exp(−‖x − z‖²/4) of random points in three dimensions. */
function randomKernel(seed: number, size: number): KernelRow {
  const points = normal(keyOf(seed), [size, 3]).data;
  return (a) =>
    Float32Array.from({ length: size }, (_, b) => {
      let square = 0;
      for (let at = 0; at < 3; at++) square += (points[a * 3 + at]! - points[b * 3 + at]!) ** 2;
      return Math.exp(-square / 4);
    });
}

describe("sequential minimal optimisation", () => {
  it("meets the conditions of the optimum", () => {
    fc.assert(
      fc.property(
        fc.nat(1e6),
        fc.integer({ min: 4, max: 40 }),
        fc.constantFrom(0.1, 1, 10, 1000),
        (seed, size, cost) => {
          const row = randomKernel(seed, size);
          const signs = Int8Array.from({ length: size }, (_, at) => (at % 3 === 0 ? 1 : -1));
          const { weights, bias } = solveDual(signs, row, cost);
          assert.ok(Math.abs(weights.reduce((a, b) => a + b)) < 1e-9 * cost * size);
          for (let at = 0; at < size; at++) {
            const alpha = weights[at]! * signs[at]!;
            assert.ok(alpha >= 0 && alpha <= cost);
            const margin = signs[at]! * (row(at).reduce((sum, k, other) => sum + k * weights[other]!, 0) - bias);
            // Within the solver's tolerance: outside the margin unless α > 0, inside unless α < C.
            if (alpha === 0) assert.ok(margin > 1 - 2e-3);
            else if (alpha === cost) assert.ok(margin < 1 + 2e-3);
            else assert.ok(Math.abs(margin - 1) < 2e-3);
          }
        },
      ),
      { numRuns: 60, seed: 1 },
    );
  });

  it("finds the same with a memory of few rows", () => {
    const signs = Int8Array.from({ length: 30 }, (_, at) => (at % 2 === 0 ? 1 : -1));
    const row = randomKernel(4, 30);
    const few = rememberedRows(30, row, 4 * 30 * 3);
    const all = rememberedRows(30, row);
    assert.deepEqual(solveDual(signs, few, 10), solveDual(signs, row, 10));
    assert.deepEqual(solveDual(signs, all, 10), solveDual(signs, row, 10));
    assert.equal(all(7), all(7));
  });
});
