/**
 * @file MFT: a transformer in which the second source is the class token that asks the tokens of the first.
 *
 * Written from a description, the second source as one token ("channel" tokens). It leaves open, and here was chosen: 16
 * groups where they divide the maps, else 8, in the grouped convolution; the two parts of that convolution added up before
 * one batch normalisation; one pair of matrices for the words of each source; dropout of 0.1 on attention weights, too.
 *
 * Deviations: the published patches were prepared beforehand, it is not said how: here bands have mean 0 and deviation 1.
 * Of fewer than nine bands, the first convolution sees all at once. The last epoch counts, not the best on test.
 *
 * 272 358 parameters for 63 + 1 bands and 6 classes, 321 903 for 144 + 1 and 15, 351 911 for 180 + 4 and 7, 403 176 for
 * 244 + 4 and 8, as a published re-implementation has. The authors' log counts 263 526 and 313 071 for the first two: 8832
 * fewer in either, which are the tokenizers (8512) and the positions (320), parameters outside of any layer that a summary
 * of layers leaves out.
 *
 * @see Roy, Deria, Hong, Rasti, Plaza, Chanussot 2023, "Multimodal fusion transformer for remote sensing image
 * classification", IEEE Transactions on Geoscience and Remote Sensing 61; sizes and training as in AnkurDeria/MFT
 */
import {
  type BatchNorm,
  batchNorm,
  type Convolution,
  convolution,
  dropout,
  droppingRate,
  initBatchNorm,
  initConvolution,
  initLayerNorm,
  initLinear,
  initMlp,
  initTable,
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
  childKey,
  concat,
  dims,
  gelu,
  type Key,
  matMul,
  mul,
  type NdArray,
  relu,
  reshape,
  slice,
  softmax,
  type Tensor,
  transpose,
} from "../../tensor/index.ts";
import { adam, type PatchNetwork } from "../network/network.ts";

/** Words that are found in a feature map: a softmax over its pixels says how much of each a word takes. */
interface Tokenizer {
  /** `[C, words]` */
  readonly words: NdArray<"f32">;
  /** `[C, C]` */
  readonly values: NdArray<"f32">;
}

/** The class token asks all tokens; each head lifts its own D of the channels to C, with the same matrices. */
interface CrossPatchBlock {
  readonly before: LayerNorm;
  /** `[D, C]` */
  readonly query: NdArray<"f32">;
  /** `[D, C]` */
  readonly key: NdArray<"f32">;
  /** `[D, C]` */
  readonly value: NdArray<"f32">;
  readonly out: Linear;
  readonly after: LayerNorm;
  readonly mlp: Mlp;
}

interface Mft {
  readonly spectral: Convolution;
  readonly spectralNorm: BatchNorm;
  /** A grouped 3 × 3 and a full 1 × 1 convolution, added up. */
  readonly grouped: Convolution;
  readonly pointwise: Convolution;
  readonly firstNorm: BatchNorm;
  readonly second: Convolution;
  readonly secondNorm: BatchNorm;
  readonly firstWords: Tokenizer;
  readonly secondWords: Tokenizer;
  readonly positions: NdArray<"f32">;
  readonly blocks: readonly CrossPatchBlock[];
  readonly norm: LayerNorm;
  readonly out: Linear;
}

const channels = 64;
const heads = 8;
const headWidth = channels / heads;
const words = 4;
const hidden = 512;
const dropped = 0.1;
/** Maps of the convolution along the bands, and bands that it sees at once. */
const spectral = { maps: 8, bands: 9 } as const;

/** Groups of the convolution of so many maps. */
const groupsOf = (maps: number): number => (maps % 16 === 0 ? 16 : 8);

function initTokenizer(key: Key, count: number): Tokenizer {
  return {
    words: initLinear(childKey(key, "words"), channels, count).weight,
    values: initLinear(childKey(key, "values"), channels, channels).weight,
  };
}

/** @param x `[B, C, H, W]`; result `[B, words, C]` */
function tokensOf(weights: Symbolic<Tokenizer>, x: Tensor): Tensor {
  const { B, C } = dims("features", x, "B C H W");
  const pixels = transpose(reshape(x, [B, C, -1]), [0, 2, 1]); // [B, HW, C]
  const shares = softmax(transpose(matMul(pixels, weights.words), [0, 2, 1])); // [B, words, HW]
  return matMul(shares, matMul(pixels, weights.values));
}

function initBlock(key: Key): CrossPatchBlock {
  const lift = (name: string): NdArray<"f32"> => initLinear(childKey(key, name), headWidth, channels).weight;
  return {
    before: initLayerNorm(channels),
    query: lift("query"),
    key: lift("key"),
    value: lift("value"),
    out: initLinear(childKey(key, "out"), heads * channels, channels),
    after: initLayerNorm(channels),
    mlp: initMlp(childKey(key, "mlp"), channels, hidden, channels),
  };
}

/** What the first token takes from all, `[B, 1, C]`. */
function asked(weights: Symbolic<CrossPatchBlock>, x: Tensor, pass: Pass): Tensor {
  const { B, C } = dims("tokens", x, "B N C");
  const lifted = (tokens: Tensor, matrix: Tensor): Tensor =>
    transpose(matMul(reshape(tokens, [B, -1, heads, headWidth]), matrix), [0, 2, 1, 3]); // [B, G, N, C]
  const query = lifted(slice(x, [0, 0, 0], [B, 1, C]), weights.query);
  const alike = matMul(query, lifted(x, weights.key), { transposeB: true });
  const shares = softmax(mul(alike, 1 / Math.sqrt(headWidth)));
  const taken = matMul(dropout(shares, pass.mask(shares.shape, dropped)), lifted(x, weights.value));
  const out = linear(weights.out, reshape(transpose(taken, [0, 2, 1, 3]), [B, 1, heads * channels]));
  return dropout(out, pass.mask(out.shape, dropped));
}

/** What the first token took is added to every token. */
function block(weights: Symbolic<CrossPatchBlock>, x: Tensor, pass: Pass): Tensor {
  const attended = add(x, asked(weights, scaledLayerNorm(weights.before, x), pass));
  const wide = gelu(linear(weights.mlp.in, scaledLayerNorm(weights.after, attended)));
  const narrow = linear(weights.mlp.out, dropout(wide, pass.mask(wide.shape, dropped)));
  return add(attended, dropout(narrow, pass.mask(narrow.shape, dropped)));
}

/** Feature map of the first source, `[B, C, H, W]`. @param x `[B, L, H, W]` */
function firstFeatures(weights: Symbolic<Mft>, x: Tensor, pass: Pass): Tensor {
  const { B, L, H, W } = dims("patches", x, "B L H W");
  const cube = convolution(weights.spectral, reshape(x, [B, 1, L, H, W]), { padding: [0, 1, 1] });
  const maps = reshape(relu(batchNorm(weights.spectralNorm, cube, pass)), [B, -1, H, W]);
  const grouped = convolution(weights.grouped, maps, { padding: 1, groups: groupsOf(maps.shape[1]!) });
  return relu(batchNorm(weights.firstNorm, add(grouped, convolution(weights.pointwise, maps)), pass));
}

/** The network. */
export const mft: PatchNetwork<Mft> = {
  name: "mft",
  title: "MFT",
  paper: "Roy et al. 2023, IEEE Transactions on Geoscience and Remote Sensing 61",
  sources: [2, 2],
  recipe: {
    ...{ patch: 11, epochs: 500, batch: 64, rate: 5e-4 },
    ...{ schedule: droppingRate(0.1, 0.9), adamw: adam, penalty: 5e-3 },
  },
  prepare: () => ({ kind: "standard" }),
  init: (key, { sources: [first, second], classes }) => {
    const depth = Math.min(spectral.bands, first!.channels);
    const maps = spectral.maps * (first!.channels - depth + 1);
    return {
      spectral: initConvolution(childKey(key, "spectral"), 1, spectral.maps, [depth, 3, 3]),
      spectralNorm: initBatchNorm(spectral.maps),
      grouped: initConvolution(childKey(key, "grouped"), maps, channels, [3, 3], groupsOf(maps)),
      pointwise: initConvolution(childKey(key, "pointwise"), maps, channels, [1, 1]),
      firstNorm: initBatchNorm(channels),
      second: initConvolution(childKey(key, "second"), second!.channels, channels, [3, 3]),
      secondNorm: initBatchNorm(channels),
      firstWords: initTokenizer(childKey(key, "firstWords"), words),
      secondWords: initTokenizer(childKey(key, "secondWords"), 1),
      positions: initTable(childKey(key, "positions"), [1 + words, channels]),
      blocks: [0, 1].map((at) => initBlock(childKey(childKey(key, "block"), at))),
      norm: initLayerNorm(channels),
      out: initLinear(childKey(key, "out"), channels, classes),
    };
  },
  logits: (weights, { patches: [x, y] }, pass) => {
    const first = firstFeatures(weights, x!, pass);
    const second = gelu(batchNorm(weights.secondNorm, convolution(weights.second, y!, { padding: 1 }), pass));
    const words = concat([tokensOf(weights.secondWords, second), tokensOf(weights.firstWords, first)], 1);
    const placed = add(words, weights.positions);
    const start = dropout(placed, pass.mask(placed.shape, dropped));
    const end = (weights.blocks as readonly Symbolic<CrossPatchBlock>[]).reduce((h, one) => block(one, h, pass), start);
    const token = slice(scaledLayerNorm(weights.norm, end), [0, 0, 0], [end.shape[0]!, 1, channels]);
    return linear(weights.out, reshape(token, [-1, channels]));
  },
};
