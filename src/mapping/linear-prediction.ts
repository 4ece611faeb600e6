/** @file Bands of one source as a linear function of the bands of others at the same pixel. */
import { Matrix, solve } from "ml-matrix";
import type { Raster } from "../scene/index.ts";

/**
 * Least squares on some pixels; without sources, the mean of each band.
 *
 * @returns `[H, W, L]` of the target
 */
export function linearPrediction(from: readonly Raster[], to: Raster, pixels: Int32Array): Float32Array {
  const inputs = 1 + from.reduce((sum, { bands }) => sum + bands, 0);
  const row = (pixel: number): number[] => [
    1,
    ...from.flatMap(({ bands, data }) => Array.from(data.subarray(pixel * bands, (pixel + 1) * bands))),
  ];
  // Normal equations; a little on the diagonal keeps bands that depend on each other apart.
  const [gram, moments] = [Matrix.zeros(inputs, inputs), Matrix.zeros(inputs, to.bands)];
  for (const pixel of pixels) {
    const x = row(pixel);
    for (let a = 0; a < inputs; a++) {
      for (let b = 0; b < inputs; b++) gram.set(a, b, gram.get(a, b) + x[a]! * x[b]!);
      for (let band = 0; band < to.bands; band++) {
        moments.set(a, band, moments.get(a, band) + x[a]! * to.data[pixel * to.bands + band]!);
      }
    }
  }
  for (let a = 0; a < inputs; a++) gram.set(a, a, gram.get(a, a) * (1 + 1e-6) + 1e-9);
  const weights = solve(gram, moments);
  const result = new Float32Array(to.height * to.width * to.bands);
  for (let pixel = 0; pixel < to.height * to.width; pixel++) {
    const x = row(pixel);
    for (let band = 0; band < to.bands; band++) {
      let value = 0;
      for (let a = 0; a < inputs; a++) value += x[a]! * weights.get(a, band);
      result[pixel * to.bands + band] = value;
    }
  }
  return result;
}
