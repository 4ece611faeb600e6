/** @file Stage 1: the coupled denoisers are trained on tiles of the scene; labels are those of training pixels only. */
import { type BatchSpec, microBatches, type Objective, type Stage, type Symbolic } from "../nn/index.ts";
import { type Grid, gatherPixels, type Image, tilePixels } from "../scene/index.ts";
import {
  type Arrays,
  childKey,
  constant,
  type Key,
  type NdArray,
  normal,
  type Spec,
  type Tensor,
  uniform,
  zeros,
} from "../tensor/index.ts";
import { type Csdiff, type CsdiffOptions, csdiffLoss } from "./csdiff.ts";
import type { NoiseSchedule, Prediction } from "./noise.ts";

/** A batch of pre-training: for each source `x0.<s>` and `noise.<s>`, and `t`, `coupled`, `ids`, `valid` where they are used. */
export function pretrainingBatch(
  channels: readonly number[],
  batch: number,
  { patch, tci }: CsdiffOptions,
  { masked, alone }: { readonly masked: boolean; readonly alone: boolean },
): Record<string, Spec> {
  const tokens = patch * patch;
  const specs: Record<string, Spec> = { t: { shape: [batch], dtype: "i32" } };
  for (const [source, length] of channels.entries()) {
    specs[`x0.${source}`] = { shape: [batch, tokens, length], dtype: "f32" };
    specs[`noise.${source}`] = { shape: [batch, tokens, length], dtype: "f32" };
  }
  if (alone) specs["coupled"] = { shape: [batch, 1, 1], dtype: "f32" };
  if (tci) specs["ids"] = { shape: [batch, tokens], dtype: "i32" };
  if (masked) specs["valid"] = { shape: [batch, tokens], dtype: "f32" };
  return specs;
}

/** The loss of pre-training over batches of {@link pretrainingBatch}. @param text `[K, E]` */
export function pretrainingObjective(
  parameters: Csdiff,
  batch: BatchSpec,
  text: NdArray,
  schedule: NoiseSchedule,
  options: CsdiffOptions,
  prediction: Prediction = "noise",
): Objective<Csdiff, BatchSpec> {
  return {
    parameters,
    batch,
    loss: (weights: Symbolic<Csdiff>, inputs) => {
      const each = (name: string): Tensor[] => parameters.map((_, source) => inputs[`${name}.${source}`]!);
      const condition = { ids: inputs["ids"] ?? null, text: constant(text), coupled: inputs["coupled"] ?? true };
      return csdiffLoss(
        weights,
        each("x0"),
        each("noise"),
        inputs["t"]!,
        condition,
        schedule,
        options,
        inputs["valid"] ?? null,
        prediction,
      );
    },
  };
}

/** What pre-training sees of a scene. */
export interface PretrainingData extends Grid {
  /** Latents `[H, W, C_s]`, unit variance a channel. */
  readonly latents: readonly Image[];
  /** `[H, W]`, null where every pixel is valid. */
  readonly valid: Uint8Array | null;
  /** Class of training pixels, 0 elsewhere, `[H, W]`. */
  readonly trainingLabels: Uint16Array;
}

/** What is learned, how long and how fast. */
export interface PretrainingOptions {
  /** What the denoisers estimate. @default "noise" */
  readonly prediction: Prediction;
  /**
   * Share of tiles in which no source sees another: each denoiser learns p(A) beside p(A | B). @default 0.5
   * @see Ho & Salimans 2022
   */
  readonly alone: number;
  /** Diffusion steps are drawn as T·uᵖ, u uniform: p = 1 draws all alike, more prefers little noise. @default 3 */
  readonly stepPower: number;
  /** @default 400 */
  readonly steps: number;
  /** Tiles a step. @default 8 */
  readonly batch: number;
  /** @default 1e-3 */
  readonly rate: number;
  /** @default 0.03 */
  readonly weightDecay: number;
  /** Share of each moving average that a step keeps; null to use the last parameters. @default null */
  readonly averageDecay: number | null;
}

/** Share of a batch that is placed over training pixels, when class text is used. */
const labelledShare = 0.25;
/** Probability that a labelled token sees its class in training. */
const seenProbability = 0.9;

/** What a part of a batch counts: the mean loss is over valid tokens. */
function validTokens({ valid }: Arrays): number {
  return valid ? (valid.data as Float32Array).reduce((sum, one) => sum + one, 0) : 1;
}

/** Indices of the pixels where a mask is not 0. */
function indicesOf(mask: Uint8Array | Uint16Array): Int32Array {
  const found: number[] = [];
  for (let at = 0; at < mask.length; at++) if (mask[at] !== 0) found.push(at);
  return Int32Array.from(found);
}

/** The training of the coupled denoisers. @param text `[K, E]` */
export function pretrainingStage(
  name: string,
  key: Key,
  data: PretrainingData,
  parameters: Csdiff,
  text: NdArray,
  schedule: NoiseSchedule,
  network: CsdiffOptions,
  { prediction, alone, stepPower, steps, batch: size, rate, weightDecay, averageDecay }: PretrainingOptions,
): Stage<Csdiff, BatchSpec> {
  const { height, width, latents, valid, trainingLabels } = data;
  const side = network.patch;
  const tokens = side * side;
  const isCoupled = network.perception !== "none";
  const batch = pretrainingBatch(
    latents.map(({ channels }) => channels),
    size,
    network,
    { masked: valid !== null, alone: isCoupled && alone > 0 },
  );
  const labelled = indicesOf(trainingLabels);
  const usable = valid ? indicesOf(valid) : null;
  const overLabels = network.tci && labelled.length > 0 ? Math.round(labelledShare * size) : 0;

  const batches = (step: number): Arrays => {
    const own = childKey(key, step);
    // Four numbers a tile: the pixel it is placed over, where in the tile that pixel lies, and its symmetry.
    const draws = uniform(childKey(own, "tiles"), [size, 4]).data;
    const pixels = new Int32Array(size * tokens);
    for (let tile = 0; tile < size; tile++) {
      const [pick, down, right, turn] = draws.subarray(tile * 4, tile * 4 + 4) as unknown as [
        number,
        number,
        number,
        number,
      ];
      const pool = tile < overLabels ? labelled : usable;
      const anchor = pool ? pool[Math.floor(pick * pool.length)]! : Math.floor(pick * height * width);
      // Inside the image where the image is large enough; otherwise mirrored.
      const place = (at: number, offset: number, length: number): number =>
        Math.max(0, Math.min(at - Math.floor(offset * side), length - side));
      const row = place(Math.floor(anchor / width), down, height);
      const col = place(anchor % width, right, width);
      tilePixels(data, { row, col, symmetry: Math.floor(turn * 8) }, side, pixels, tile * tokens);
    }
    const t = zeros([size], "i32");
    const levels = uniform(childKey(own, "t"), [size]).data;
    for (let tile = 0; tile < size; tile++) t.data[tile] = Math.floor(levels[tile]! ** stepPower * network.steps);
    const arrays: Record<string, NdArray> = { t };
    for (const [source, latent] of latents.entries()) {
      const x0 = zeros(batch[`x0.${source}`]!.shape);
      gatherPixels(latent, pixels, x0.data);
      arrays[`x0.${source}`] = x0;
      arrays[`noise.${source}`] = normal(childKey(own, `noise.${source}`), x0.shape);
    }
    if (batch["coupled"]) {
      const coupled = zeros([size, 1, 1]);
      const draws = uniform(childKey(own, "coupled"), [size]).data;
      for (let tile = 0; tile < size; tile++) coupled.data[tile] = draws[tile]! < alone ? 0 : 1;
      arrays["coupled"] = coupled;
    }
    if (network.tci) {
      const ids = zeros([size, tokens], "i32");
      const seen = uniform(childKey(own, "seen"), [size, tokens]).data;
      for (const [at, pixel] of pixels.entries())
        ids.data[at] = seen[at]! < seenProbability ? trainingLabels[pixel]! : 0;
      arrays["ids"] = ids;
    }
    if (valid) {
      const mask = zeros([size, tokens]);
      for (const [at, pixel] of pixels.entries()) mask.data[at] = valid[pixel]!;
      arrays["valid"] = mask;
    }
    return arrays;
  };

  return {
    ...pretrainingObjective(parameters, batch, text, schedule, network, prediction),
    name,
    batches,
    schedule: { rate, steps, warmUp: 0.05, floor: 0.02 },
    adamw: { betas: [0.9, 0.99], weightDecay, clipNorm: 1 },
    averageDecay,
    microBatches: microBatches(size, validTokens),
  };
}
