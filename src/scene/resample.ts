/** @file A raster moved to a grid that divides its own or is divided by it. */
import type { Alignment } from "./grid.ts";
import type { Georeference, Raster } from "./raster.ts";

/** Where to: the size and place of the reference grid. */
interface Target {
  readonly height: number;
  readonly width: number;
  readonly georeference: Georeference | null;
}

/**
 * The raster on the reference grid: bilinear from a coarser grid, the mean from a finer one. Missing pixels take no
 * part; a pixel is valid if the coarser pixel around it is, or if any of the finer pixels in it is.
 *
 * @returns  `f32`, or `f64` if the raster is; the raster itself if the grids are the same
 */
export function resampled(raster: Raster, { relation, rows, cols }: Alignment, target: Target): Raster {
  if (relation === "same") return raster;
  const { height, width, georeference } = target;
  const size = height * width * raster.bands;
  const data = raster.data instanceof Float64Array ? new Float64Array(size) : new Float32Array(size);
  const valid = new Uint8Array(height * width);
  const fill = relation === "coarser" ? fillBilinear : fillMean;
  fill(raster, rows, cols, width, data, valid);
  return {
    ...raster,
    ...{ height, width, data, georeference },
    valid: valid.every((one) => one === 1) ? null : valid,
    // Means of class codes are no codes.
    categories: null,
  };
}

type Floats = Float32Array | Float64Array;

function fillMean(raster: Raster, rows: number, cols: number, width: number, out: Floats, valid: Uint8Array): void {
  const { bands, data } = raster;
  const sums = new Float64Array(bands);
  for (let pixel = 0; pixel < valid.length; pixel++) {
    const top = Math.floor(pixel / width) * rows;
    const left = (pixel % width) * cols;
    sums.fill(0);
    let count = 0;
    for (let row = top; row < top + rows; row++) {
      for (let col = left; col < left + cols; col++) {
        const from = row * raster.width + col;
        if (raster.valid !== null && raster.valid[from] === 0) continue;
        count++;
        for (let band = 0; band < bands; band++) sums[band] = sums[band]! + data[from * bands + band]!;
      }
    }
    valid[pixel] = count > 0 ? 1 : 0;
    for (let band = 0; band < bands; band++) out[pixel * bands + band] = count > 0 ? sums[band]! / count : Number.NaN;
  }
}

/** Along one axis, for each new position: the two old positions around its centre, and the weight of the second. */
function neighbours(length: number, factor: number): { low: Int32Array; high: Int32Array; weight: Float64Array } {
  const size = length * factor;
  const low = new Int32Array(size);
  const high = new Int32Array(size);
  const weight = new Float64Array(size);
  for (let at = 0; at < size; at++) {
    const place = Math.min(length - 1, Math.max(0, (at + 0.5) / factor - 0.5));
    low[at] = Math.floor(place);
    high[at] = Math.min(length - 1, low[at]! + 1);
    weight[at] = place - low[at]!;
  }
  return { low, high, weight };
}

function fillBilinear(raster: Raster, rows: number, cols: number, width: number, out: Floats, valid: Uint8Array): void {
  const { bands, data } = raster;
  const down = neighbours(raster.height, rows);
  const across = neighbours(raster.width, cols);
  const sums = new Float64Array(bands);
  for (let pixel = 0; pixel < valid.length; pixel++) {
    const row = Math.floor(pixel / width);
    const col = pixel % width;
    const centre = Math.floor(row / rows) * raster.width + Math.floor(col / cols);
    valid[pixel] = raster.valid === null ? 1 : raster.valid[centre]!;
    const at = pixel * bands;
    if (valid[pixel] === 0) {
      out.fill(Number.NaN, at, at + bands);
      continue;
    }
    sums.fill(0);
    let total = 0;
    for (let corner = 0; corner < 4; corner++) {
      const isHigh = corner >> 1 === 1;
      const isRight = (corner & 1) === 1;
      const from = (isHigh ? down.high[row]! : down.low[row]!) * raster.width;
      const old = from + (isRight ? across.high[col]! : across.low[col]!);
      const weight =
        (isHigh ? down.weight[row]! : 1 - down.weight[row]!) *
        (isRight ? across.weight[col]! : 1 - across.weight[col]!);
      if (weight === 0 || (raster.valid !== null && raster.valid[old] === 0)) continue;
      total += weight;
      for (let band = 0; band < bands; band++) sums[band] = sums[band]! + weight * data[old * bands + band]!;
    }
    for (let band = 0; band < bands; band++) out[at + band] = sums[band]! / total;
  }
}
