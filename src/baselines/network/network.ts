/**
 * @file What a patch network is: a record. Everything else — patches, training, checkpoints, maps — is the same for all
 * of them and lives in the other files of this folder. See docs/adding-a-method.md.
 */
import type { AdamW, Parameters, Pass, RateShape, RunStage, Symbolic } from "../../nn/index.ts";
import type { Image, SourceKind } from "../../scene/index.ts";
import type { Key, Tensor } from "../../tensor/index.ts";

/**
 * How the bands of a source are prepared, with statistics of all valid pixels and of no label:
 * `standard` to mean 0 and deviation 1, `unit` to the range 0 to 1, `components` to so many whitened principal
 * components (all, where there are fewer bands).
 */
export type Preparation =
  | { readonly kind: "standard" }
  | {
      readonly kind: "unit";
      /** What has the range: each band, or all of the source together. @default "band" */
      readonly range?: "band" | "source";
      /** Principal components that stand behind the bands, not whitened; all, where there are fewer bands. @default 0 */
      readonly components?: number;
    }
  | { readonly kind: "components"; readonly count: number };

/** One source as a network sees it. */
export interface SourceShape {
  readonly name: string;
  readonly kind: SourceKind;
  /** Bands of the source. */
  readonly bands: number;
  /** What preparation makes of them: fewer components, bands as they are, or bands and components behind them. */
  readonly channels: number;
}

/** What a network is to do. */
export interface Task {
  /** That with the most bands first. */
  readonly sources: readonly SourceShape[];
  /** K. */
  readonly classes: number;
  /** P. */
  readonly patch: number;
}

/** How a network is trained, as published. */
export interface Recipe {
  /** Side of a patch around a pixel, in pixels; of an even one, the pixel is the first after the middle. */
  readonly patch: number;
  /** Times that each training pixel is seen. */
  readonly epochs: number;
  /** Patches a step. */
  readonly batch: number;
  /** Highest learning rate. */
  readonly rate: number;
  /** How the rate moves, in shares of the training: shortened epochs keep its form. */
  readonly schedule: RateShape;
  readonly adamw: AdamW;
  /** λ in ½λ‖w‖², added to the loss: weight decay as PyTorch's Adam and SGD have it. @default 0 */
  readonly penalty?: number;
  /** Symmetries of the square that a patch is shown in, by chance; see `TilePlace`. @default [0], as it is */
  readonly symmetries?: readonly number[];
}

/** Patches of a batch. */
export interface Patches {
  /** One a source, `[B, C, P, P]`. */
  readonly patches: readonly Tensor[];
}

/** Patches with their classes. */
export interface Examples extends Patches {
  /** `[B, K]`, 1 at the class. */
  readonly oneHot: Tensor;
  /** Share of each class in the training pixels, `[K]`. */
  readonly shares: Tensor;
}

/** The loss of a batch, `[]`: a mean over its patches. */
export type Loss<P extends Parameters> = (weights: Symbolic<P>, examples: Examples, pass: Pass, task: Task) => Tensor;

/** What a training without labels is given. */
export interface Unlabelled {
  /** Of the network. */
  readonly name: string;
  readonly task: Task;
  readonly key: Key;
  /** One a source, prepared. */
  readonly images: readonly Image[];
  /** Null where all pixels are. */
  readonly valid: Uint8Array | null;
  /** Share of the epochs that is trained. */
  readonly share: number;
  readonly runStage: RunStage;
}

/** A training without labels, before that of a network: gives fresh parameters with what it learned in their place. */
export type Pretraining<P extends Parameters> = (given: Unlabelled) => Promise<(fresh: P) => P>;

/** A network that says the class of a pixel from the patches around it. */
export interface PatchNetwork<P extends Parameters = Parameters> {
  /** As in `--method NAME`: lower case, digits, dashes. */
  readonly name: string;
  /** As in tables. */
  readonly title: string;
  /** Authors, year, title, journal. */
  readonly paper: string;
  /** Fewest and most sources. */
  readonly sources: readonly [number, number];
  readonly recipe: Recipe;
  /** @param at  place of the source in {@link Task.sources} */
  readonly prepare: (source: Omit<SourceShape, "channels">, at: number) => Preparation;
  /** Fresh parameters. */
  readonly init: (key: Key, task: Task) => P;
  /** @default none */
  readonly pretraining?: Pretraining<P>;
  /** Class logits, `[B, K]`. */
  readonly logits: (weights: Symbolic<P>, examples: Patches, pass: Pass, task: Task) => Tensor;
  /** @default cross-entropy of the logits */
  readonly loss?: Loss<P>;
}

/** Adam as PyTorch has it by default. */
export const adam: AdamW = { betas: [0.9, 0.999], weightDecay: 0, clipNorm: Number.POSITIVE_INFINITY };

/** Gradient descent with momentum, as PyTorch's SGD. */
export const sgd = (momentum: number): AdamW => ({ ...adam, momentum });

/** Left and right, up and down. */
export const flips: readonly number[] = [0, 1, 2, 3];
