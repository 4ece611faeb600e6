/**
 * @file HCT: convolutions, a few tokens for each source, a transformer for each, and class tokens that look at the tokens
 * of the other source. The published code makes 17 992 parameters more, a transformer that it never uses.
 *
 * Deviations: patches are mirrored at the border of the scene (published: zeros); dropout of 0.1 stands after tokens,
 * attentions and pairs of linear layers (published: within them, too); the second source has mean 0 and deviation 1; a
 * first source of one or two bands is framed with zeros for the convolution over its components.
 *
 * @see Zhao et al. 2023, "Joint classification of hyperspectral and LiDAR data using a hierarchical CNN and transformer",
 * IEEE Transactions on Geoscience and Remote Sensing 61
 * @see Chen, Fan, Panda 2021, "CrossViT", for the attention across sources
 */
import {
  type Attention,
  attention,
  constantRate,
  dropout,
  initAttention,
  initLayerNorm,
  initMlp,
  type LayerNorm,
  type Mlp,
  mlp,
  type Pass,
  type Symbolic,
  scaledLayerNorm,
} from "../../nn/index.ts";
import { add, childKey, concat, type Key, type Tensor } from "../../tensor/index.ts";
import { adam, type PatchNetwork } from "../network/network.ts";
import {
  apart,
  type CrossAttention,
  crossAttention,
  dropped,
  type Head,
  heads,
  initCrossAttention,
  initHead,
  initStem,
  initTokenizer,
  preparation,
  type Stem,
  stem,
  summedLogits,
  type Tokenizer,
  tokenized,
  width,
} from "./tokens.ts";

/** A transformer's layer, normalised before each part. */
interface Encoder {
  readonly before: LayerNorm;
  readonly attention: Attention;
  readonly between: LayerNorm;
  readonly mlp: Mlp;
}

/** A class token's look at the tokens of the other source. */
interface Crossing {
  readonly norm: LayerNorm;
  readonly attention: CrossAttention;
}

interface Hct {
  readonly stem: Stem;
  readonly tokenizer: Tokenizer;
  /** One a source. */
  readonly encoders: readonly Encoder[];
  readonly crossings: readonly Crossing[];
  readonly head: Head;
}

/** Hidden channels of the transformers' linear layers. */
const hidden = 8;

function initEncoder(key: Key): Encoder {
  return {
    before: initLayerNorm(width),
    attention: initAttention(childKey(key, "attention"), width),
    between: initLayerNorm(width),
    mlp: initMlp(childKey(key, "mlp"), width, hidden, width),
  };
}

/** @param x  `[B, N, C]` */
function encoded(weights: Symbolic<Encoder>, x: Tensor, pass: Pass): Tensor {
  const kept = (y: Tensor): Tensor => dropout(y, pass.mask(y.shape, dropped));
  const own = scaledLayerNorm(weights.before, x);
  const attended = add(x, kept(attention(weights.attention, own, own, heads)));
  return add(attended, kept(mlp(weights.mlp, scaledLayerNorm(weights.between, attended))));
}

/** The class token once it has looked at itself and at the others. */
function crossed({ norm, attention: weights }: Symbolic<Crossing>, token: Tensor, others: Tensor, pass: Pass): Tensor {
  const own = scaledLayerNorm(norm, token);
  const context = concat([own, others], 1);
  return add(token, crossAttention(weights, own, context, context, pass));
}

/** The network. */
export const hct: PatchNetwork<Hct> = {
  name: "hct",
  title: "HCT",
  paper: "Zhao et al. 2023, IEEE Transactions on Geoscience and Remote Sensing 61",
  sources: [2, 2],
  recipe: { patch: 11, epochs: 100, batch: 64, rate: 1e-3, schedule: constantRate, adamw: adam },
  prepare: preparation,
  init: (key, task) => ({
    stem: initStem(childKey(key, "stem"), task),
    tokenizer: initTokenizer(childKey(key, "tokenizer")),
    encoders: [0, 1].map((at) => initEncoder(childKey(childKey(key, "encoder"), at))),
    crossings: [0, 1].map((at) => ({
      norm: initLayerNorm(width),
      attention: initCrossAttention(childKey(childKey(key, "crossing"), at), 64),
    })),
    head: initHead(childKey(key, "head"), task.classes),
  }),
  logits: ({ tokenizer, encoders, crossings, head, ...weights }, { patches }, pass) => {
    const [first, second] = stem(weights.stem, patches, pass).map((map, at) =>
      apart(encoded(encoders[at] as Symbolic<Encoder>, tokenized(tokenizer, map, pass), pass)),
    ) as [readonly [Tensor, Tensor], readonly [Tensor, Tensor]];
    return summedLogits(head, [
      crossed(crossings[0] as Symbolic<Crossing>, first[0], second[1], pass),
      crossed(crossings[1] as Symbolic<Crossing>, second[0], first[1], pass),
    ]);
  },
};
