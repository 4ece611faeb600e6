/** @file Task-oriented condition injection: tokens of a known class attend to the text of that class. */
import {
  type Attention,
  attention,
  initAttention,
  initLinear,
  initTable,
  initZeroLinear,
  type Linear,
  linear,
  type Symbolic,
} from "../nn/index.ts";
import {
  add,
  cast,
  childKey,
  concat,
  constant,
  dims,
  equal,
  type Key,
  layerNorm,
  max,
  mul,
  type NdArray,
  ndarray,
  reshape,
  sub,
  type Tensor,
} from "../tensor/index.ts";

export interface Tci extends Attention {
  /** Text embedding → channels. */
  readonly text: Linear;
  /** What a token sees when no class is known, `[C]`. */
  readonly null: NdArray<"f32">;
}

/** The output layer starts at zero: at first the block changes nothing. */
export function initTci(key: Key, channels: number, textWidth: number): Tci {
  return {
    ...initAttention(key, channels),
    out: initZeroLinear(channels, channels),
    text: initLinear(childKey(key, "text"), textWidth, channels),
    null: initTable(childKey(key, "null"), [channels]),
  };
}

/** Added to the logit of a text that a token must not see: its weight is lost in rounding, but no denormal number, which would be slow. */
const hidden = -64;

/**
 * Cross-attention from fused tokens to {null, text of their class}.
 *
 * Leak rule: only labels of training pixels may be given, and none when features are extracted.
 *
 * @param x     fused tokens, `[B, N, C]`
 * @param ids   class of each token, `i32 [B, N]`: 0 = unknown, k = row k − 1 of `text`; null: unknown everywhere
 * @param text  text embeddings of the classes, `[K, E]`
 * @returns     `[B, N, C]`
 * @see SymDiffuser eq. 8
 */
export function tci(weights: Symbolic<Tci>, x: Tensor, ids: Tensor | null, text: Tensor, heads: number): Tensor {
  const { B, N, C } = dims("x", x, "B N C");
  const none = reshape(weights.null, [1, C]);
  const queries = layerNorm(x);
  if (!ids) {
    // Softmax over one key is 1: every token receives the null value.
    const received = linear(weights.out, linear(weights.value, none));
    return add(x, reshape(received, [1, 1, C]));
  }
  const { K } = dims("text", text, "K E");
  dims("ids", ids, "B N", { B, N });
  const keys = concat([none, linear(weights.text, text)], 0); // [K + 1, C]
  const classes = constant(
    ndarray(
      Array.from({ length: K + 1 }, (_, k) => k),
      [1, K + 1],
      "i32",
    ),
  );
  const isNull = constant(
    ndarray(
      Array.from({ length: K + 1 }, (_, k) => (k === 0 ? 1 : 0)),
      [1, K + 1],
    ),
  );
  const seen = max(cast(equal(reshape(ids, [B * N, 1]), classes), "f32"), isNull);
  const mask = reshape(mul(sub(1, seen), hidden), [1, 1, B * N, K + 1]);
  // The texts are the same for all tiles: all their tokens ask at once.
  const asked = attention(weights, reshape(queries, [1, B * N, C]), reshape(keys, [1, K + 1, C]), heads, mask);
  return add(x, reshape(asked, [B, N, C]));
}
