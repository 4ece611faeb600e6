/**
 * @file MACN: the maps of two sources pass a layer that mixes local attention with convolution, become tokens, and guide
 * each other. The published code makes 8192 parameters more that it never uses.
 *
 * Deviations: patches are mirrored at the border of the scene (published: zeros); dropout of 0.1 stands after tokens and
 * attentions (published: on the shares of attentions, too); the second source has mean 0 and deviation 1; a first source
 * of one or two bands is framed with zeros for the convolution over its components.
 *
 * @see Li et al. 2023, "Mixing self-attention and convolution: a unified framework for multisource remote sensing data
 * classification", IEEE Transactions on Geoscience and Remote Sensing 61
 * @see Lin et al. 2017, "Focal loss for dense object detection", eq. 5
 */
import { constantRate, type Pass, type Symbolic } from "../../nn/index.ts";
import { add, childKey, exp, logSoftmax, mul, neg, reshape, sub, sum, type Tensor } from "../../tensor/index.ts";
import { adam, type PatchNetwork } from "../network/network.ts";
import { initMixture, type Mixture, mixture } from "./mixture.ts";
import {
  apart,
  type CrossAttention,
  crossAttention,
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

/** Everything behind the stem is one for both sources. */
interface Macn {
  readonly stem: Stem;
  readonly mixture: Mixture;
  readonly tokenizer: Tokenizer;
  readonly guidance: CrossAttention;
  readonly head: Head;
}

/** Tokens that look at those of another source, then, with what they saw, at themselves. @returns `[B, N, C]` */
function guided(weights: Symbolic<CrossAttention>, own: Tensor, other: Tensor, pass: Pass): Tensor {
  const aware = add(own, crossAttention(weights, own, other, other, pass));
  return crossAttention(weights, aware, aware, own, pass);
}

/** Mean of −α·(1 − p)²·log p, α = ¼, p the probability of the true class. @param oneHot `[B, K]` */
function focalLoss(logits: Tensor, oneHot: Tensor): Tensor {
  const likelihood = sum(mul(oneHot, logSoftmax(logits)), [1]); // [B, 1]
  const missing = sub(1, exp(likelihood));
  const each = mul(mul(missing, missing), likelihood);
  return reshape(neg(mul(sum(each), 0.25 / each.shape[0]!)), []);
}

function logits(weights: Symbolic<Macn>, patches: readonly Tensor[], pass: Pass): Tensor {
  const [first, second] = stem(weights.stem, patches, pass).map((map) =>
    tokenized(weights.tokenizer, mixture(weights.mixture, map, heads), pass),
  ) as [Tensor, Tensor];
  const each = [guided(weights.guidance, first, second, pass), guided(weights.guidance, second, first, pass)];
  return summedLogits(
    weights.head,
    each.map((tokens) => apart(tokens)[0]),
  );
}

/** The network. */
export const macn: PatchNetwork<Macn> = {
  name: "macn",
  title: "MACN",
  paper: "Li et al. 2023, IEEE Transactions on Geoscience and Remote Sensing 61",
  sources: [2, 2],
  recipe: { patch: 11, epochs: 100, batch: 64, rate: 1e-3, schedule: constantRate, adamw: adam },
  prepare: preparation,
  init: (key, task) => ({
    stem: initStem(childKey(key, "stem"), task),
    mixture: initMixture(childKey(key, "mixture"), width, heads),
    tokenizer: initTokenizer(childKey(key, "tokenizer")),
    guidance: initCrossAttention(childKey(key, "guidance"), 8),
    head: initHead(childKey(key, "head"), task.classes),
  }),
  logits: (weights, { patches }, pass) => logits(weights, patches, pass),
  loss: (weights, { patches, oneHot }, pass) => focalLoss(logits(weights, patches, pass), oneHot),
};
