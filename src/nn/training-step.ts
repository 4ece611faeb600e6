/** @file A whole training step as one graph: forward, backward, clipping, AdamW and moving average. */
import {
  add,
  constant,
  type Graph,
  gradients,
  mul,
  type NdArray,
  reshape,
  type Spec,
  split,
  sqrt,
  sub,
  sum,
  type Tensor,
  trace,
  zeros,
} from "../tensor/index.ts";
import { type AdamW, adamwUpdate } from "./adamw.ts";
import { momentumUpdate } from "./momentum.ts";
import {
  countParameters,
  decayMask,
  type Parameters,
  packParameters,
  type Symbolic,
  shareVector,
  symbolicParameters,
} from "./parameters.ts";

/** Names and shapes of one batch. */
export type BatchSpec = Readonly<Record<string, Spec>>;

/** What is learned and from what. */
export interface Objective<P extends Parameters, Batch extends BatchSpec> {
  /** Names and shapes of the parameters; their numbers are the start. */
  readonly parameters: P;
  readonly batch: Batch;
  /** The loss of one batch, `[]`. */
  readonly loss: (weights: Symbolic<P>, batch: { readonly [Name in keyof Batch]: Tensor }) => Tensor;
}

/** Vectors that a step reads and writes, each `[n]`. */
export interface TrainingState {
  readonly parameters: NdArray<"f32">;
  readonly first: NdArray<"f32">;
  readonly second: NdArray<"f32">;
  /** Exponential moving average of the parameters; absent where none is kept. */
  readonly average?: NdArray<"f32">;
}

/** The state before the first step. */
export function initialState(parameters: Parameters, keepAverage: boolean): TrainingState {
  const vector = packParameters(parameters);
  const state = { parameters: vector, first: zeros(vector.shape), second: zeros(vector.shape) };
  return keepAverage ? { ...state, average: { ...vector, data: vector.data.slice() } } : state;
}

/**
 * The graph of one step.
 *
 * Inputs: the state's vectors, `rate` `[3]` = learning rate and AdamW's two bias corrections, and the batch.
 * Outputs: the state's vectors, `loss` `[]` and `gradientNorm` `[]`.
 *
 * @param averageDecay  share of the moving average that each step keeps; null for no average
 */
export function trainingStep<P extends Parameters, Batch extends BatchSpec>(
  { parameters, batch, loss }: Objective<P, Batch>,
  adamw: AdamW,
  averageDecay: number | null = null,
): Graph {
  const specs = { ...stateSpecs(parameters, averageDecay !== null), ...batch };
  return trace(specs, (inputs) => {
    const flat = inputs["parameters"]!;
    const value = loss(symbolicParameters(parameters, flat), inputs as { readonly [Name in keyof Batch]: Tensor });
    const [gradient] = gradients(value, [flat]) as [Tensor];
    return { ...updated(inputs, gradient, parameters, adamw, averageDecay), loss: value };
  });
}

/** Inputs of a step besides its batch: the state's vectors, and `rate`. */
export function stateSpecs(parameters: Parameters, keepAverage: boolean): Record<string, Spec> {
  const vector: Spec = { shape: [countParameters(parameters)], dtype: "f32" };
  const state = { parameters: vector, first: vector, second: vector, ...(keepAverage ? { average: vector } : {}) };
  return { ...state, rate: { shape: [3], dtype: "f32" } };
}

/** The state after a step, and the gradient's norm. @param inputs  the state's vectors and `rate` */
export function updated(
  inputs: Readonly<Record<string, Tensor>>,
  gradient: Tensor,
  parameters: Parameters,
  adamw: AdamW,
  averageDecay: number | null,
): Record<string, Tensor> {
  const state = { parameters: inputs["parameters"]!, first: inputs["first"]!, second: inputs["second"]! };
  const [rate, correction1, correction2] = split(inputs["rate"]!, 0, [1, 1, 1]).map((part) => reshape(part, [])) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  const decay = constant(decayMask(parameters));
  const { rateShares } = adamw;
  const own = rateShares ? mul(rate, constant(shareVector(parameters, rateShares))) : rate;
  const { gradientNorm, ...next } =
    adamw.momentum === undefined
      ? adamwUpdate(state, gradient, own, [correction1, correction2], decay, adamw)
      : { ...momentumUpdate(state, gradient, own, adamw.momentum), gradientNorm: norm(gradient) };
  const average = inputs["average"];
  const moved = average && { average: add(average, mul(sub(next.parameters, average), 1 - averageDecay!)) };
  return { ...next, ...moved, gradientNorm };
}

/** ‖x‖, `[]`. */
function norm(x: Tensor): Tensor {
  return reshape(sqrt(sum(mul(x, x))), []);
}

/** The `rate` input of step `step`, counted from 0. */
export function rateInput(learningRate: number, step: number, { betas: [beta1, beta2] }: AdamW): NdArray<"f32"> {
  const data = Float32Array.of(learningRate, 1 / (1 - beta1 ** (step + 1)), 1 / (1 - beta2 ** (step + 1)));
  return { dtype: "f32", shape: [3], data };
}
