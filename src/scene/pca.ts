/** @file Whitened principal components: the cheap latent that a learned one must beat. */
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { type NdArray, ndarray } from "../tensor/index.ts";
import type { Image } from "./tiles.ts";

/** A latent is (x − mean)·projection, each channel of unit variance. */
export interface Whitening {
  /** `[L]` */
  readonly mean: NdArray<"f32">;
  /** `[L, C]` */
  readonly projection: NdArray<"f32">;
}

/**
 * Fit on all valid pixels.
 *
 * @param channels  components to keep; at most the number of bands
 */
export function fitWhitening(image: Image, valid: Uint8Array | null, channels: number): Whitening {
  const bands = image.channels;
  const kept = Math.min(channels, bands);
  const pixels = image.height * image.width;
  const mean = new Float64Array(bands);
  let count = 0;
  for (let pixel = 0; pixel < pixels; pixel++) {
    if (valid && valid[pixel] === 0) continue;
    count++;
    for (let band = 0; band < bands; band++) mean[band]! += image.data[pixel * bands + band]!;
  }
  for (let band = 0; band < bands; band++) mean[band]! /= Math.max(1, count);
  const covariance = Matrix.zeros(bands, bands);
  const centred = new Float64Array(bands);
  const rows = Array.from({ length: bands }, () => new Float64Array(bands));
  for (let pixel = 0; pixel < pixels; pixel++) {
    if (valid && valid[pixel] === 0) continue;
    for (let band = 0; band < bands; band++) centred[band] = image.data[pixel * bands + band]! - mean[band]!;
    for (let a = 0; a < bands; a++) {
      const row = rows[a]!;
      const factor = centred[a]!;
      for (let b = 0; b <= a; b++) row[b]! += factor * centred[b]!;
    }
  }
  for (let a = 0; a < bands; a++) {
    for (let b = 0; b <= a; b++) {
      covariance.set(a, b, rows[a]![b]! / Math.max(1, count));
      covariance.set(b, a, rows[a]![b]! / Math.max(1, count));
    }
  }
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(covariance, { assumeSymmetric: true });
  const order = realEigenvalues.map((_, at) => at).sort((a, b) => realEigenvalues[b]! - realEigenvalues[a]!);
  const largest = realEigenvalues[order[0]!]!;
  const projection = new Float32Array(bands * kept);
  for (let channel = 0; channel < kept; channel++) {
    const which = order[channel]!;
    // A component without variance is left out rather than blown up.
    const scale = realEigenvalues[which]! > 1e-9 * largest ? 1 / Math.sqrt(realEigenvalues[which]!) : 0;
    for (let band = 0; band < bands; band++)
      projection[band * kept + channel] = eigenvectorMatrix.get(band, which) * scale;
  }
  return { mean: ndarray(Float32Array.from(mean), [bands]), projection: ndarray(projection, [bands, kept]) };
}

/** The latent of an image, `[H, W, C]`; 0 at invalid pixels. */
export function whiten(image: Image, valid: Uint8Array | null, { mean, projection }: Whitening): Image {
  const [bands, channels] = projection.shape as [number, number];
  const { height, width } = image;
  const data = new Float32Array(height * width * channels);
  for (let pixel = 0; pixel < height * width; pixel++) {
    if (valid && valid[pixel] === 0) continue;
    for (let band = 0; band < bands; band++) {
      const value = image.data[pixel * bands + band]! - mean.data[band]!;
      for (let channel = 0; channel < channels; channel++) {
        data[pixel * channels + channel]! += value * projection.data[band * channels + channel]!;
      }
    }
  }
  return { height, width, channels, data };
}
