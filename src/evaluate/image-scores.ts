/** @file How near one image of a source is to another: PSNR, SSIM, spectral angle and correlation. */

/** Numbers `[H, W, L]`. */
export interface ScoredImage {
  readonly height: number;
  readonly width: number;
  readonly bands: number;
  readonly data: ArrayLike<number>;
}

export interface ImageScores {
  /** Peak signal-to-noise ratio in dB, mean over bands; the peak of a band is its range among the pixels. */
  readonly psnr: number | null;
  /** Structural similarity, −1 … 1, mean over bands and pixels whose window lies in the image. */
  readonly ssim: number | null;
  /** Mean angle between spectra in degrees; null for one band. */
  readonly spectralAngle: number | null;
  /** Pearson correlation, mean over bands. */
  readonly correlation: number | null;
}

const windowSide = 7;

/** Mean of the known numbers; null where there is none. */
function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** Moments of pairs of numbers. */
interface Moments {
  readonly x: number;
  readonly y: number;
  readonly xx: number;
  readonly yy: number;
  readonly xy: number;
}

/** Means, and variances and covariance, of pairs. @param unbiased  whether these are divided by n − 1 */
function momentsOf(count: number, at: (index: number) => readonly [number, number], unbiased: boolean): Moments {
  let [x, y, xx, yy, xy] = [0, 0, 0, 0, 0];
  for (let index = 0; index < count; index++) {
    const [a, b] = at(index);
    x += a / count;
    y += b / count;
  }
  const share = 1 / (unbiased ? Math.max(1, count - 1) : count);
  for (let index = 0; index < count; index++) {
    const [a, b] = at(index);
    xx += share * (a - x) ** 2;
    yy += share * (b - y) ** 2;
    xy += share * (a - x) * (b - y);
  }
  return { x, y, xx, yy, xy };
}

/** SSIM of the window around a pixel; null where it reaches beyond the image. */
function similarity(real: ScoredImage, other: ArrayLike<number>, pixel: number, band: number, range: number) {
  const { height, width, bands, data } = real;
  const radius = (windowSide - 1) / 2;
  const [row, col] = [Math.floor(pixel / width), pixel % width];
  if (row < radius || col < radius || row >= height - radius || col >= width - radius) return null;
  const at = (index: number): readonly [number, number] => {
    const own = (row - radius + Math.floor(index / windowSide)) * width + col - radius + (index % windowSide);
    return [data[own * bands + band]!, other[own * bands + band]!];
  };
  const { x, y, xx, yy, xy } = momentsOf(windowSide ** 2, at, true);
  const [c1, c2] = [(0.01 * range) ** 2, (0.03 * range) ** 2];
  return ((2 * x * y + c1) * (2 * xy + c2)) / ((x * x + y * y + c1) * (xx + yy + c2));
}

/** Angle between two spectra in degrees; null where one is zero. */
function angle({ data, bands }: ScoredImage, other: ArrayLike<number>, pixel: number): number | null {
  let [xx, yy, xy] = [0, 0, 0];
  for (let at = pixel * bands; at < (pixel + 1) * bands; at++) {
    xx += data[at]! ** 2;
    yy += other[at]! ** 2;
    xy += data[at]! * other[at]!;
  }
  const length = Math.sqrt(xx * yy);
  return length === 0 ? null : (Math.acos(Math.min(1, Math.max(-1, xy / length))) * 180) / Math.PI;
}

/**
 * Scores of an image against the real one, on some pixels.
 *
 * @param other   `[H, W, L]`
 * @param pixels  indices `row · width + col`
 * @see Wang et al. 2004 (SSIM: uniform windows of 7 × 7, K₁ = 0.01, K₂ = 0.03); Kruse et al. 1993 (spectral angle)
 */
export function imageScores(real: ScoredImage, other: ArrayLike<number>, pixels: Int32Array): ImageScores {
  const { bands, data } = real;
  const psnr: (number | null)[] = [];
  const ssim: (number | null)[] = [];
  const correlation: (number | null)[] = [];
  for (let band = 0; band < bands; band++) {
    let [least, most, squares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
    for (const pixel of pixels) {
      const value = data[pixel * bands + band]!;
      least = Math.min(least, value);
      most = Math.max(most, value);
      squares += (value - other[pixel * bands + band]!) ** 2 / pixels.length;
    }
    const range = most - least;
    if (!(range > 0)) continue;
    psnr.push(10 * Math.log10(range ** 2 / squares));
    ssim.push(meanOf(Array.from(pixels, (pixel) => similarity(real, other, pixel, band, range))));
    const pair = (index: number): readonly [number, number] => {
      const at = pixels[index]! * bands + band;
      return [data[at]!, other[at]!];
    };
    const { xx, yy, xy } = momentsOf(pixels.length, pair, false);
    correlation.push(xx * yy > 0 ? xy / Math.sqrt(xx * yy) : null);
  }
  const angles = bands === 1 ? [] : Array.from(pixels, (pixel) => angle(real, other, pixel));
  return {
    psnr: meanOf(psnr),
    ssim: meanOf(ssim),
    spectralAngle: meanOf(angles),
    correlation: meanOf(correlation),
  };
}
