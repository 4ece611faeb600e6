/** @file Multi-head attention: every query token takes a weighted mean of value tokens. */
import { attend, childKey, concat, dims, type Key, reshape, split, type Tensor, transpose } from "../tensor/index.ts";
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

/** Channels in contiguous groups, one a head, for `parts` results side by side: `[B, N, parts·G·D] → [B, G, N, D]` each. */
function toHeads(x: Tensor, parts: number, heads: number): readonly Tensor[] {
  const { B, N, C } = dims("tokens", x, "B N C");
  const D = C / parts / heads;
  const apart = transpose(reshape(x, [B, N, parts, heads, D]), [2, 0, 3, 1, 4]); // [parts, B, G, N, D]
  return split(apart, 0, new Array<number>(parts).fill(1)).map((part) => reshape(part, [B, heads, N, D]));
}

/** Several linear layers of one input as one product, their outputs side by side. */
function linearTogether(layers: readonly Symbolic<Linear>[], x: Tensor): Tensor {
  const weight = concat(
    layers.map((layer) => layer.weight),
    1,
  );
  const bias = concat(
    layers.map((layer) => layer.bias),
    0,
  );
  return linear({ weight, bias }, x);
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
  const { query, key, value, out } = weights;
  const [q, k, v] = (
    queries === context
      ? toHeads(linearTogether([query, key, value], queries), 3, heads)
      : [...toHeads(linear(query, queries), 1, heads), ...toHeads(linearTogether([key, value], context), 2, heads)]
  ) as [Tensor, Tensor, Tensor];
  const mixed = attend(q, k, v, mask); // [B, G, N, D]
  return linear(out, reshape(transpose(mixed, [0, 2, 1, 3]), [B, N, C]));
}
