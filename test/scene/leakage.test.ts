import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { leakage } from "../../src/scene/index.ts";

/** Straight from the definition. */
function naive(train: Int32Array, test: Int32Array, width: number, radius: number): number {
  const isSeen = (pixel: number): boolean =>
    train.some(
      (other) =>
        Math.abs(Math.floor(other / width) - Math.floor(pixel / width)) <= radius &&
        Math.abs((other % width) - (pixel % width)) <= radius,
    );
  return test.filter(isSeen).length / test.length;
}

describe("leakage", () => {
  it("is the share of test pixels whose patch holds a training pixel", () => {
    const cases = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.nat(5)).chain((grid) => {
      const size = grid[0] * grid[1];
      const marks = fc.array(fc.constantFrom(0, 0, 1, 2), { minLength: size, maxLength: size });
      return fc.tuple(fc.constant(grid), marks);
    });
    fc.assert(
      fc.property(cases, ([[height, width, radius], marks]) => {
        const pick = (mark: number): Int32Array => Int32Array.from(marks.keys()).filter((at) => marks[at] === mark);
        const split = { train: pick(1), test: pick(2) };
        fc.pre(split.test.length > 0);
        assert.equal(leakage(split, height, width, radius), naive(split.train, split.test, width, radius));
      }),
      { numRuns: 300 },
    );
  });

  it("does not look around the end of a row", () => {
    const split = { train: Int32Array.of(4), test: Int32Array.of(5, 3) };
    assert.equal(leakage(split, 2, 5, 1), 0.5);
  });

  it("is 0 without test pixels", () => {
    assert.equal(leakage({ train: Int32Array.of(0), test: new Int32Array(0) }, 2, 2, 1), 0);
  });

  it("refuses pixels that are not on the grid", () => {
    assert.throws(() => leakage({ train: Int32Array.of(4), test: Int32Array.of(0) }, 2, 2, 1), {
      name: "DataError",
      message: "split: expected pixel indices below 4; got 4",
    });
  });
});
