import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  constantRate,
  cosineRate,
  droppingRate,
  initialState,
  rateAt,
  rateInput,
  trainingStep,
} from "../../src/nn/index.ts";
import { interpret, mul, ndarray, reshape, sum } from "../../src/tensor/index.ts";

const ratesOf = (shape: typeof constantRate, steps: number): number[] =>
  Array.from({ length: steps }, (_, step) => rateAt({ ...shape, rate: 0.1, steps }, step));

describe("learning rates", () => {
  it("stay, fall along a cosine, or drop", () => {
    assert.deepEqual(ratesOf(constantRate, 3), [0.1, 0.1, 0.1]);
    for (const [at, value] of [0.1, 0.05, 0].entries()) assert.ok(Math.abs(ratesOf(cosineRate, 3)[at]! - value) < 1e-9);
    const drops = ratesOf(droppingRate(0.25, 0.5), 8);
    assert.deepEqual(drops, [0.1, 0.1, 0.05, 0.05, 0.025, 0.025, 0.0125, 0.0125]);
  });
});

describe("gradient descent with momentum", () => {
  it("takes the steps of PyTorch's SGD", () => {
    const parameters = { weight: ndarray([1, -2], [2]) };
    const settings = { betas: [0.9, 0.999], weightDecay: 0, clipNorm: 1, momentum: 0.9 } as const;
    const loss = (weights: { readonly weight: Parameters<typeof mul>[0] }) =>
      reshape(sum(mul(mul(weights.weight, weights.weight), weights.weight)), []);
    const graph = trainingStep({ parameters, batch: {}, loss }, settings);
    let state = { ...initialState(parameters, false) } as Record<string, Parameters<typeof interpret>[1][string]>;
    for (let step = 0; step < 3; step++) {
      const {
        loss: _,
        gradientNorm: __,
        ...next
      } = interpret(graph, { ...state, rate: rateInput(0.01, step, settings) });
      state = next;
    }
    // torch.optim.SGD([weight], lr=0.01, momentum=0.9) on the sum of cubes, three steps.
    for (const [at, value] of [0.839964411, -2.748870052].entries()) {
      assert.ok(Math.abs(state["parameters"]!.data[at]! - value) < 1e-6);
    }
  });
});
