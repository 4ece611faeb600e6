/**
 * @file What the pre-trained denoisers say of a pixel: the last tokens of every source's denoiser at a few diffusion
 * steps, summarised around the pixel. No label is seen here: condition injection is given "unknown" everywhere.
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
import {
  type Compute,
  childKey,
  compileLanes,
  concat,
  inLanes,
  type Key,
  type LaneProgram,
  type NdArray,
  type Spec,
  trace,
} from "../tensor/index.ts";
import type { Csdiff } from "./csdiff.ts";
import { denoiserProgram, type Place, positionNoises, stepInput } from "./denoiser-program.ts";
import type { FeatureShape } from "./fusion.ts";
import { noiseSchedule } from "./noise.ts";
import type { SymDiffuserOptions } from "./options.ts";
import { arraysOf, stitched, tilesPerBatch } from "./stitch.ts";

/** Features of pixels, `[n, V, M·C]`: V views of the surroundings, M = steps × sources tokens of C channels. */
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
  const views = mode === "centre" ? centreViews : contextSize(1, windows);
  return from === "latents"
    ? { views, tokens: steps.length, channels: latents.reduce((sum, { channels }) => sum + channels, 0) }
    : { views, tokens: steps.length * latents.length, channels: width };
}

/**
 * What stands in for the denoisers in the ablation without diffusion: inputs as theirs, output `f.0`, the latents side
 * by side.
 *
 * @see SymDiffuser table 4, row 1
 */
function latentProgram(latents: readonly Image[], patch: number, { threads, device }: Compute): Promise<LaneProgram> {
  const specs: Record<string, Spec> = { t: { shape: [tilesPerBatch], dtype: "i32" } };
  for (const [source, { channels }] of latents.entries()) {
    specs[`x.${source}`] = { shape: [tilesPerBatch, patch ** 2, channels], dtype: "f32" };
  }
  const graph = trace(specs, (inputs) => ({
    "f.0": concat(
      latents.map((_, source) => inputs[`x.${source}`]!),
      -1,
    ),
  }));
  return compileLanes(graph, { threads, device });
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
  const { from, steps, core, windows } = options.features;
  const { patch } = options.network;
  const shape = featureShape(options, latents);
  const outputs = Array.from({ length: shape.tokens / steps.length }, (_, source) => `f.${source}`);
  const program = await (from === "latents"
    ? latentProgram(latents, patch, compute)
    : denoiserProgram(
        network,
        latents.map((latent) => latent.channels),
        text,
        options,
        compute,
        (halves) => Object.fromEntries(halves.map(({ features }, source) => [`f.${source}`, features])),
      ));
  const isNoisy = steps.some((step) => step >= 0);
  const keyed = childKey(key, "feature noise");
  const noises = isNoisy ? positionNoises(latents, keyed, place) : [];
  const noised = (step: number): Record<string, Image> => noisedLatents(latents, noises, step, options);

  if (options.mode === "centre") {
    const noisy = steps.map(noised);
    return {
      ...shape,
      at: (pixels, report) =>
        centreFeatures(
          ...([program, noisy, steps.map(stepInput), outputs, patch, latents[0]!] as const),
          ...([inImage(pixels, region, latents[0]!), report] as const),
        ),
      release: program.release,
    };
  }
  const channels = shape.tokens * shape.channels;
  const map = { height: region.height, width: region.width, channels };
  const into = space(map.height * map.width * channels);
  for (const [at, step] of steps.entries()) {
    const report: Progress = (done, total) => progress(at * total + done, steps.length * total);
    const stitching = { region, valid, into, channels, offset: at * outputs.length * shape.channels };
    const feeds = { t: stepInput(step) };
    await stitched(program, noised(step), outputs, latents[0]!, patch, core, stitching, feeds, report);
  }
  await program.release();
  const grid = { ...map, valid: valid && cutValid(valid, latents[0]!.width, region) };
  const read = contextReader(into, grid, windows);
  return {
    ...shape,
    at: async (pixels, _, space) => read(pixels, space),
    release: async () => {},
  };
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
  program: LaneProgram,
  noisy: readonly Readonly<Record<string, Image>>[],
  steps: readonly NdArray[],
  outputs: readonly string[],
  side: number,
  { height, width }: Image,
  pixels: Int32Array,
  progress: Progress = () => {},
): Promise<Float32Array> {
  const tokens = side * side;
  const middle = Math.floor(side / 2) * side + Math.floor(side / 2);
  const channels = program.outputs.get(outputs[0]!)!.shape[2]!;
  const view = steps.length * outputs.length * channels;
  const result = new Float32Array(pixels.length * centreViews * view);
  const buffers = Array.from({ length: program.lanes + 1 }, () => ({
    places: new Int32Array(tilesPerBatch * tokens),
    arrays: arraysOf(program.inputs, Object.keys(noisy[0]!)),
    into: arraysOf(program.outputs, outputs),
  }));
  let done = 0;
  await inLanes(Math.ceil(pixels.length / tilesPerBatch), buffers.length, async (batch, slot) => {
    const { places, arrays, into } = buffers[slot]!;
    const first = batch * tilesPerBatch;
    for (let tile = 0; tile < tilesPerBatch; tile++) {
      const pixel = pixels[Math.min(first + tile, pixels.length - 1)]!;
      const [row, col] = [Math.floor(pixel / width) - Math.floor(side / 2), (pixel % width) - Math.floor(side / 2)];
      tilePixels({ height, width }, { row, col }, side, places, tile * tokens);
    }
    for (const [which, images] of noisy.entries()) {
      for (const [name, image] of Object.entries(images)) gatherPixels(image, places, arrays[name]!.data);
      await program.run({ t: steps[which]!, ...arrays }, into);
      for (let tile = 0; tile < tilesPerBatch && first + tile < pixels.length; tile++) {
        for (const [source, name] of outputs.entries()) {
          const data = into[name]!.data;
          const to = (first + tile) * centreViews * view + (which * outputs.length + source) * channels;
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
        }
      }
    }
    done += Math.min(tilesPerBatch, pixels.length - first);
    progress(done, pixels.length);
  });
  return result;
}
