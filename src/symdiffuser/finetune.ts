/** @file Fine-tuning: the denoisers learn on with the labels, through a head of their own on the tile around a pixel. */
import { type BatchSpec, crossEntropy, microBatches, type Stage } from "../nn/index.ts";
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
  reshape,
  type Spec,
  slice,
  sqrt,
  sub,
  type Tensor,
  zeros,
} from "../tensor/index.ts";
import { type Csdiff, type CsdiffOptions, denoise } from "./csdiff.ts";
import { type Head, head } from "./head.ts";
import type { FinetuneOptions } from "./options.ts";

/** Denoisers and the head that teaches them. */
export interface Finetuned {
  readonly network: Csdiff;
  readonly head: Head;
}

/** A token and what surrounds it: itself, mean and deviation over the tile, `[B, 3C]`. */
function summary(features: Tensor, middle: number): Tensor {
  const { B, C } = dims("features", features, "B N C");
  const average = mean(features, [1]);
  const away = sub(features, average);
  const deviation = sqrt(add(mean(mul(away, away), [1]), 1e-6));
  const own = slice(features, [0, middle, 0], [B, middle + 1, C]);
  return reshape(concat([own, average, deviation], 2), [B, 3 * C]);
}

/**
 * @param pixels   training pixels
 * @param classOf  class index of each, 0 … K − 1
 * @param text     `[K, E]`; condition injection is given "unknown", as when features are taken
 */
export function finetuneStage(
  name: string,
  key: Key,
  parameters: Finetuned,
  latents: readonly Image[],
  pixels: Int32Array,
  classOf: Int32Array,
  classes: number,
  text: NdArray,
  network: CsdiffOptions,
  { steps, batch: size, rate }: FinetuneOptions,
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
    parameters,
    batch,
    loss: (weights, inputs) => {
      const x0 = latents.map((_, source) => inputs[`x0.${source}`]!);
      const [B] = x0[0]!.shape as [number];
      const clean = constant({ dtype: "i32", shape: [B], data: new Int32Array(B).fill(-1) });
      const halves = denoise(weights.network, x0, clean, { ids: null, text: constant(text) }, network);
      const views = halves.map(({ features }) => {
        const view = summary(features, half * side + half);
        return reshape(view, [B, 1, view.shape[1]!]);
      });
      return crossEntropy(head(weights.head, concat(views, 1)), inputs["oneHot"]!, 0.05);
    },
    batches: (step) => {
      const picks = integers(childKey(key, step), [size], pixels.length).data;
      const places = new Int32Array(size * tokens);
      const oneHot = zeros([size, classes]);
      for (const [tile, pick] of picks.entries()) {
        const pixel = pixels[pick]!;
        tilePixels(
          latents[0]!,
          { row: Math.floor(pixel / width) - half, col: (pixel % width) - half },
          side,
          places,
          tile * tokens,
        );
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
    adamw: { betas: [0.9, 0.99], weightDecay: 0.03, clipNorm: 1 },
    averageDecay: null,
    microBatches: microBatches(size),
  };
}
