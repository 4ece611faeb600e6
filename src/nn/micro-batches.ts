/**
 * @file A training step in parts: the gradients of micro-batches are computed side by side, a thread each, and
 * averaged. The numbers are those of the whole batch up to rounding, and the same with any number of threads.
 */
import {
  type Arrays,
  compile,
  compileLanes,
  type Graph,
  gradients,
  matMul,
  type NdArray,
  ndarray,
  reshape,
  type Spec,
  type StatefulProgram,
  type Tensor,
  trace,
  zeros,
} from "../tensor/index.ts";
import { countParameters, type Parameters, symbolicParameters } from "./parameters.ts";
import type { Stage } from "./stage.ts";
import { type BatchSpec, type Objective, stateSpecs, type TrainingState, updated } from "./training-step.ts";

/** Inputs `parameters` and one micro-batch; outputs `gradient` `[n]` and `loss` `[]`. */
export function gradientStep<P extends Parameters, Batch extends BatchSpec>(
  { parameters, batch, loss }: Objective<P, Batch>,
  parts: number,
): Graph {
  const specs: Record<string, Spec> = { parameters: { shape: [countParameters(parameters)], dtype: "f32" } };
  for (const [name, { shape, dtype }] of Object.entries(batch)) {
    specs[name] = { shape: [shape[0]! / parts, ...shape.slice(1)], dtype };
  }
  return trace(specs, (inputs) => {
    const flat = inputs["parameters"]!;
    const value = loss(symbolicParameters(parameters, flat), inputs as { readonly [Name in keyof Batch]: Tensor });
    const [gradient] = gradients(value, [flat]) as [Tensor];
    return { gradient, loss: value };
  });
}

/** Inputs: the state, `rate`, `weights` of the parts `[1, P]`, which sum to 1, and their `gradients` `[P, n]`. */
function updateStep({
  parameters,
  adamw,
  averageDecay,
  microBatches: { count },
}: Pick<Stage, "parameters" | "adamw" | "averageDecay" | "microBatches">): Graph {
  const size = countParameters(parameters);
  const specs: Record<string, Spec> = {
    ...stateSpecs(parameters, averageDecay !== null),
    weights: { shape: [1, count], dtype: "f32" },
    gradients: { shape: [count, size], dtype: "f32" },
  };
  return trace(specs, (inputs) => {
    const gradient = reshape(matMul(inputs["weights"]!, inputs["gradients"]!), [size]);
    return updated(inputs, gradient, parameters, adamw, averageDecay);
  });
}

/**
 * The steps of a stage on the processor.
 *
 * @param state    before the first step; the arrays are the program's from now on
 * @param threads  0 = as many as the machine has cores
 */
export async function compileMicroBatches<P extends Parameters, Batch extends BatchSpec>(
  stage: Stage<P, Batch>,
  state: TrainingState,
  threads: number,
): Promise<StatefulProgram> {
  const { count, weightOf } = stage.microBatches;
  const size = state.parameters.data.length;
  const names = Object.keys(state) as (keyof TrainingState)[];
  const backward = await compileLanes(gradientStep(stage, count), { threads }, ["parameters"]);
  const update = await compile(updateStep(stage), { threads: 1 });
  const found = zeros([count, size]);
  const results = Array.from({ length: count }, (_, part) => ({
    gradient: ndarray(found.data.subarray(part * size, (part + 1) * size), [size]),
    loss: zeros([]),
  }));
  // Two sets of arrays: a step reads one and writes the other.
  let front: Record<string, NdArray> = { ...state };
  let back: Record<string, NdArray> = Object.fromEntries(names.map((name) => [name, zeros([size])]));
  return {
    run: async ({ rate, ...batch }) => {
      const parts = Array.from({ length: count }, (_, part) => partOf(batch, part, count));
      backward.keep({ parameters: front["parameters"]! });
      await Promise.all(parts.map((part, at) => backward.run(part, results[at]!)));
      const weights = zeros([1, count]);
      for (const [at, part] of parts.entries()) weights.data[at] = weightOf(part);
      const total = weights.data.reduce((sum, weight) => sum + weight, 0);
      for (let at = 0; at < count; at++) weights.data[at]! /= total;
      const { gradientNorm } = await update.run({ ...front, rate: rate!, weights, gradients: found }, back);
      [front, back] = [back, front];
      const loss = zeros([]);
      for (const [at, one] of results.entries()) loss.data[0]! += weights.data[at]! * one.loss.data[0]!;
      return { loss, gradientNorm: gradientNorm! };
    },
    state: async () => front,
    release: async () => {
      await backward.release();
      await update.release();
    },
  };
}

/** One of `count` equal parts of a batch, in the same memory. */
function partOf(batch: Arrays, part: number, count: number): Arrays {
  return Object.fromEntries(
    Object.entries(batch).map(([name, { dtype, shape, data }]) => {
      const length = data.length / count;
      const own = {
        dtype,
        shape: [shape[0]! / count, ...shape.slice(1)],
        data: data.subarray(part * length, (part + 1) * length),
      };
      return [name, own as NdArray];
    }),
  );
}
