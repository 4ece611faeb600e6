/** @file Multi-head attention: every query token takes a weighted mean of value tokens. */
import {
  add,
  childKey,
  dims,
  type Key,
  matMul,
  mul,
  reshape,
  softmax,
  type Tensor,
  transpose,
} from "../tensor/index.ts";
import { initLinear, type Linear, linear } from "./linear.ts";
import type { Symbolic } from "./parameters.ts";

/** Four linear layers `C → C`. @see Vaswani et al. 2017 */
export interface Attention {
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly out: Linear;
}

export function initAttention(key: Key, channels: number): Attention {
  const layer = (name: string): Linear => initLinear(childKey(key, name), channels, channels);
  return { query: layer("query"), key: layer("key"), value: layer("value"), out: layer("out") };
}

/** Channels in contiguous groups, one a head: `[B, N, G·D] → [B, G, N, D]`. */
function toHeads(x: Tensor, heads: number): Tensor {
  const { B, N, C } = dims("tokens", x, "B N C");
  return transpose(reshape(x, [B, N, heads, C / heads]), [0, 2, 1, 3]);
}

/**
 * W·softmax(Q·Kᵀ/√D + mask)·V per head.
 *
 * @param queries  tokens that ask, `[B, N, C]`
 * @param context  tokens that are read, `[B, M, C]`
 * @param heads    `G`, a divisor of `C`
 * @param mask     added to the logits, broadcast to `[B, G, N, M]`; null for none
 * @returns        `[B, N, C]`
 */
export function attention(
  weights: Symbolic<Attention>,
  queries: Tensor,
  context: Tensor,
  heads: number,
  mask: Tensor | null = null,
): Tensor {
  const { B, N, C } = dims("queries", queries, "B N C");
  dims("context", context, "B M C", { B, C });
  const q = toHeads(linear(weights.query, queries), heads);
  const k = toHeads(linear(weights.key, context), heads);
  const v = toHeads(linear(weights.value, context), heads);
  const scaled = mul(matMul(q, k, { transposeB: true }), 1 / Math.sqrt(C / heads)); // [B, G, N, M]
  const mixed = matMul(softmax(mask ? add(scaled, mask) : scaled), v); // [B, G, N, D]
  return linear(weights.out, reshape(transpose(mixed, [0, 2, 1, 3]), [B, N, C]));
}
