/** @file The keys of the method's stages in a configuration: their types, ranges, defaults and meanings. */
import { z } from "zod";
import {
  couplings,
  featureOrigins,
  latentKinds,
  latentScales,
  perceptions,
  predictions,
  type SymDiffuserOptions,
  small,
  textEncoders,
} from "../symdiffuser/index.ts";
import { choice, copied, decay, group, integer, list, path, rate, share, text } from "./config-values.ts";

export const latent: z.ZodType<SymDiffuserOptions["latent"]> = group({
  kind: choice(latentKinds)
    .default(small.latent.kind)
    .describe(
      "How a source is compressed: bands (not at all), pca, vit (autoencoder), vae (variational one); auto: bands up to 16, else pca",
    ),
  scale: choice(latentScales)
    .default(small.latent.scale)
    .describe("What brings bands to a common scale: the deviation of each band, or one of the whole source"),
  channels: integer(1).default(small.latent.channels).describe("Channels of a compressed source"),
  steps: integer(1).default(small.latent.steps).describe("Training steps of an autoencoder"),
  penalty: z
    .number("a number from 0 to 0.001")
    .min(0, "a number from 0 to 0.001")
    .max(1e-3, "a number from 0 to 0.001")
    .default(small.latent.penalty)
    .describe("Weight of what keeps an autoencoder's latent near 0: its mean square (vit), the KL divergence (vae)"),
}).prefault({});

export const network: z.ZodType<SymDiffuserOptions["network"]> = group({
  width: integer(2).default(small.network.width).describe("Channels of a token; even, a multiple of heads"),
  skips: integer(0).default(small.network.skips).describe("Long skips n of a denoiser, which has 2n + 1 blocks"),
  heads: integer(1).default(small.network.heads).describe("Attention heads"),
  mlpRatio: integer(1).default(small.network.mlpRatio).describe("Hidden channels of an MLP as a multiple of width"),
  patch: integer(2).default(small.network.patch).describe("Side of a tile in pixels; a pixel is a token"),
  steps: integer(1).default(small.network.steps).describe("Diffusion steps T"),
  coupling: choice(couplings)
    .default(small.network.coupling)
    .describe("Which sources a source is conditioned on: the next one in a ring (chain), or all"),
  perception: choice(perceptions)
    .default(small.network.perception)
    .describe("How a source perceives another: attention (the paper's MPB), concat, none"),
  tci: z.boolean("true or false").default(small.network.tci).describe("Inject class knowledge in pre-training (TCI)"),
}).prefault({});

export const classText: z.ZodType<SymDiffuserOptions["text"]> = group({
  encoder: choice(textEncoders)
    .default(small.text.encoder)
    .describe(
      "How class names become vectors: hash (by their letters), words (by meaning), clip (a model in text.folder)",
    ),
  folder: path()
    .nullable()
    .default(small.text.folder)
    .describe("Folder with text_model.onnx and tokenizer.json of a CLIP model, where text.encoder is clip"),
  prompt: text()
    .default(small.text.prompt)
    .describe("What is encoded of a class; [class] in it stands for the class's name"),
}).prefault({});

export const pretraining: z.ZodType<SymDiffuserOptions["pretraining"]> = group({
  prediction: choice(predictions)
    .default(small.pretraining.prediction)
    .describe("What the denoisers estimate: noise, latent (the clean one), velocity"),
  alone: share()
    .default(small.pretraining.alone)
    .describe("Share of tiles in which no source sees another, so that each source is learned by itself, too"),
  stepPower: z
    .number("a number of at least 1")
    .min(1, "a number of at least 1")
    .default(small.pretraining.stepPower)
    .describe("Diffusion steps are drawn as T·u^p, u uniform: 1 draws all alike, more prefers little noise"),
  steps: integer(0).default(small.pretraining.steps).describe("Training steps of the denoisers; 0: random weights"),
  batch: integer(1).default(small.pretraining.batch).describe("Tiles a step"),
  rate: rate().default(small.pretraining.rate).describe("Highest learning rate"),
  weightDecay: decay().default(small.pretraining.weightDecay).describe("Weight decay of AdamW"),
  averageDecay: share()
    .nullable()
    .default(small.pretraining.averageDecay)
    .describe("Decay of the parameters' moving average; null: the last parameters are used"),
}).prefault({});

export const finetuning: z.ZodType<SymDiffuserOptions["finetuning"]> = group({
  steps: integer(1).default(small.finetuning.steps).describe("Training steps"),
  batch: integer(1).default(small.finetuning.batch).describe("Tiles a step"),
  rate: rate().default(small.finetuning.rate).describe("Highest learning rate"),
  probeSteps: integer(1)
    .default(small.finetuning.probeSteps)
    .describe("Steps before these in which the head learns alone, at head.rate, where backbone is probe-finetune"),
  backboneShare: z
    .number("a number from 0 to 1")
    .min(0, "a number from 0 to 1")
    .max(1, "a number from 0 to 1")
    .default(small.finetuning.backboneShare)
    .describe("Share of the rate that the denoisers learn with then"),
}).prefault({});

const odd = (): z.ZodInt => integer(1);
export const features: z.ZodType<SymDiffuserOptions["features"]> = group({
  from: choice(featureOrigins)
    .default(small.features.from)
    .describe("Where features come from: denoisers, latents (without any diffusion), or both side by side"),
  alone: z
    .boolean("true or false")
    .default(small.features.alone)
    .describe("Whether every source is denoised without a look at the others when features are taken"),
  steps: list(z.int("an integer ≥ −1").min(-1, "an integer ≥ −1"))
    .min(1, "at least one step")
    .default(copied(small.features.steps))
    .describe("Diffusion steps at which features are taken, from −1 (clean) to below network.steps"),
  core: integer(1)
    .default(small.features.core)
    .describe("Side of the inner part of a tile that is kept, at most network.patch"),
  windows: group({
    mean: list(odd())
      .default(copied(small.features.windows.mean))
      .describe("Odd sides of the windows over which features are averaged"),
    deviation: list(odd())
      .default(copied(small.features.windows.deviation))
      .describe("Odd sides of the windows over which their standard deviation is taken"),
  })
    .prefault({})
    .describe("Windows around a pixel"),
}).prefault({});

export const head: z.ZodType<SymDiffuserOptions["head"]> = group({
  width: integer(4).default(small.head.width).describe("Channels of a token; a multiple of 4"),
  blocks: integer(0)
    .default(small.head.blocks)
    .describe("Transformer blocks over the tokens of a pixel; 0: each is seen on its own"),
  steps: integer(1).default(small.head.steps).describe("Training steps"),
  rate: rate().default(small.head.rate).describe("Highest learning rate"),
  weightDecay: decay().default(small.head.weightDecay).describe("Weight decay of AdamW"),
  dropout: share().default(small.head.dropout).describe("Share of the features dropped in training"),
  labelSmoothing: share().default(small.head.labelSmoothing).describe("Share of each label spread over all classes"),
  balanced: z
    .boolean()
    .default(small.head.balanced)
    .describe("Whether every class counts the same in training, however few its pixels"),
  count: integer(1).default(small.head.count).describe("Heads trained from different starts and averaged"),
  trees: integer(0)
    .default(small.head.trees)
    .describe("Extremely randomised trees on the same features, which have a say beside the heads; 0: none"),
  treeShare: share().default(small.head.treeShare).describe("Weight of the trees in the class probabilities"),
  latentShare: share()
    .default(small.head.latentShare)
    .describe(
      "Share of the heads, and of the trees, that see the latents alone, without the features of the denoisers",
    ),
}).prefault({});
