import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { crossEntropy } from "../../src/nn/index.ts";
import { classWeights } from "../../src/symdiffuser/fusion.ts";
import { constant, interpret, ndarray, trace } from "../../src/tensor/index.ts";

describe("balanced training", () => {
  it("gives every class that is there the same total weight, mean 1 over the pixels", () => {
    const classOf = Int32Array.of(0, 0, 0, 2, 2, 2, 2, 2, 2);
    const weights = classWeights(classOf, 4);
    assert.deepEqual([...weights], [9 / 6, 0, 9 / 12, 0]);
    assert.equal(
      classOf.reduce((total, index) => total + weights[index]!, 0),
      classOf.length,
    );
  });

  it("is the mean of the classes' mean losses", () => {
    const logits = ndarray([1, 0, 0, 2, 1, 1], [3, 2]);
    const oneHot = ndarray([1, 0, 1, 0, 0, 1], [3, 2]);
    const weight = ndarray([0.75, 0.75, 1.5], [3]);
    const graph = trace({}, () => ({
      loss: crossEntropy(constant(logits), constant(oneHot), 0, constant(weight)),
    }));
    const row = (own: number, other: number): number => Math.log(1 + Math.exp(other - own));
    const expected = ((row(1, 0) + row(0, 2)) / 2 + row(1, 1)) / 2;
    // Constants of a graph are f32.
    assert.ok(Math.abs(interpret(graph, {})["loss"]!.data[0]! - expected) < 1e-6);
  });
});
