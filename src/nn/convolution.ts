/** @file Convolution layer over one, two or three spatial axes. */
import {
  add,
  type ConvolutionOptions,
  childKey,
  conv,
  type Key,
  type NdArray,
  reshape,
  type Shape,
  sizeOf,
  type Tensor,
  uniform,
} from "../tensor/index.ts";
import type { Symbolic } from "./parameters.ts";

/** x ∗ W + b. */
export interface Convolution {
  /** `[O, C / groups, …]` */
  readonly weight: NdArray<"f32">;
  /** `[O]` */
  readonly bias: NdArray<"f32">;
}

/**
 * Uniform in ±1/√(inputs of an output), weights and bias, as PyTorch initialises its convolutions.
 *
 * @param window  length along each spatial axis
 * @param groups  as the convolution is given
 */
export function initConvolution(key: Key, inputs: number, outputs: number, window: Shape, groups = 1): Convolution {
  const shape = [outputs, inputs / groups, ...window];
  const bound = 1 / Math.sqrt(sizeOf(shape.slice(1)));
  return {
    weight: uniform(childKey(key, "weight"), shape, -bound, bound),
    bias: uniform(childKey(key, "bias"), [outputs], -bound, bound),
  };
}

/**
 * x ∗ W + b.
 *
 * @param x  `[B, C, …]`
 * @returns  `[B, O, …]`
 */
export function convolution(
  { weight, bias }: Symbolic<Convolution>,
  x: Tensor,
  options: ConvolutionOptions = {},
): Tensor {
  const y = conv(x, weight, options);
  return add(y, reshape(bias, [1, -1, ...y.shape.slice(2).map(() => 1)]));
}
