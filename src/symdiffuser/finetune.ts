/** @file Fine-tuning: the denoisers learn on with the labels, through a head of their own on the tile around a pixel. */
import {
  type BatchSpec,
  crossEntropy,
  microBatches,
  packParameters,
  type Stage,
  symbolicParameters,
} from "../nn/index.ts";
import { gatherPixels, type Image, tilePixels } from "../scene/index.ts";
import {
  add,
  childKey,
  concat,
  constant,
  dims,
  integers,
  type Key,
  mean,
  mul,
  type NdArray,
  type Spec,
  slice,
  sqrt,
  sub,
  type Tensor,
  zeros,
} from "../tensor/index.ts";
import { type Csdiff, denoise } from "./csdiff.ts";
import { head as classify, type Head, initHead } from "./head.ts";
import { backbonePlans, type FinetuneOptions, type SymDiffuserOptions } from "./options.ts";
import type { Work } from "./work.ts";

/** Denoisers and the head that teaches them. */
export interface Finetuned {
  readonly network: Csdiff;
  readonly head: Head;
}

/** Views of a token that {@link summary} puts side by side. */
const viewsOfToken = 3;

/** A token and what surrounds it: itself, mean and deviation over the tile, `[B, 1, 3C]`. */
function summary(features: Tensor, middle: number): Tensor {
  const { B, C } = dims("features", features, "B N C");
  const average = mean(features, [1]);
  const away = sub(features, average);
  const deviation = sqrt(add(mean(mul(away, away), [1]), 1e-6));
  const own = slice(features, [0, middle, 0], [B, middle + 1, C]);
  return concat([own, average, deviation], 2);
}

/** What the labels are learned from. */
export interface FinetuneData {
  readonly latents: readonly Image[];
  /** Training pixels. */
  readonly pixels: Int32Array;
  /** Class index of each, 0 … K − 1. */
  readonly classOf: Int32Array;
  /** K. */
  readonly classes: number;
  /** `[K, E]`; condition injection is given "unknown", as when features are taken. */
  readonly text: NdArray;
}

/**
 * The training of a head, and of the denoisers with it.
 *
 * @param held  denoisers that stay as they are, where `start` has none; null where it has
 */
export function finetuneStage(
  name: string,
  key: Key,
  start: Finetuned,
  held: Csdiff | null,
  { latents, pixels, classOf, classes, text }: FinetuneData,
  { network, features: { alone } }: Pick<SymDiffuserOptions, "network" | "features">,
  { steps, batch: size, rate }: Pick<FinetuneOptions, "steps" | "batch" | "rate">,
  rateShares: Readonly<Record<string, number>> = {},
): Stage<Finetuned, BatchSpec> {
  const side = network.patch;
  const tokens = side * side;
  const half = Math.floor(side / 2);
  const [{ width }] = latents as readonly [Image];
  const batch: Record<string, Spec> = { oneHot: { shape: [size, classes], dtype: "f32" } };
  for (const [source, { channels }] of latents.entries())
    batch[`x0.${source}`] = { shape: [size, tokens, channels], dtype: "f32" };
  return {
    name,
    parameters: start,
    batch,
    loss: (weights, inputs) => {
      const x0 = latents.map((_, source) => inputs[`x0.${source}`]!);
      const [B] = x0[0]!.shape as [number];
      const clean = constant({ dtype: "i32", shape: [B], data: new Int32Array(B).fill(-1) });
      const denoisers = held ? symbolicParameters(held, constant(packParameters(held))) : weights.network;
      const condition = { ids: null, text: constant(text), coupled: !alone };
      const halves = denoise(denoisers, x0, clean, condition, network);
      const views = halves.map(({ features }) => summary(features, half * side + half));
      return crossEntropy(classify(weights.head, views), inputs["oneHot"]!, 0.05);
    },
    batches: (step) => {
      const own = childKey(key, step);
      const picks = integers(own, [size], pixels.length).data;
      const symmetries = integers(childKey(own, "symmetries"), [size], 8).data;
      const places = new Int32Array(size * tokens);
      const oneHot = zeros([size, classes]);
      for (const [tile, pick] of picks.entries()) {
        const pixel = pixels[pick]!;
        const symmetry = symmetries[tile]!;
        // So that the pixel becomes the middle token of the turned tile.
        const row = Math.floor(pixel / width) - (symmetry & 2 ? side - 1 - half : half);
        const col = (pixel % width) - (symmetry & 1 ? side - 1 - half : half);
        tilePixels(latents[0]!, { row, col, symmetry }, side, places, tile * tokens);
        oneHot.data[tile * classes + classOf[pick]!] = 1;
      }
      const arrays: Record<string, NdArray> = { oneHot };
      for (const [source, latent] of latents.entries()) {
        const x0 = zeros(batch[`x0.${source}`]!.shape);
        gatherPixels(latent, places, x0.data);
        arrays[`x0.${source}`] = x0;
      }
      return arrays;
    },
    schedule: { rate, steps, warmUp: 0.05, floor: 0.02 },
    adamw: { betas: [0.9, 0.99], weightDecay: 0.03, clipNorm: 1, rateShares },
    averageDecay: null,
    microBatches: microBatches(size),
  };
}

/** Denoisers after what they learn with the labels, if anything. @param network  as they are before */
export async function finetuned(
  key: Key,
  network: Csdiff,
  data: FinetuneData,
  options: SymDiffuserOptions,
  { runStage }: Pick<Work, "runStage">,
): Promise<Csdiff> {
  const { backbone, finetuning, head, network: size } = options;
  const { probed, tuned } = backbonePlans[backbone];
  if (!tuned) return network;
  // A teacher that joins what sources say: without a block it teaches worse (docs/decisions/010).
  const groups = data.latents.map(() => ({ tokens: 1, channels: viewsOfToken * size.width }));
  let teacher = initHead(childKey(key, "finetune head"), groups, data.classes, { ...head, blocks: 1 });
  if (probed) {
    const probing = { steps: finetuning.probeSteps, batch: finetuning.batch, rate: head.rate };
    const start = { network: [], head: teacher };
    ({ head: teacher } = await runStage(
      finetuneStage("probe", childKey(key, "probe"), start, network, data, options, probing),
    ));
  }
  const start = { network, head: teacher };
  const shares = probed ? { network: finetuning.backboneShare } : {};
  return (
    await runStage(finetuneStage("finetune", childKey(key, "finetune"), start, null, data, options, finetuning, shares))
  ).network;
}
