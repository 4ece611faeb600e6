/** @file The bands of a source, prepared for a network: on a common scale, or as principal components. */
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
import type { Preparation, SourceShape } from "./network.ts";

/** How a source is prepared, fitted. */
export interface Prepared {
  readonly source: SourceShape;
  readonly normalisation: Normalisation;
  /** Null where bands stay bands. */
  readonly whitening: Whitening | null;
}

function normalised({ raster: { height, width, bands, ...raster } }: Source, normalisation: Normalisation): Image {
  return {
    height,
    width,
    channels: bands,
    data: applyNormalisation({ height, width, bands, ...raster }, normalisation),
  };
}

/** A normalisation to the range of what another one leaves, 0 to 1. */
function unitRange(source: Source, { perBand, decibel }: Normalisation): Normalisation {
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
  return {
    decibel,
    perBand: perBand.map((one, band) => ({
      ...one,
      mean: one.mean + one.deviation * low[band]!,
      deviation: high[band]! > low[band]! ? one.deviation * (high[band]! - low[band]!) : 0,
    })),
  };
}

/** Fit how a source is prepared, on all valid pixels. @param valid  of the scene, null where every pixel is */
export function fitPreparation(source: Source, valid: Uint8Array | null, preparation: Preparation): Prepared {
  const { name, kind, raster } = source;
  const shape = { name, kind, bands: raster.bands, channels: raster.bands };
  const standard = fitNormalisation(source);
  if (preparation.kind === "standard") return { source: shape, normalisation: standard, whitening: null };
  if (preparation.kind === "unit") {
    return { source: shape, normalisation: unitRange(source, standard), whitening: null };
  }
  const channels = Math.min(preparation.count, raster.bands);
  const whitening = fitWhitening(normalised(source, standard), valid, channels);
  return { source: { ...shape, channels }, normalisation: standard, whitening };
}

/** A source as a network is given it; 0 at invalid pixels. */
export function preparedImage(source: Source, { normalisation, whitening }: Prepared): Image {
  const image = normalised(source, normalisation);
  return whitening === null ? image : whiten(image, source.raster.valid, whitening);
}
