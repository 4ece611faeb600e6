/** @file Softmax and layer normalisation over the last axis. */
import { ndarray, sizeOf } from "../ndarray.ts";
import type { Functions, Operation } from "../operation.ts";
import { apply, applyAll, type Tensor } from "../tensor.ts";

/** Added to the variance, as in PyTorch. */
export const layerNormEpsilon = 1e-5;

/** An operation on each row, given the row's values and log Σ eˣ. */
function alongRows(
  name: string,
  onnx: string,
  kernel: (value: number, logTotal: number) => number,
  gradient: (y: Tensor, g: Tensor, t: Functions) => Tensor,
): Operation {
  return {
    name,
    infer: ([x]) => [{ shape: x!.shape, dtype: "f32" }],
    gradient: ({ outputs: [y], cotangents: [g] }, t) => [gradient(y!, g!, t)],
    lower: ({ emit, inputs }) => [emit.node(onnx, inputs, { axis: -1 })],
    reference: ({ inputs: [x], inputSpecs }) => {
      const length = inputSpecs[0]!.shape.at(-1)!;
      const result = new Float64Array(x!.length);
      for (let start = 0; start < x!.length; start += length) {
        const row = x!.subarray(start, start + length);
        const top = row.reduce((a, b) => Math.max(a, b), -Infinity);
        const logTotal = top + Math.log(row.reduce((total, value) => total + Math.exp(value - top), 0));
        for (let at = 0; at < length; at++) result[start + at] = kernel(row[at]!, logTotal);
      }
      return [result];
    },
  };
}

const logSoftmaxRows = alongRows(
  "logSoftmax",
  "LogSoftmax",
  (value, logTotal) => value - logTotal,
  (y, g, t) => t.sub(g, t.mul(t.exp(y), t.sum(g, [-1]))),
);

const table = {
  softmax: alongRows(
    "softmax",
    "Softmax",
    (value, logTotal) => Math.exp(value - logTotal),
    (y, g, t) => {
      const weighted = t.mul(g, y);
      return t.sub(weighted, t.mul(y, t.sum(weighted, [-1])));
    },
  ),
  logSoftmax: {
    ...logSoftmaxRows,
    lower: (call) => {
      const { emit, inputs } = call;
      if (emit.has("LogSoftmax")) return logSoftmaxRows.lower(call);
      const [along, kept] = [emit.integers([-1]), { keepdims: 1 }];
      const below = emit.node("Sub", [inputs[0]!, emit.node("ReduceMax", [inputs[0]!, along], kept)]);
      const total = emit.node("ReduceSum", [emit.node("Exp", [below]), along], kept);
      return [emit.node("Sub", [below, emit.node("Log", [total])])];
    },
  },
  layerNorm: {
    name: "layerNorm",
    infer: ([x]) => {
      const statistics = { shape: [...x!.shape.slice(0, -1), 1], dtype: "f32" } as const;
      return [{ shape: x!.shape, dtype: "f32" }, statistics, statistics];
    },
    gradient: ({ outputs: [y, , inverseDeviation], cotangents: [g] }, t) => {
      const along = t.mul(y!, t.mean(t.mul(g!, y!), [-1]));
      return [t.mul(t.sub(t.sub(g!, t.mean(g!, [-1])), along), inverseDeviation!)];
    },
    lower: ({ emit, inputs: [x], inputSpecs, used }) => {
      const length = inputSpecs[0]!.shape.at(-1)!;
      const ones = emit.initializer(ndarray(new Float32Array(length).fill(1), [length]));
      return emit.nodeWithOutputs("LayerNormalization", [x!, ones], used[1] || used[2] ? 3 : 1, {
        axis: -1,
        epsilon: layerNormEpsilon,
      });
    },
    reference: ({ inputs: [x], inputSpecs }) => {
      const length = inputSpecs[0]!.shape.at(-1)!;
      const rows = sizeOf(inputSpecs[0]!.shape.slice(0, -1));
      const [y, means, inverses] = [new Float64Array(x!.length), new Float64Array(rows), new Float64Array(rows)];
      for (let row = 0; row < rows; row++) {
        const values = x!.subarray(row * length, (row + 1) * length);
        const mean = values.reduce((a, b) => a + b, 0) / length;
        const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / length;
        const inverse = 1 / Math.sqrt(variance + layerNormEpsilon);
        means[row] = mean;
        inverses[row] = inverse;
        for (let at = 0; at < length; at++) y[row * length + at] = (values[at]! - mean) * inverse;
      }
      return [y, means, inverses];
    },
  },
} satisfies Readonly<Record<string, Operation>>;

/** This file's operations by name. */
export const normaliseOperations: Readonly<Record<string, Operation>> = table;

/** eˣ / Σ eˣ over the last axis. */
export const softmax = (x: Tensor): Tensor => apply(table.softmax, [x]);

/** x − log Σ eˣ over the last axis. */
export const logSoftmax = (x: Tensor): Tensor => apply(table.logSoftmax, [x]);

/**
 * (x − mean) / √(variance + 10⁻⁵) over the last axis, without scale and bias: the linear layer that follows can learn both.
 *
 * @param x  `[…, C]`
 * @see Ba et al. 2016
 */
export const layerNorm = (x: Tensor): Tensor => applyAll(table.layerNorm, [x])[0]!;
