/** @file The trained denoisers as a program over tiles, and the noise of a scene that they are fed. */
import { packParameters, symbolicParameters } from "../nn/index.ts";
import type { Image, Rectangle } from "../scene/index.ts";
import {
  type Compute,
  childKey,
  compileLanes,
  constant,
  type Key,
  type LaneProgram,
  type NdArray,
  ndarray,
  normal,
  type Spec,
  type Tensor,
  trace,
} from "../tensor/index.ts";
import { type Csdiff, type Denoised, denoise } from "./csdiff.ts";
import type { SymDiffuserOptions } from "./options.ts";
import { tilesPerBatch } from "./stitch.ts";

/** Upper-left pixel of an image in the scene. */
export type Place = Pick<Rectangle, "row" | "col">;

/**
 * Inputs `x.<s>`, noised latents of tiles, and `t`; outputs what is picked of each source's half. Condition injection is
 * given "unknown" everywhere.
 *
 * @param channels  of each source's latent
 * @param text      `[K, E]`, kept in the network's shape but never attended to here
 * @param coupled   whether sources see each other
 */
export async function denoiserProgram(
  network: Csdiff,
  channels: readonly number[],
  text: NdArray,
  options: SymDiffuserOptions,
  { threads, device }: Compute,
  coupled: boolean,
  pick: (halves: readonly Denoised[]) => Readonly<Record<string, Tensor>>,
): Promise<LaneProgram> {
  const tokens = options.network.patch ** 2;
  const vector = packParameters(network);
  const specs: Record<string, Spec> = {
    parameters: { shape: vector.shape, dtype: "f32" },
    t: { shape: [tilesPerBatch], dtype: "i32" },
  };
  for (const [source, length] of channels.entries()) {
    specs[`x.${source}`] = { shape: [tilesPerBatch, tokens, length], dtype: "f32" };
  }
  const graph = trace(specs, (inputs) => {
    const latents = channels.map((_, source) => inputs[`x.${source}`]!);
    const condition = { ids: null, text: constant(text), coupled };
    const weights = symbolicParameters(network, inputs["parameters"]!);
    return pick(denoise(weights, latents, inputs["t"]!, condition, options.network));
  });
  return compileLanes(graph, { threads, device, constants: { parameters: vector } });
}

/** The input `t`: every tile of a batch at one step. */
export function stepInput(step: number): NdArray<"i32"> {
  return ndarray(new Int32Array(tilesPerBatch).fill(step), [tilesPerBatch], "i32");
}

/** Standard normal noise of a source, `[H, W, C]`: it belongs to the place of a pixel in the scene, so that parts of a scene have the noise of the whole. */
export function positionNoise({ height, width, channels }: Image, key: Key, { row, col }: Place): Float32Array {
  const noise = new Float32Array(height * width * channels);
  const length = width * channels;
  for (let line = 0; line < height; line++) {
    noise.set(normal(childKey(key, row + line), [length], col * channels).data, line * length);
  }
  return noise;
}

/** Noise of every source of a scene. */
export function positionNoises(latents: readonly Image[], key: Key, place: Place): Float32Array[] {
  return latents.map((latent, source) => positionNoise(latent, childKey(key, source), place));
}
