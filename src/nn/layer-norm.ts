/** @file Layer normalisation with learned scale and bias, as transformers of PyTorch have it. */
import { add, layerNorm, mul, type NdArray, ndarray, type Tensor, zeros } from "../tensor/index.ts";
import type { Symbolic } from "./parameters.ts";

/** (x − mean) / √(variance + ε)·scale + bias, over the channels of a token. */
export interface LayerNorm {
  /** `[C]` */
  readonly scale: NdArray<"f32">;
  /** `[C]` */
  readonly bias: NdArray<"f32">;
}

/** Starts as doing nothing but normalising. */
export function initLayerNorm(channels: number): LayerNorm {
  return { scale: ndarray(new Float32Array(channels).fill(1), [channels]), bias: zeros([channels]) };
}

/**
 * Layer normalisation, then scale and bias.
 *
 * @param x  `[…, C]`
 * @see Ba et al. 2016
 */
export function scaledLayerNorm({ scale, bias }: Symbolic<LayerNorm>, x: Tensor): Tensor {
  return add(mul(layerNorm(x), scale), bias);
}
