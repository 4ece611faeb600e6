/**
 * @file What is known of a pixel: the last tokens of every source's denoiser at a few diffusion steps and the latents
 * themselves, summarised around the pixel. No label is seen here: condition injection is given "unknown" everywhere.
 */
import {
  contextReader,
  contextSize,
  cutValid,
  type Grid,
  gatherPixels,
  type Image,
  type Progress,
  type Rectangle,
  tilePixels,
} from "../scene/index.ts";
import { type Compute, childKey, inLanes, type Key, type LaneProgram, type NdArray } from "../tensor/index.ts";
import type { Csdiff } from "./csdiff.ts";
import { denoiserProgram, type Place, positionNoises, stepInput } from "./denoiser-program.ts";
import { type FeatureShape, viewSize } from "./feature-shape.ts";
import { noiseSchedule } from "./noise.ts";
import type { SymDiffuserOptions } from "./options.ts";
import { arraysOf, stitched, tilesPerBatch } from "./stitch.ts";

/** Features of pixels, `[n, V, F]`: V views of the surroundings, each as in {@link FeatureShape}. */
export interface SceneFeatures extends FeatureShape {
  /**
   * @param pixels  of the region: indices, or the first and last + 1 row
   * @param space   may take the features, which are then its beginning
   */
  at(pixels: Int32Array | readonly [number, number], progress?: Progress, space?: Float32Array): Promise<Float32Array>;
  /** Give back what computes them. */
  release(): Promise<void>;
}

/** Pixels around a pixel seen by `centre`: the pixel itself, and mean and deviation over its tile. */
const centreViews = 3;

/** Lengths of the features' axes. @param latents  one a source */
export function featureShape(
  { mode, features: { from, steps, windows }, network: { width } }: SymDiffuserOptions,
  latents: readonly { readonly channels: number }[],
): FeatureShape {
  return {
    views: mode === "centre" ? centreViews : contextSize(1, windows),
    tokens: from === "latents" ? 0 : steps.length * latents.length,
    channels: width,
    latents: from === "denoisers" ? 0 : latents.reduce((sum, { channels }) => sum + channels, 0),
  };
}

/** Latents noised to a step, by the name of the input. */
function noisedLatents(
  latents: readonly Image[],
  noises: readonly Float32Array[],
  step: number,
  options: SymDiffuserOptions,
): Record<string, Image> {
  const alphaBar = step < 0 ? 1 : noiseSchedule(options.schedule, options.network.steps).alphaBar[step]!;
  const [signal, noise] = [Math.sqrt(alphaBar), Math.sqrt(1 - alphaBar)];
  return Object.fromEntries(
    latents.map((latent, source) => {
      if (step < 0) return [`x.${source}`, latent];
      const drawn = noises[source]!;
      return [`x.${source}`, { ...latent, data: latent.data.map((value, at) => signal * value + noise * drawn[at]!) }];
    }),
  );
}

/** What of the images features are wanted of. */
export interface FeatureRegion {
  /** Where the images lie in the scene. */
  readonly place: Place;
  /** Of the images. */
  readonly region: Rectangle;
  /** Room for the map of features, of at least so many numbers. */
  readonly space: (length: number) => Float32Array;
}

/** All of a scene. */
export function allOf({ height, width }: Grid): FeatureRegion {
  return {
    place: { row: 0, col: 0 },
    region: { row: 0, col: 0, height, width },
    space: (length) => new Float32Array(length),
  };
}

/**
 * Features of a region of a scene.
 *
 * @param latents  one a source, `[H, W, C_s]`
 * @param valid    `[H, W]`, null where every pixel is valid
 * @param text     `[K, E]`, kept in the network's shape but never attended to here
 */
export async function sceneFeatures(
  network: Csdiff,
  latents: readonly Image[],
  valid: Uint8Array | null,
  { place, region, space }: FeatureRegion,
  text: NdArray,
  key: Key,
  options: SymDiffuserOptions,
  compute: Compute,
  progress: Progress,
): Promise<SceneFeatures> {
  const { alone, steps, core, windows } = options.features;
  const { patch } = options.network;
  const shape = featureShape(options, latents);
  const isDenoised = shape.tokens > 0;
  const outputs = isDenoised ? latents.map((_, source) => `f.${source}`) : [];
  const program = isDenoised
    ? await denoiserProgram(
        network,
        latents.map((latent) => latent.channels),
        text,
        options,
        compute,
        !alone,
        (halves) => Object.fromEntries(halves.map(({ features }, source) => [`f.${source}`, features])),
      )
    : null;
  const isNoisy = steps.some((step) => step >= 0);
  const keyed = childKey(key, "feature noise");
  const noises = isNoisy ? positionNoises(latents, keyed, place) : [];
  const noised = (step: number): Record<string, Image> => noisedLatents(latents, noises, step, options);
  const clean = shape.latents > 0 ? latents : [];

  if (options.mode === "centre") {
    const noisy = isDenoised ? steps.map(noised) : [];
    return {
      ...shape,
      at: (pixels, report) =>
        centreFeatures(
          ...([program, noisy, steps.map(stepInput), outputs, clean, shape, patch, latents[0]!] as const),
          ...([inImage(pixels, region, latents[0]!), report] as const),
        ),
      release: async () => program?.release(),
    };
  }
  const channels = viewSize(shape);
  const map = { height: region.height, width: region.width, channels };
  const into = space(map.height * map.width * channels);
  for (const [at, step] of program ? steps.entries() : []) {
    const report: Progress = (done, total) => progress(at * total + done, steps.length * total);
    const stitching = { region, valid, into, channels, offset: at * outputs.length * shape.channels };
    const feeds = { t: stepInput(step) };
    await stitched(program!, noised(step), outputs, latents[0]!, patch, core, stitching, feeds, report);
  }
  await program?.release();
  let offset = channels - shape.latents;
  for (const latent of clean) {
    copyChannels(latent, region, into, channels, offset);
    offset += latent.channels;
  }
  const grid = { ...map, valid: valid && cutValid(valid, latents[0]!.width, region) };
  const read = contextReader(into, grid, windows);
  return {
    ...shape,
    at: async (pixels, _, space) => read(pixels, space),
    release: async () => {},
  };
}

/** Put the channels of an image's region where they belong in a map `[h, w, C]` of that region. */
function copyChannels(
  { width, channels: length, data }: Image,
  region: Rectangle,
  into: Float32Array,
  channels: number,
  offset: number,
): void {
  for (let row = 0; row < region.height; row++) {
    for (let col = 0; col < region.width; col++) {
      const from = ((region.row + row) * width + region.col + col) * length;
      into.set(data.subarray(from, from + length), (row * region.width + col) * channels + offset);
    }
  }
}

/** Pixels of a region as pixels of the image that it is part of. */
function inImage(at: Int32Array | readonly [number, number], region: Rectangle, { width }: Grid): Int32Array {
  const first = region.row * width + region.col;
  const inside = (pixel: number): number => first + Math.floor(pixel / region.width) * width + (pixel % region.width);
  if (at instanceof Int32Array) return at.map(inside);
  return Int32Array.from({ length: (at[1] - at[0]) * region.width }, (_, index) =>
    inside(at[0] * region.width + index),
  );
}

/** One tile a pixel: its own token, and mean and deviation over the tile's tokens. */
async function centreFeatures(
  program: LaneProgram | null,
  noisy: readonly Readonly<Record<string, Image>>[],
  steps: readonly NdArray[],
  outputs: readonly string[],
  clean: readonly Image[],
  shape: FeatureShape,
  side: number,
  { height, width }: Image,
  pixels: Int32Array,
  progress: Progress = () => {},
): Promise<Float32Array> {
  const tokens = side * side;
  const middle = Math.floor(side / 2) * side + Math.floor(side / 2);
  const view = viewSize(shape);
  const result = new Float32Array(pixels.length * centreViews * view);
  const lanes = program?.lanes ?? 1;
  const buffers = Array.from({ length: lanes + 1 }, () => ({
    places: new Int32Array(tilesPerBatch * tokens),
    arrays: program ? arraysOf(program.inputs, Object.keys(noisy[0]!)) : {},
    into: program ? arraysOf(program.outputs, outputs) : {},
    latents: clean.map(({ channels }) => new Float32Array(tilesPerBatch * tokens * channels)),
  }));
  /** Views of the tokens of one tile, `[N, C]` of `data`. */
  const summarise = (data: Float32Array, tile: number, channels: number, to: number): void => {
    for (let channel = 0; channel < channels; channel++) {
      let [sum, squares] = [0, 0];
      for (let token = 0; token < tokens; token++) {
        const value = data[(tile * tokens + token) * channels + channel]!;
        sum += value;
        squares += value * value;
      }
      const mean = sum / tokens;
      result[to + channel] = data[(tile * tokens + middle) * channels + channel]!;
      result[to + view + channel] = mean;
      result[to + 2 * view + channel] = Math.sqrt(Math.max(0, squares / tokens - mean * mean));
    }
  };
  let done = 0;
  await inLanes(Math.ceil(pixels.length / tilesPerBatch), buffers.length, async (batch, slot) => {
    const { places, arrays, into, latents } = buffers[slot]!;
    const first = batch * tilesPerBatch;
    const count = Math.min(tilesPerBatch, pixels.length - first);
    for (let tile = 0; tile < tilesPerBatch; tile++) {
      const pixel = pixels[Math.min(first + tile, pixels.length - 1)]!;
      const [row, col] = [Math.floor(pixel / width) - Math.floor(side / 2), (pixel % width) - Math.floor(side / 2)];
      tilePixels({ height, width }, { row, col }, side, places, tile * tokens);
    }
    const each = (data: Float32Array, channels: number, offset: number): void => {
      for (let tile = 0; tile < count; tile++) {
        summarise(data, tile, channels, (first + tile) * centreViews * view + offset);
      }
    };
    for (const [which, images] of noisy.entries()) {
      for (const [name, image] of Object.entries(images)) gatherPixels(image, places, arrays[name]!.data);
      await program!.run({ t: steps[which]!, ...arrays }, into);
      for (const [source, name] of outputs.entries()) {
        each(into[name]!.data, shape.channels, (which * outputs.length + source) * shape.channels);
      }
    }
    let offset = view - shape.latents;
    for (const [source, latent] of clean.entries()) {
      gatherPixels(latent, places, latents[source]!);
      each(latents[source]!, latent.channels, offset);
      offset += latent.channels;
    }
    done += count;
    progress(done, pixels.length);
  });
  return result;
}
