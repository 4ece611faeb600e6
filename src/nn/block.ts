/** @file Pre-norm transformer block: x + attention(norm(x)), then x + mlp(norm(x)). */
import { add, childKey, gelu, type Key, layerNorm, mean, type Tensor } from "../tensor/index.ts";
import { type Attention, attention, initAttention } from "./attention.ts";
import { initLinear, type Linear, linear } from "./linear.ts";
import type { Symbolic } from "./parameters.ts";

/** Linear → GELU → linear. */
export interface Mlp {
  readonly in: Linear;
  readonly out: Linear;
}

export function initMlp(key: Key, inputs: number, hidden: number, outputs: number): Mlp {
  return {
    in: initLinear(childKey(key, "in"), inputs, hidden),
    out: initLinear(childKey(key, "out"), hidden, outputs),
  };
}

/** @param x `[…, in]` */
export function mlp(weights: Symbolic<Mlp>, x: Tensor): Tensor {
  return linear(weights.out, gelu(linear(weights.in, x)));
}

/** @see Dosovitskiy et al. 2021, fig. 1 */
export interface Block {
  readonly attention: Attention;
  readonly mlp: Mlp;
}

/** @param mlpRatio  hidden channels of the mlp as a multiple of `channels` */
export function initBlock(key: Key, channels: number, mlpRatio: number): Block {
  return {
    attention: initAttention(childKey(key, "attention"), channels),
    mlp: initMlp(childKey(key, "mlp"), channels, channels * mlpRatio, channels),
  };
}

/** @param x  tokens, `[B, N, C]` */
export function block(weights: Symbolic<Block>, x: Tensor, heads: number): Tensor {
  const attended = attendedTokens(weights, x, heads);
  return add(attended, mlp(weights.mlp, layerNorm(attended)));
}

/** The mean of {@link block} over all tokens, `[B, 1, C]`: the last layer, which is linear, sees the mean alone. */
export function blockMean(weights: Symbolic<Block>, x: Tensor, heads: number): Tensor {
  const attended = attendedTokens(weights, x, heads);
  const hidden = gelu(linear(weights.mlp.in, layerNorm(attended)));
  return add(mean(attended, [1]), linear(weights.mlp.out, mean(hidden, [1])));
}

function attendedTokens(weights: Symbolic<Block>, x: Tensor, heads: number): Tensor {
  const own = layerNorm(x);
  return add(x, attention(weights.attention, own, own, heads));
}
