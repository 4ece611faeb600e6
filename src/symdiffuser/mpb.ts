/** @file Modality perception block: lets one source's tokens be asked by the other's, before every denoising step. */
import {
  type Attention,
  attention,
  initAttention,
  initLinear,
  initZeroLinear,
  type Linear,
  linear,
  type Symbolic,
} from "../nn/index.ts";
import { add, childKey, concat, type Key, layerNorm, type Tensor } from "../tensor/index.ts";

/** φ_q, φ_k, φ_v and W (`out`) of eq. 6. */
export type Mpb = Attention;

/** The output layer starts at zero: at first the block changes nothing. */
export function initMpb(key: Key, channels: number): Mpb {
  return { ...initAttention(key, channels), out: initZeroLinear(channels, channels) };
}

/**
 * F = W·softmax(φ_q(other)·φ_k(own)ᵀ/√D)·φ_v(own) + own.
 *
 * @param own    tokens of the source being denoised, `[B, N, C]`
 * @param other  tokens of the source it is conditioned on, at the same noise level, `[B, N, C]`
 * @returns      `[B, N, C]`
 * @see SymDiffuser eq. 6
 */
export function mpb(weights: Symbolic<Mpb>, own: Tensor, other: Tensor, heads: number): Tensor {
  return add(own, attention(weights, layerNorm(other), layerNorm(own), heads));
}

/** What stands in for the block in the ablation "MPB → concat": both sources' tokens side by side, then a linear layer. */
export interface ConcatCoupling {
  readonly merge: Linear;
}

export function initConcatCoupling(key: Key, channels: number): ConcatCoupling {
  return { merge: initLinear(childKey(key, "merge"), 2 * channels, channels) };
}

/** @see SymDiffuser table 4, row 3b */
export function concatCoupling(weights: Symbolic<ConcatCoupling>, own: Tensor, other: Tensor): Tensor {
  return linear(weights.merge, concat([own, other], -1));
}
