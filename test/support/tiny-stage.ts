/** @file A training that takes a blink: a line fitted to noisy points. */
import { initLinear, type Linear, linear, meanSquaredError, microBatches, type Stage } from "../../src/nn/index.ts";
import { childKey, keyOf, normal } from "../../src/tensor/index.ts";

const key = keyOf(5);

/** @param steps  of the training */
export function tinyStage(steps: number, averageDecay: number | null = 0.9): Stage<Linear> {
  return {
    name: "tiny",
    parameters: initLinear(childKey(key, "start"), 3, 2),
    batch: { x: { shape: [8, 3], dtype: "f32" }, y: { shape: [8, 2], dtype: "f32" } },
    loss: (weights, inputs) => meanSquaredError(linear(weights, inputs["x"]!), inputs["y"]!),
    batches: (step) => {
      const x = normal(childKey(childKey(key, "x"), step), [8, 3]);
      const y = normal(childKey(childKey(key, "y"), step), [8, 2]);
      for (let row = 0; row < 8; row++) y.data[row * 2] = 2 * x.data[row * 3]! + 0.1 * y.data[row * 2]!;
      return { x, y };
    },
    schedule: { rate: 0.05, steps, warmUp: 0.1, floor: 0.02 },
    adamw: { betas: [0.9, 0.99], weightDecay: 0.01, clipNorm: 1 },
    averageDecay,
    microBatches: microBatches(8),
  };
}
