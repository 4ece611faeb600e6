/** @file One source made from others: its latent sampled, then decoded to bands in the unit of its files. */
import { loadParameters } from "../nn/index.ts";
import type { Image, Normalisation, Progress, Scene } from "../scene/index.ts";
import { type Compute, DataError, type NdArray } from "../tensor/index.ts";
import { decode } from "./autoencoder.ts";
import { autoencoderLike, type LatentEncoder, throughTiles } from "./latent.ts";
import type { SymDiffuserModel } from "./model.ts";
import type { SamplingOptions } from "./sample.ts";
import { completed, filledLatents, withoutSources } from "./sample-scene.ts";

/** Bands on the common scale back in their own unit, `[H, W, L]`, in place. */
function unscaled(image: Image, { perBand, decibel }: Normalisation): Image {
  const { data, channels } = image;
  for (let at = 0; at < data.length; at++) {
    const { mean, deviation } = perBand[at % channels]!;
    const value = data[at]! * deviation + mean;
    data[at] = decibel ? 10 ** (value / 10) : value;
  }
  return image;
}

/** Bands of whitened principal components: x = mean + Σ zᵢ·pᵢ/‖pᵢ‖², whatever the components left out had said. */
function unwhitened({ height, width, channels, data }: Image, mean: NdArray, projection: NdArray): Image {
  const bands = mean.data.length;
  const squares = new Float64Array(channels);
  for (const [at, value] of projection.data.entries()) squares[at % channels]! += value * value;
  const result = new Float32Array(height * width * bands);
  for (let pixel = 0; pixel < height * width; pixel++) {
    for (let band = 0; band < bands; band++) {
      let value = mean.data[band]!;
      for (let channel = 0; channel < channels; channel++) {
        // A component without variance has no direction.
        if (squares[channel]! === 0) continue;
        value += (data[pixel * channels + channel]! * projection.data[band * channels + channel]!) / squares[channel]!;
      }
      result[pixel * bands + band] = value;
    }
  }
  return { height, width, channels: bands, data: result };
}

/**
 * The bands that a latent stands for, `[H, W, L]` in the unit of the source's files, clipped as they were.
 *
 * @param latent  `[H, W, C]`, unit variance a channel
 * @param patch   side of a tile, as in the fit
 */
export async function decodeLatent(
  latent: Image,
  encoder: LatentEncoder,
  patch: number,
  compute: Compute,
): Promise<Image> {
  const { kind, arrays, bands, channels, normalisation } = encoder;
  if (kind === "bands") return unscaled({ ...latent, data: latent.data.slice() }, normalisation);
  if (kind === "pca") return unscaled(unwhitened(latent, arrays["mean"]!, arrays["projection"]!), normalisation);
  const [mean, deviation] = [arrays["latent.mean"]!.data, arrays["latent.deviation"]!.data];
  const raw = latent.data.map((value, at) => value * deviation[at % channels]! + mean[at % channels]!);
  const parameters = loadParameters(autoencoderLike(encoder, patch), arrays);
  return unscaled(
    await throughTiles({ ...latent, data: raw }, parameters, decode, bands, patch, compute),
    normalisation,
  );
}

/**
 * A source as the model imagines it from others, `[H, W, L]` in the unit of its files; the mean of several samples.
 *
 * @param scene  with the sources `from`, at least; others are left out
 * @throws DataError for sources that model or scene do not have
 */
export async function translated(
  model: SymDiffuserModel,
  scene: Scene,
  from: readonly string[],
  to: string,
  sampling: SamplingOptions,
  compute: Compute,
  progress: Progress = () => {},
): Promise<Image> {
  const names = model.latents.map(({ source }) => source);
  for (const name of [...from, to]) {
    if (!names.includes(name)) throw new DataError("model", `expected one of ${names.join(", ")}; got "${name}"`);
  }
  if (from.includes(to)) throw new DataError("translate", `expected ${to} to be made from other sources; got itself`);
  const known = scene.sources.map(({ name }) => name);
  const absent = from.find((name) => !known.includes(name));
  if (absent !== undefined) throw new DataError(scene.name, `expected a source "${absent}"; got ${known.join(", ")}`);
  const given = completed(
    withoutSources(
      scene,
      known.filter((name) => !from.includes(name)),
    ),
    model.latents,
  );
  const target = names.indexOf(to);
  const place = { row: 0, col: 0 };
  let sum: Image | null = null;
  for (let draw = 0; draw < sampling.draws; draw++) {
    const report: Progress = (done, all) => progress(draw * all + done, sampling.draws * all);
    const own = (await filledLatents(model, given, place, { sampling, draw }, compute, report))[target]!;
    if (sum === null) sum = own;
    else for (let at = 0; at < own.data.length; at++) sum.data[at]! += own.data[at]!;
  }
  const mean = { ...sum!, data: sum!.data.map((value) => value / sampling.draws) };
  return decodeLatent(mean, model.latents[target]!, model.options.network.patch, compute);
}
