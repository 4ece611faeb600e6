/** @file The bands of a source, prepared for a network: on a common scale, or as principal components, or as both. */
import {
  applyNormalisation,
  fitNormalisation,
  fitWhitening,
  type Image,
  type Normalisation,
  type Source,
  type Whitening,
  whiten,
} from "../../scene/index.ts";
import { ndarray } from "../../tensor/index.ts";
import type { Preparation, SourceShape } from "./network.ts";

/** How a source is prepared, fitted. */
export interface Prepared {
  readonly source: SourceShape;
  readonly normalisation: Normalisation;
  /** Null where bands stay bands. Where it gives fewer than all channels, the others are the bands. */
  readonly whitening: Whitening | null;
}

/** Channels that a preparation makes of so many bands. */
export function channelsOf(bands: number, preparation: Preparation): number {
  if (preparation.kind === "components") return Math.min(preparation.count, bands);
  return bands + (preparation.kind === "unit" ? Math.min(preparation.components ?? 0, bands) : 0);
}

function normalised({ raster: { height, width, bands, ...raster } }: Source, normalisation: Normalisation): Image {
  return {
    height,
    width,
    channels: bands,
    data: applyNormalisation({ height, width, bands, ...raster }, normalisation),
  };
}

/** A normalisation to the range of what another one leaves, 0 to 1. @param range  of each band, or of all together */
function unitRange(source: Source, { perBand, decibel }: Normalisation, range: "band" | "source"): Normalisation {
  const { data, channels } = normalised(source, { perBand, decibel });
  const [low, high] = [new Float64Array(channels).fill(Infinity), new Float64Array(channels).fill(-Infinity)];
  for (let pixel = 0; pixel * channels < data.length; pixel++) {
    if (source.raster.valid?.[pixel] === 0) continue;
    for (let band = 0; band < channels; band++) {
      const value = data[pixel * channels + band]!;
      low[band] = Math.min(low[band]!, value);
      high[band] = Math.max(high[band]!, value);
    }
  }
  const ranges = perBand.map(({ mean, deviation }, band) => ({
    least: mean + deviation * low[band]!,
    length: high[band]! > low[band]! ? deviation * (high[band]! - low[band]!) : 0,
  }));
  const least = Math.min(...ranges.map((one) => one.least));
  const all = { least, length: Math.max(...ranges.map((one) => one.least + one.length)) - least };
  return {
    decibel,
    perBand: perBand.map((one, band) => {
      const own = range === "source" ? all : ranges[band]!;
      return { ...one, mean: own.least, deviation: own.length };
    }),
  };
}

/** The same components with the variance that they have: columns of length 1. */
function unwhitened({ mean, projection }: Whitening): Whitening {
  const [bands, channels] = projection.shape as [number, number];
  const data = projection.data.slice();
  for (let channel = 0; channel < channels; channel++) {
    let squares = 0;
    for (let band = 0; band < bands; band++) squares += data[band * channels + channel]! ** 2;
    // A component without variance is all 0 and stays it.
    for (let band = 0; band < bands; band++) data[band * channels + channel]! /= Math.sqrt(squares) || 1;
  }
  return { mean, projection: ndarray(data, [bands, channels]) };
}

/** The channels of two images side by side. */
function beside(a: Image, b: Image): Image {
  const channels = a.channels + b.channels;
  const data = new Float32Array(a.height * a.width * channels);
  for (let pixel = 0; pixel < a.height * a.width; pixel++) {
    data.set(a.data.subarray(pixel * a.channels, (pixel + 1) * a.channels), pixel * channels);
    data.set(b.data.subarray(pixel * b.channels, (pixel + 1) * b.channels), pixel * channels + a.channels);
  }
  return { ...a, channels, data };
}

/** Fit how a source is prepared, on all valid pixels. @param valid  of the scene, null where every pixel is */
export function fitPreparation(source: Source, valid: Uint8Array | null, preparation: Preparation): Prepared {
  const { name, kind, raster } = source;
  const shape = { name, kind, bands: raster.bands, channels: channelsOf(raster.bands, preparation) };
  const standard = fitNormalisation(source);
  if (preparation.kind === "standard") return { source: shape, normalisation: standard, whitening: null };
  if (preparation.kind === "components") {
    const whitening = fitWhitening(normalised(source, standard), valid, shape.channels);
    return { source: shape, normalisation: standard, whitening };
  }
  const normalisation = unitRange(source, standard, preparation.range ?? "band");
  const count = shape.channels - shape.bands;
  const whitening = count === 0 ? null : unwhitened(fitWhitening(normalised(source, normalisation), valid, count));
  return { source: shape, normalisation, whitening };
}

/** A source as a network is given it; 0 at invalid pixels. */
export function preparedImage(source: Source, { source: { channels }, normalisation, whitening }: Prepared): Image {
  const image = normalised(source, normalisation);
  if (whitening === null) return image;
  const components = whiten(image, source.raster.valid, whitening);
  return components.channels < channels ? beside(image, components) : components;
}
