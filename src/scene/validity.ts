/** @file Which pixels hold data: finite in every band, and not the value declared as missing. */
import type { RasterData } from "./raster.ts";

/**
 * Mask of the pixels that hold data in every band.
 *
 * @param data    `[pixels, L]`
 * @param nodata  the value that stands for "missing"; null if none does
 * @returns       `[pixels]` of 0 and 1; null where every pixel is valid
 */
export function validity(data: RasterData, bands: number, nodata: number | null): Uint8Array | null {
  const isFloat = data instanceof Float32Array || data instanceof Float64Array;
  // As the data hold it: −3.4e38 written in a header is another number than −3.4e38 in 32 bits.
  const missing = nodata !== null && data instanceof Float32Array ? Math.fround(nodata) : nodata;
  if (!isFloat && missing === null) return null;
  const valid = new Uint8Array(data.length / bands);
  let invalid = 0;
  for (let pixel = 0, at = 0; pixel < valid.length; pixel++) {
    let isValid = 1;
    for (const end = at + bands; at < end; at++) {
      const value = data[at]!;
      // value − value is 0 for finite numbers, else NaN.
      if (value === missing || value - value !== 0) isValid = 0;
    }
    valid[pixel] = isValid;
    invalid += 1 - isValid;
  }
  return invalid === 0 ? null : valid;
}

/** Pixels valid in both masks; null is a mask of ones. */
export function bothValid(a: Uint8Array | null, b: Uint8Array | null): Uint8Array | null {
  if (a === null || b === null) return a ?? b;
  return a.map((valid, pixel) => valid & b[pixel]!);
}

/** Number of valid pixels. */
export function countValid(valid: Uint8Array | null, pixels: number): number {
  if (valid === null) return pixels;
  let count = 0;
  for (const one of valid) count += one;
  return count;
}
