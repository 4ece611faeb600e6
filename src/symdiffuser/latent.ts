/** @file Stage 0, whatever its kind: sources become latents of unit variance, and the way there is kept with the model. */
import { loadParameters, namedParameters, packParameters, type Symbolic, symbolicParameters } from "../nn/index.ts";
import {
  applyNormalisation,
  fitNormalisation,
  fitWhitening,
  type Image,
  type Normalisation,
  type Scene,
  type Source,
  sourcesOf,
  whiten,
  withCommonDeviation,
} from "../scene/index.ts";
import {
  type Arrays,
  type Compute,
  childKey,
  compileLanes,
  type Key,
  type NdArray,
  ndarray,
  type Tensor,
  trace,
} from "../tensor/index.ts";
import { type Autoencoder, autoencoderStage, encode, initAutoencoder } from "./autoencoder.ts";
import type { LatentKind, LatentOptions } from "./options.ts";
import { stitched, tilesPerBatch } from "./stitch.ts";
import type { Work } from "./work.ts";

/** How the latent of one source is made. */
export interface LatentEncoder {
  readonly source: string;
  readonly kind: Exclude<LatentKind, "auto">;
  readonly bands: number;
  readonly channels: number;
  readonly normalisation: Normalisation;
  /** Learned numbers, by name; none for `bands`. */
  readonly arrays: Arrays;
}

/** The kind that `auto` stands for: a few bands lose too much when they are compressed. */
function kindOf(kind: LatentKind, bands: number): Exclude<LatentKind, "auto"> {
  return kind === "auto" ? (bands <= 16 ? "bands" : "pca") : kind;
}

/** Normalised bands, `[H, W, L]`; 0 where the scene is not valid. */
function normalised({ raster }: Source, normalisation: Normalisation): Image {
  return {
    height: raster.height,
    width: raster.width,
    channels: raster.bands,
    data: applyNormalisation(raster, normalisation),
  };
}

/** Mean and deviation of each channel over valid pixels; a constant channel has deviation 1. */
function channelStatistics(
  image: Image,
  valid: Uint8Array | null,
): { mean: NdArray<"f32">; deviation: NdArray<"f32"> } {
  const { channels, data } = image;
  const [sum, squares] = [new Float64Array(channels), new Float64Array(channels)];
  let count = 0;
  for (let pixel = 0; pixel * channels < data.length; pixel++) {
    if (valid && valid[pixel] === 0) continue;
    count++;
    for (let channel = 0; channel < channels; channel++) {
      const value = data[pixel * channels + channel]!;
      sum[channel]! += value;
      squares[channel]! += value * value;
    }
  }
  const mean = sum.map((total) => total / count);
  const deviation = squares.map((total, channel) => Math.sqrt(Math.max(0, total / count - mean[channel]! ** 2)) || 1);
  return {
    mean: ndarray(Float32Array.from(mean), [channels]),
    deviation: ndarray(Float32Array.from(deviation), [channels]),
  };
}

/** Shape of the autoencoder of a source; its numbers do not matter. */
export function autoencoderLike({ bands, channels, kind }: LatentEncoder, patch: number): Autoencoder {
  return initAutoencoder({ high: 0, low: 0 }, bands, channels, patch, kind === "vae");
}

/** Whether a latent is made from tiles, so that what is around a pixel has a part in it. */
export function seesTiles({ kind }: Pick<LatentEncoder, "kind">): boolean {
  return kind === "vit" || kind === "vae";
}

/** Fit the latent of one source of a scene, label-free. */
export async function fitLatent(
  scene: Scene,
  source: Source,
  options: LatentOptions,
  patch: number,
  key: Key,
  { runStage, ...compute }: Work,
): Promise<LatentEncoder> {
  const bands = source.raster.bands;
  const perBand = fitNormalisation(source);
  const normalisation = options.scale === "source" ? withCommonDeviation(perBand) : perBand;
  const settled = kindOf(options.kind, bands);
  const common = { source: source.name, kind: settled, bands, normalisation };
  if (settled === "bands") return { ...common, channels: bands, arrays: {} };
  const image = normalised(source, normalisation);
  const kept = Math.min(options.channels, bands);
  if (settled === "pca") {
    const { mean, projection } = fitWhitening(image, scene.valid, kept);
    return { ...common, channels: kept, arrays: { mean, projection } };
  }
  const start = initAutoencoder(childKey(key, "start"), bands, kept, patch, settled === "vae");
  const stage = autoencoderStage(
    `autoencoder.${source.name}`,
    childKey(key, "batches"),
    image,
    scene.valid,
    start,
    patch,
    options,
  );
  const parameters = await runStage(stage);
  const arrays = Object.fromEntries(namedParameters(parameters));
  const raw = await throughTiles(image, parameters, encode, kept, patch, compute);
  const { mean, deviation } = channelStatistics(raw, scene.valid);
  return { ...common, channels: kept, arrays: { ...arrays, "latent.mean": mean, "latent.deviation": deviation } };
}

/** Side of the inner part of a tile that is kept. */
export function encoderCore(patch: number): number {
  return Math.max(1, patch - 4);
}

/**
 * An image through one half of an autoencoder, tile by tile.
 *
 * @param image     `[H, W, C]`
 * @param half      tokens `[B, N, C]` to tokens `[B, N, channels]`
 * @returns         `[H, W, channels]`
 */
export async function throughTiles(
  image: Image,
  parameters: Autoencoder,
  half: (weights: Symbolic<Autoencoder>, x: Tensor) => Tensor,
  channels: number,
  patch: number,
  { threads, device }: Compute,
): Promise<Image> {
  const vector = packParameters(parameters);
  const graph = trace(
    {
      parameters: { shape: vector.shape, dtype: "f32" },
      x: { shape: [tilesPerBatch, patch * patch, image.channels], dtype: "f32" },
    },
    (inputs) => ({ y: half(symbolicParameters(parameters, inputs.parameters), inputs.x) }),
  );
  const program = await compileLanes(graph, { threads, device, constants: { parameters: vector } });
  const { height, width } = image;
  const result = { height, width, channels, data: new Float32Array(height * width * channels) };
  const region = { row: 0, col: 0, height, width };
  const stitching = { region, valid: null, into: result.data, channels, offset: 0 };
  await stitched(program, { x: image }, ["y"], image, patch, encoderCore(patch), stitching);
  await program.release();
  return result;
}

/**
 * The latent of a source, `[H, W, C]`, unit variance a channel; 0 at invalid pixels.
 *
 * @param patch  side of a tile, as in the fit
 */
export async function encodeLatent(
  scene: Scene,
  source: Source,
  encoder: LatentEncoder,
  patch: number,
  compute: Compute,
): Promise<Image> {
  const image = normalised(source, encoder.normalisation);
  const valid = scene.valid;
  const { kind, arrays, channels } = encoder;
  if (kind === "bands") {
    if (valid) clear(image, valid);
    return image;
  }
  if (kind === "pca") {
    const { mean, projection } = arrays as { mean: NdArray<"f32">; projection: NdArray<"f32"> };
    return whiten(image, valid, { mean, projection });
  }
  const parameters = loadParameters(autoencoderLike(encoder, patch), arrays);
  const latent = await throughTiles(image, parameters, encode, channels, patch, compute);
  const [mean, deviation] = [arrays["latent.mean"]!.data, arrays["latent.deviation"]!.data];
  for (let at = 0; at < latent.data.length; at++) {
    const channel = at % channels;
    latent.data[at] = (latent.data[at]! - mean[channel]!) / deviation[channel]!;
  }
  if (valid) clear(latent, valid);
  return latent;
}

function clear({ channels, data }: Image, valid: Uint8Array): void {
  for (const [pixel, kept] of valid.entries()) if (kept === 0) data.fill(0, pixel * channels, (pixel + 1) * channels);
}

/**
 * Latents of all sources of a scene, in the order of the model.
 *
 * @throws DataError if sources are missing or have other bands
 */
export async function sceneLatents(
  scene: Scene,
  encoders: readonly LatentEncoder[],
  patch: number,
  compute: Compute,
): Promise<Image[]> {
  const images = [];
  const known = scene.sources.map(({ name, raster }) => ({ name, bands: raster.bands }));
  for (const [at, source] of sourcesOf({ name: scene.name, sources: known }, encoders).entries()) {
    images.push(await encodeLatent(scene, scene.sources[source]!, encoders[at]!, patch, compute));
  }
  return images;
}
