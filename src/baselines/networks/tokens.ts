/**
 * @file What HCT and MACN share: two sources as maps of 64 channels, each map as a few tokens behind one for its class,
 * and class tokens that look at the tokens of the other source.
 *
 * @see Zhao et al. 2022 (HCT), Li et al. 2023 (MACN): their papers are named in hct.ts and macn.ts
 */
import {
  dropout,
  initLayerNorm,
  initLinear,
  initTable,
  type LayerNorm,
  type Linear,
  linear,
  type Pass,
  type Symbolic,
  scaledLayerNorm,
} from "../../nn/index.ts";
import {
  add,
  attend,
  broadcastTo,
  childKey,
  concat,
  dims,
  type Key,
  matMul,
  type NdArray,
  normal,
  relu,
  reshape,
  slice,
  softmax,
  type Tensor,
  transpose,
} from "../../tensor/index.ts";
import type { Preparation, Task } from "../network/network.ts";
import { initUnit, type Unit, unit } from "./unit.ts";

/** Channels of maps and tokens. */
export const width = 64;
/** Heads of every attention. */
export const heads = 8;
/** Share of what is dropped in training. */
export const dropped = 0.1;
/** Tokens of a map, beside that of its class. */
const tokens = 4;
/** Channels of the convolution over rows, columns and components. */
const spectral = 8;

/** The source of more bands as its first 30 components, the other one as it is. */
export const preparation = (_: unknown, at: number): Preparation =>
  at === 0 ? { kind: "components", count: 30 } : { kind: "standard" };

/** From patches to tokens. */
export interface Stem {
  /** Over the components of the first source, too. */
  readonly spectral: Unit;
  readonly first: Unit;
  readonly second: Unit;
}

/** Zeros before and after the components: where there are fewer than a window has, it reaches beyond them. */
const beyond = (components: number): number => (components < 3 ? 1 : 0);

export function initStem(key: Key, { sources: [first, second] }: Task): Stem {
  const depth = first!.channels - 2 + 2 * beyond(first!.channels);
  return {
    spectral: initUnit(childKey(key, "spectral"), 1, spectral, [3, 3, 3]),
    first: initUnit(childKey(key, "first"), spectral * depth, width, [3, 3]),
    second: initUnit(childKey(key, "second"), second!.channels, width, [3, 3]),
  };
}

/** A map of each source, `[B, C, P − 4, P − 4]` and `[B, C, P − 2, P − 2]`. @param patches  of two sources, `[B, …, P, P]` */
export function stem(weights: Symbolic<Stem>, [x, y]: readonly Tensor[], pass: Pass): readonly [Tensor, Tensor] {
  const { B, L, P } = dims("x", x!, "B L P P");
  const cube = relu(unit(weights.spectral, reshape(x!, [B, 1, L, P, P]), pass, { padding: [beyond(L), 0, 0] }));
  const flat = reshape(cube, [B, -1, P - 2, P - 2]);
  return [relu(unit(weights.first, flat, pass)), relu(unit(weights.second, y!, pass))];
}

/** How a map becomes tokens; one for both sources. */
export interface Tokenizer {
  /** `[C, tokens]` */
  readonly where: NdArray<"f32">;
  /** `[C, C]` */
  readonly what: NdArray<"f32">;
  /** The token of the class before it has seen anything, `[1, 1, C]`. */
  readonly first: NdArray<"f32">;
  /** `[1, 1 + tokens, C]` */
  readonly position: NdArray<"f32">;
}

export function initTokenizer(key: Key): Tokenizer {
  return {
    where: initLinear(childKey(key, "where"), width, tokens).weight,
    what: initLinear(childKey(key, "what"), width, width).weight,
    first: normal(childKey(key, "first"), [1, 1, width]),
    position: initTable(childKey(key, "position"), [1, 1 + tokens, width]),
  };
}

/**
 * Tokens softmax(X·W)ᵀ·X·V of a map, its pixels X weighted over the whole map; before them one for the class.
 *
 * @param x  `[B, C, H, W]`
 * @returns  `[B, 1 + tokens, C]`
 */
export function tokenized(weights: Symbolic<Tokenizer>, x: Tensor, pass: Pass): Tensor {
  const { B, C } = dims("x", x, "B C H W");
  const pixels = transpose(reshape(x, [B, C, -1]), [0, 2, 1]); // [B, pixels, C]
  const shares = softmax(transpose(matMul(pixels, weights.where), [0, 2, 1])); // [B, tokens, pixels]
  const found = matMul(shares, matMul(pixels, weights.what));
  const all = add(concat([broadcastTo(weights.first, [B, 1, C]), found], 1), weights.position);
  return dropout(all, pass.mask(all.shape, dropped));
}

/** The token of the class, `[B, 1, C]`, and the others. */
export function apart(x: Tensor): readonly [Tensor, Tensor] {
  const { B, N, C } = dims("tokens", x, "B N C");
  return [slice(x, [0, 0, 0], [B, 1, C]), slice(x, [0, 1, 0], [B, N, C])];
}

/** Attention whose inner width may differ from that of the tokens. */
export interface CrossAttention {
  /** `[C, G·D]` each. */
  readonly query: NdArray<"f32">;
  readonly key: NdArray<"f32">;
  readonly value: NdArray<"f32">;
  readonly out: Linear;
}

/** @param headWidth  D */
export function initCrossAttention(key: Key, headWidth: number): CrossAttention {
  const inner = heads * headWidth;
  const matrix = (name: string): NdArray<"f32"> => initLinear(childKey(key, name), width, inner).weight;
  return {
    query: matrix("query"),
    key: matrix("key"),
    value: matrix("value"),
    out: initLinear(childKey(key, "out"), inner, width),
  };
}

/**
 * What queries take from values.
 *
 * @param queries  `[B, N, C]`
 * @param keys     `[B, M, C]`
 * @param values   `[B, M, C]`
 * @returns        `[B, N, C]`
 */
export function crossAttention(
  weights: Symbolic<CrossAttention>,
  queries: Tensor,
  keys: Tensor,
  values: Tensor,
  pass: Pass,
): Tensor {
  const toHeads = (x: Tensor, matrix: Tensor): Tensor => {
    const y = matMul(x, matrix);
    const [B, N] = y.shape as [number, number, number];
    return transpose(reshape(y, [B, N, heads, -1]), [0, 2, 1, 3]); // [B, G, N, D]
  };
  const { B, N } = dims("queries", queries, "B N C");
  const { query, key, value } = weights;
  const mixed = attend(toHeads(queries, query), toHeads(keys, key), toHeads(values, value));
  const out = linear(weights.out, reshape(transpose(mixed, [0, 2, 1, 3]), [B, N, -1]));
  return dropout(out, pass.mask(out.shape, dropped));
}

/** Class logits of the token of the class; one head for both sources. */
export interface Head {
  readonly norm: LayerNorm;
  readonly out: Linear;
}

export function initHead(key: Key, classes: number): Head {
  return { norm: initLayerNorm(width), out: initLinear(key, width, classes) };
}

/** The sum of what the head says of each token. @param classTokens  `[B, 1, C]` each @returns `[B, K]` */
export function summedLogits({ norm, out }: Symbolic<Head>, classTokens: readonly Tensor[]): Tensor {
  return classTokens
    .map((token) => linear(out, reshape(scaledLayerNorm(norm, token), [-1, width])))
    .reduce((a, b) => add(a, b));
}
