/**
 * @file Bands on a common scale: clipped to where nearly all values lie, then mean 0 and deviation 1. Fitted label-free
 * on all valid pixels of a scene; radar power is taken in decibels first.
 */
import { ShapeError } from "../tensor/index.ts";
import type { Raster } from "./raster.ts";
import type { Source } from "./scene.ts";

/** How one band is scaled, in the unit of the band or, of radar power, in decibels. */
export interface BandScale {
  /** Values below are raised to it. */
  readonly low: number;
  /** Values above are lowered to it. */
  readonly high: number;
  /** Mean of the clipped values. */
  readonly mean: number;
  /** Standard deviation of the clipped values; 0 for a constant band. */
  readonly deviation: number;
}

/** Plain numbers, so that it can be kept as JSON. */
export interface Normalisation {
  readonly perBand: readonly BandScale[];
  /** Whether values are linear power, of which 10·log₁₀ is taken first. */
  readonly decibel: boolean;
}

/** Percentiles are exact up to this many pixels, and of an even sample of as many beyond. */
const sampleSize = 200_000;

/** By how much of its length the range from the 1st to the 99th percentile is widened, at either end. */
const widening = 0.25;

/** Valid pixel indices: all, or an even sample. */
function samplePixels({ height, width, valid }: Raster): Int32Array {
  const size = height * width;
  let count = size;
  if (valid !== null) {
    count = 0;
    for (let pixel = 0; pixel < size; pixel++) if (valid[pixel] !== 0) count++;
  }
  const taken = Math.min(count, sampleSize);
  const pixels = new Int32Array(taken);
  let seen = 0;
  let at = 0;
  for (let pixel = 0; pixel < size && at < taken; pixel++) {
    if (valid !== null && valid[pixel] === 0) continue;
    if (seen === Math.floor((at * count) / taken)) pixels[at++] = pixel;
    seen++;
  }
  return pixels;
}

/** The value below which a share of sorted numbers lies, linear between neighbours. */
function percentile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}

function sortedBand(raster: Raster, pixels: Int32Array, band: number): Float64Array {
  const values = new Float64Array(pixels.length);
  for (let at = 0; at < pixels.length; at++) values[at] = raster.data[pixels[at]! * raster.bands + band]!;
  return values.sort();
}

/** Speckle of power has a long upper tail; decibels and scaled decibels do not. */
function isPower(sorted: Float64Array): boolean {
  if (sorted.length === 0 || sorted[0]! < 0) return false;
  const middle = percentile(sorted, 0.5);
  return percentile(sorted, 0.99) - middle > 2 * (middle - percentile(sorted, 0.01));
}

/** Clip range of sorted values; of zero power, whose decibels are −∞, nothing is known but that it is low. */
function clipRange(sorted: Float64Array, decibel: boolean): [number, number] {
  const finite = decibel ? sorted.filter((power) => power > 0).map((power) => 10 * Math.log10(power)) : sorted;
  if (finite.length === 0) return [0, 0];
  const low = percentile(finite, 0.01);
  const high = percentile(finite, 0.99);
  // A rare value in an otherwise constant band is all that such a band says.
  if (low === high) return [finite[0]!, finite[finite.length - 1]!];
  const margin = widening * (high - low);
  return [low - margin, high + margin];
}

function clipped(value: number, low: number, high: number, decibel: boolean): number {
  if (decibel && value <= 0) return low;
  const scaled = decibel ? 10 * Math.log10(value) : value;
  return Math.min(high, Math.max(low, scaled));
}

/**
 * The scale of each band: clip to the 1st–99th percentile widened by a quarter of that range at either end, then mean
 * and standard deviation, over all valid pixels.
 */
export function fitNormalisation(source: Source): Normalisation {
  const { raster, kind } = source;
  const { bands, data, valid } = raster;
  const pixels = samplePixels(raster);
  const size = raster.height * raster.width;
  const decibel =
    kind === "sar" &&
    Array.from({ length: bands }, (_, band) => band).every((band) => isPower(sortedBand(raster, pixels, band)));
  const perBand: BandScale[] = [];
  for (let band = 0; band < bands; band++) {
    const [low, high] = clipRange(sortedBand(raster, pixels, band), decibel);
    let count = 0;
    let mean = 0;
    let squares = 0;
    for (let pixel = 0; pixel < size; pixel++) {
      if (valid !== null && valid[pixel] === 0) continue;
      const value = clipped(data[pixel * bands + band]!, low, high, decibel);
      count++;
      const away = value - mean;
      mean += away / count;
      squares += away * (value - mean);
    }
    perBand.push({ low, high, mean, deviation: low === high ? 0 : Math.sqrt(squares / Math.max(1, count)) });
  }
  return { perBand, decibel };
}

/**
 * Bands clipped, with mean 0 and deviation 1.
 *
 * @param raster  of the same kind and bands as the one fitted, not necessarily the same scene
 * @returns       `f32 [H, W, L]`; 0, the mean, at invalid pixels and in constant bands
 * @throws ShapeError if the number of bands differs
 */
export function applyNormalisation(raster: Raster, normalisation: Normalisation): Float32Array {
  const { height, width, bands, data, valid } = raster;
  const { perBand, decibel } = normalisation;
  if (perBand.length !== bands) {
    throw new ShapeError("applyNormalisation", `expected ${perBand.length} bands as fitted; got ${bands}`, [
      [perBand.length],
      [height, width, bands],
    ]);
  }
  const scale = perBand.map(({ deviation }) => (deviation > 0 ? 1 / deviation : 0));
  const into = new Float32Array(height * width * bands);
  for (let pixel = 0, at = 0; pixel < height * width; pixel++, at = pixel * bands) {
    if (valid !== null && valid[pixel] === 0) continue;
    for (let band = 0; band < bands; band++) {
      const { low, high, mean } = perBand[band]!;
      into[at + band] = (clipped(data[at + band]!, low, high, decibel) - mean) * scale[band]!;
    }
  }
  return into;
}

/**
 * The same scale for all bands, the root mean square of their deviations: bands of one unit keep what sets a lively one
 * apart from one that shows little but noise. Constant bands stay constant. In the unit that these bands share.
 */
export function withCommonDeviation({ perBand, decibel }: Normalisation): Normalisation {
  const varying = perBand.filter(({ deviation }) => deviation > 0);
  const squares = varying.reduce((sum, { deviation }) => sum + deviation ** 2, 0);
  const common = Math.sqrt(squares / Math.max(1, varying.length));
  return {
    perBand: perBand.map((scale) => (scale.deviation > 0 ? { ...scale, deviation: common } : scale)),
    decibel,
  };
}
