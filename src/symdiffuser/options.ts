/** @file Every choice of the method, with the measured defaults of `small`. */
import type { Windows } from "../scene/index.ts";
import type { CsdiffOptions } from "./csdiff.ts";
import type { NoiseScheduleName } from "./noise.ts";
import type { PretrainingOptions } from "./pretrain.ts";
import type { TextOptions } from "./text/encoder.ts";

/**
 * How a source becomes a latent: `bands` as they are, whitened principal components (`pca`), or a learned ViT-based
 * autoencoder, plain (`vit`) or variational (`vae`).
 */
export const latentKinds = ["auto", "bands", "pca", "vit", "vae"] as const;
export type LatentKind = (typeof latentKinds)[number];

/** What brings bands to a common scale: each has its own deviation as its unit, or all of a source have one. */
export const latentScales = ["band", "source"] as const;

/** Stage 0. */
export interface LatentOptions {
  /** `auto`: `bands` for up to 16 bands, else `pca`. */
  readonly kind: LatentKind;
  /** `source` only where the bands of each source share a unit. */
  readonly scale: (typeof latentScales)[number];
  /** Channels of a compressed latent. */
  readonly channels: number;
  /** Training steps of an autoencoder. */
  readonly steps: number;
  /** Weight of what keeps its latent near 0: the mean square (`vit`), or the divergence from the standard normal (`vae`). */
  readonly penalty: number;
}

/** Where features come from: the denoisers, the latents alone, without any diffusion, or both side by side. */
export const featureOrigins = ["both", "denoisers", "latents"] as const;

/** What is known of a pixel before stage 2. */
export interface FeatureOptions {
  readonly from: (typeof featureOrigins)[number];
  /** Whether every source is denoised without a look at the others when features are taken, as by p(A) instead of p(A | B). */
  readonly alone: boolean;
  /** Diffusion steps at which features are taken, −1 = the clean latent. */
  readonly steps: readonly number[];
  /** Side of the inner part of a tile that is kept, in pixels. */
  readonly core: number;
  /** Sizes of the windows around a pixel over which features are summarised. */
  readonly windows: Windows;
}

/** Stage 2. */
export interface HeadOptions {
  /** Channels of a token. */
  readonly width: number;
  /** Transformer blocks over the tokens of a pixel; 0: each token is seen on its own, and what is found is averaged. */
  readonly blocks: number;
  readonly steps: number;
  readonly rate: number;
  readonly weightDecay: number;
  readonly dropout: number;
  readonly labelSmoothing: number;
  /** Whether every class counts the same in training, however few its pixels. */
  readonly balanced: boolean;
  /** Heads trained from different starts, their probabilities averaged. */
  readonly count: number;
  /** Extremely randomised trees on the same features; 0: none. */
  readonly trees: number;
  /** Weight of what the trees say in the class probabilities, 0–1; the heads have the rest. */
  readonly treeShare: number;
  /** Share of the heads, and of the trees, that see the latents alone where features come from both, rounded down; 0–1. */
  readonly latentShare: number;
}

/** `dense`: tiles cover the scene and their features are stitched; `centre`: one tile a pixel, as in the paper. */
export const modes = ["dense", "centre"] as const;
/** How the denoisers become what features are taken from. */
export interface BackbonePlan {
  /** Whether they are pre-trained; else they start from random weights. */
  readonly pretrained: boolean;
  /** Whether a head learns with the labels before them, on what they are. */
  readonly probed: boolean;
  /** Whether they learn with the labels, together with that head. */
  readonly tuned: boolean;
}

/** Names of the ways there. @see Kumar et al. 2022 for the head that learns first */
export const backbones = ["frozen", "finetune", "probe-finetune", "scratch"] as const;
export type Backbone = (typeof backbones)[number];

export const backbonePlans: Readonly<Record<Backbone, BackbonePlan>> = {
  frozen: { pretrained: true, probed: false, tuned: false },
  finetune: { pretrained: true, probed: false, tuned: true },
  "probe-finetune": { pretrained: true, probed: true, tuned: true },
  scratch: { pretrained: false, probed: false, tuned: true },
};

export interface FinetuneOptions {
  readonly steps: number;
  readonly batch: number;
  readonly rate: number;
  /** Steps in which the head learns alone, at its own rate, where it learns first. */
  readonly probeSteps: number;
  /** Share of the rate that the denoisers then learn with. */
  readonly backboneShare: number;
}

/** `temperature`: probabilities are scaled by one number, see `temperature.ts`; `none`: they are left as they are. */
export const calibrations = ["none", "temperature"] as const;

export interface SymDiffuserOptions {
  readonly mode: (typeof modes)[number];
  readonly backbone: Backbone;
  /** Stage 0, for every source, or by the source's name. */
  readonly latent: LatentOptions;
  readonly network: CsdiffOptions;
  readonly text: TextOptions;
  readonly schedule: NoiseScheduleName;
  /** Stage 1. */
  readonly pretraining: PretrainingOptions;
  readonly finetuning: FinetuneOptions;
  readonly features: FeatureOptions;
  /** Stage 2. */
  readonly head: HeadOptions;
  /** Side of the window over which class probabilities are averaged; 1 = not at all. */
  readonly smoothing: number;
  /** How probabilities are made to mean what they say, with training pixels that are held out from heads. */
  readonly calibration: (typeof calibrations)[number];
}

/** The measured defaults: about 0.3 million parameters. */
export const small: SymDiffuserOptions = {
  mode: "dense",
  backbone: "frozen",
  latent: { kind: "auto", scale: "band", channels: 16, steps: 300, penalty: 1e-4 },
  network: {
    width: 64,
    skips: 1,
    heads: 4,
    mlpRatio: 2,
    patch: 12,
    steps: 1000,
    coupling: "chain",
    perception: "attention",
    tci: true,
  },
  text: { encoder: "hash", folder: null, prompt: "a sample of [class]" },
  schedule: "linear",
  pretraining: {
    prediction: "noise",
    alone: 0.5,
    stepPower: 3,
    steps: 400,
    batch: 8,
    rate: 1e-3,
    weightDecay: 0.03,
    averageDecay: null,
  },
  finetuning: { steps: 200, batch: 16, rate: 3e-4, probeSteps: 100, backboneShare: 0.1 },
  features: {
    from: "both",
    alone: true,
    steps: [-1],
    core: 8,
    windows: { mean: [1, 3, 7, 15, 31], deviation: [3, 7, 15, 31] },
  },
  head: {
    width: 64,
    blocks: 0,
    steps: 150,
    rate: 2e-3,
    weightDecay: 0.05,
    dropout: 0.5,
    labelSmoothing: 0.05,
    balanced: false,
    count: 3,
    trees: 100,
    treeShare: 0.67,
    latentShare: 0,
  },
  smoothing: 1,
  calibration: "temperature",
};
