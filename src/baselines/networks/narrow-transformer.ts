/**
 * @file Transformer of PyTorch code for small scenes: attention without biases whose heads are as wide as one likes, a
 * hidden layer that may be narrower than the tokens, dropout after both.
 *
 * @see Dosovitskiy et al. 2021, "An image is worth 16x16 words"
 */
import {
  dropout,
  initLayerNorm,
  initLinear,
  initMlp,
  type LayerNorm,
  type Linear,
  linear,
  type Mlp,
  type Pass,
  type Symbolic,
  scaledLayerNorm,
} from "../../nn/index.ts";
import {
  add,
  attend,
  childKey,
  dims,
  gelu,
  type Key,
  matMul,
  type NdArray,
  reshape,
  split,
  type Tensor,
  transpose,
} from "../../tensor/index.ts";

export interface NarrowBlock {
  readonly before: LayerNorm;
  /** `[C, 3·G·D]`: queries, keys and values side by side. */
  readonly seen: NdArray<"f32">;
  readonly out: Linear;
  readonly after: LayerNorm;
  readonly mlp: Mlp;
}

/** Sizes of a transformer. */
export interface NarrowSizes {
  /** C. */
  readonly channels: number;
  readonly depth: number;
  /** G. */
  readonly heads: number;
  /** D. */
  readonly headWidth: number;
  readonly hidden: number;
  /** Share that is dropped in training. */
  readonly dropped: number;
}

/** Fresh blocks. */
export function initNarrow(key: Key, { channels, depth, heads, headWidth, hidden }: NarrowSizes): NarrowBlock[] {
  return Array.from({ length: depth }, (_, at) => {
    const own = childKey(key, at);
    return {
      before: initLayerNorm(channels),
      seen: initLinear(childKey(own, "seen"), channels, 3 * heads * headWidth).weight,
      out: initLinear(childKey(own, "out"), heads * headWidth, channels),
      after: initLayerNorm(channels),
      mlp: initMlp(childKey(own, "mlp"), channels, hidden, channels),
    };
  });
}

function attention(
  { seen, out }: Symbolic<NarrowBlock>,
  x: Tensor,
  { heads: G, headWidth: D }: NarrowSizes,
  drop: (x: Tensor) => Tensor,
): Tensor {
  const { B, N } = dims("tokens", x, "B N C");
  const apart = transpose(reshape(matMul(x, seen), [B, N, 3, G, D]), [2, 0, 3, 1, 4]); // [3, B, G, N, D]
  const [q, k, v] = split(apart, 0, [1, 1, 1]).map((part) => reshape(part, [B, G, N, D])) as [Tensor, Tensor, Tensor];
  return drop(linear(out, reshape(transpose(attend(q, k, v), [0, 2, 1, 3]), [B, N, G * D])));
}

/**
 * The blocks, one after the other.
 *
 * @param x  tokens, `[B, N, C]`
 */
export function narrow(blocks: readonly Symbolic<NarrowBlock>[], x: Tensor, sizes: NarrowSizes, pass: Pass): Tensor {
  const drop = (y: Tensor): Tensor => dropout(y, pass.mask(y.shape, sizes.dropped));
  return blocks.reduce((h, block) => {
    const attended = add(h, attention(block, scaledLayerNorm(block.before, h), sizes, drop));
    const { in: first, out: second } = block.mlp;
    const hidden = drop(gelu(linear(first, scaledLayerNorm(block.after, attended))));
    return add(attended, drop(linear(second, hidden)));
  }, x);
}
