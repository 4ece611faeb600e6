/** @file Fusion head: the features of several steps, sources and views of a pixel, as tokens, become class logits. */
import {
  type Block,
  block,
  blockMean,
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
import {
  add,
  childKey,
  concat,
  dims,
  gelu,
  type Key,
  layerNorm,
  mean,
  type NdArray,
  reshape,
  type Tensor,
} from "../tensor/index.ts";
import type { HeadOptions } from "./options.ts";

export interface Head {
  /** Of each group of tokens, its channels `→ C`. */
  readonly in: readonly Linear[];
  /** One row a token: which view, step and source it is, `[M, C]`. */
  readonly embedding: NdArray<"f32">;
  /** Through which tokens learn of each other; none: each is seen on its own. */
  readonly blocks: readonly Block[];
  readonly mlp: Mlp;
}

/** Attention heads of the fusion block. */
const headCount = 4;
const mlpRatio = 2;

/** Tokens of one kind. */
export interface TokenGroup {
  readonly tokens: number;
  /** Of a token. */
  readonly channels: number;
}

/** A head with fresh parameters. @param classes `K` */
export function initHead(
  key: Key,
  groups: readonly TokenGroup[],
  classes: number,
  { width, blocks }: Pick<HeadOptions, "width" | "blocks">,
): Head {
  const [inKey, blockKey] = [childKey(key, "in"), childKey(key, "block")];
  const tokens = groups.reduce((sum, group) => sum + group.tokens, 0);
  return {
    in: groups.map(({ channels }, at) => initLinear(childKey(inKey, at), channels, width)),
    embedding: initTable(childKey(key, "embedding"), [tokens, width]),
    blocks: Array.from({ length: blocks }, (_, at) => initBlock(childKey(blockKey, at), width, mlpRatio)),
    mlp: initMlp(childKey(key, "mlp"), width, width, classes),
  };
}

/**
 * Class logits.
 *
 * @param groups  tokens, `[n, M_g, F_g]` of each group
 * @returns       `[n, K]`
 * @see SymDiffuser section 3.6
 */
export function head(weights: Symbolic<Head>, groups: readonly Tensor[]): Tensor {
  const projected = groups.map((z, at) => linear(weights.in[at]!, z));
  const { n } = dims("tokens", projected[0]!, "n M C");
  const tokens = add(projected.length > 1 ? concat(projected, 1) : projected[0]!, weights.embedding);
  const last = weights.blocks.at(-1);
  const mixed = weights.blocks.slice(0, -1).reduce((x, one) => block(one, x, headCount), tokens);
  const pooled = last === undefined ? mean(gelu(tokens), [1]) : blockMean(last, mixed, headCount); // [n, 1, C]
  return mlp(weights.mlp, layerNorm(reshape(pooled, [n, -1])));
}
