/** @file Fusion head: the features of several steps and sources, as tokens, become class logits. */
import {
  type Block,
  block,
  dropout,
  initBlock,
  initLinear,
  initMlp,
  initTable,
  type Linear,
  linear,
  type Mlp,
  mlp,
  type Symbolic,
} from "../nn/index.ts";
import { add, childKey, dims, type Key, layerNorm, mean, type NdArray, reshape, type Tensor } from "../tensor/index.ts";

export interface Head {
  /** Features `F → C`. */
  readonly in: Linear;
  /** One row a token: which step and source it is, `[M, C]`. */
  readonly embedding: NdArray<"f32">;
  readonly block: Block;
  readonly mlp: Mlp;
}

/** Attention heads of the fusion block. */
const headCount = 4;
const mlpRatio = 2;

/**
 * @param tokens    `M` = steps × sources
 * @param features  `F` of a token
 * @param classes   `K`
 */
export function initHead(key: Key, tokens: number, features: number, classes: number, width = 64): Head {
  return {
    in: initLinear(childKey(key, "in"), features, width),
    embedding: initTable(childKey(key, "embedding"), [tokens, width]),
    block: initBlock(childKey(key, "block"), width, mlpRatio),
    mlp: initMlp(childKey(key, "mlp"), width, width, classes),
  };
}

/**
 * Class logits.
 *
 * @param z     features, `[n, M, F]`
 * @param mask  dropout mask, `[n, M, F]`; null in prediction
 * @returns     `[n, K]`
 * @see SymDiffuser section 3.6
 */
export function head(weights: Symbolic<Head>, z: Tensor, mask: Tensor | null = null): Tensor {
  const { n } = dims("z", z, "n M F");
  const tokens = add(linear(weights.in, dropout(z, mask)), weights.embedding);
  const mixed = block(weights.block, tokens, headCount);
  const pooled = reshape(mean(mixed, [1]), [n, -1]);
  return mlp(weights.mlp, layerNorm(pooled));
}
