/** @file What most networks are made of: a convolution, then batch normalisation. */
import {
  type BatchNorm,
  batchNorm,
  type Convolution,
  convolution,
  initBatchNorm,
  initConvolution,
  type Pass,
  type Symbolic,
} from "../../nn/index.ts";
import type { ConvolutionOptions, Key, Shape, Tensor } from "../../tensor/index.ts";

export interface Unit {
  readonly convolution: Convolution;
  readonly norm: BatchNorm;
}

/** @param window  lengths of the kernel's axes */
export function initUnit(key: Key, inputs: number, outputs: number, window: Shape): Unit {
  return { convolution: initConvolution(key, inputs, outputs, window), norm: initBatchNorm(outputs) };
}

/**
 * The normalised convolution, without an activation.
 *
 * @param x  `[B, in, …]`, as many axes as the window has
 * @returns  `[B, out, …]`
 */
export function unit(weights: Symbolic<Unit>, x: Tensor, pass: Pass, options: ConvolutionOptions = {}): Tensor {
  return batchNorm(weights.norm, convolution(weights.convolution, x, options), pass);
}
