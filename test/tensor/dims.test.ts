import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dims, ShapeError, zeros } from "../../src/tensor/index.ts";

const refuses = (call: () => unknown, message: string): void => {
  assert.throws(call, (fault) => {
    assert.ok(fault instanceof ShapeError);
    assert.equal(fault.message, message);
    return true;
  });
};

describe("dims", () => {
  it("returns the length of each axis", () => {
    const { B, N, C } = dims("x", zeros([2, 65, 128]), "B N C");
    assert.deepEqual([B, N, C], [2, 65, 128]);
    assert.deepEqual({ ...dims("scalar", zeros([]), "") }, {});
  });

  it("refuses another rank", () => {
    refuses(() => dims("x", zeros([2, 3]), "B N C"), "x: expected [B, N, C]; got [2, 3]");
    refuses(() => dims("x", zeros([]), "B"), "x: expected [B]; got []");
    refuses(() => dims("scalar", zeros([1]), ""), "scalar: expected []; got [1]");
  });

  it("refuses another length than a known one, naming all that are known", () => {
    refuses(
      () => dims("eps", zeros([2, 65, 128]), "B N C", { B: 2, N: 64, C: 128 }),
      "eps: expected [B, N, C] with B=2, N=64, C=128; got [2, 65, 128]",
    );
    refuses(() => dims("y", zeros([3, 4]), "n K", { K: 5 }), "y: expected [n, K] with K=5; got [3, 4]");
  });

  it("refuses different lengths under one letter", () => {
    assert.equal(dims("square", zeros([3, 3]), "n n").n, 3);
    refuses(() => dims("square", zeros([3, 4]), "n n"), "square: expected [n, n]; got [3, 4]");
  });

  it("keeps the subject and the shape in the error", () => {
    assert.throws(() => dims("x", zeros([0]), "B N"), { op: "x", shapes: [[0]] });
  });

  it("knows its letters: one that is not in the notation does not compile", () => {
    const lengths = dims("x", zeros([2, 3]), "B N");
    // @ts-expect-error there is no C
    assert.equal(lengths.C, undefined);
    // @ts-expect-error nor can it be known before
    dims("x", zeros([2, 3]), "B N", { C: 3 });
  });
});
