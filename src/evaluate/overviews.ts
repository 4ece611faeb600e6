/** @file Overviews: the same image at half its size, again and again, for quick looks from afar. */
import type { RasterData } from "../scene/index.ts";

/** What a pixel of an overview says of the four that it covers: their most frequent value, or their mean. */
export type Reduction = "mode" | "mean";

/** Pixels `[H, W, L]` and the value among them that means "missing". */
export interface Reducible {
  readonly height: number;
  readonly width: number;
  readonly bands: number;
  readonly data: RasterData;
  readonly nodata?: number | null;
}

/**
 * The image at half its size, rounded up. Missing pixels do not count, unless all that a pixel covers are missing; of
 * equally frequent values the upper left one is taken.
 */
export function halved(image: Reducible, reduction: Reduction): Reducible {
  const { height, width, bands, data } = image;
  const declared = image.nodata ?? Number.NaN;
  const nodata = data instanceof Float32Array ? Math.fround(declared) : declared;
  const [rows, cols] = [Math.ceil(height / 2), Math.ceil(width / 2)];
  const small = new (data.constructor as new (length: number) => RasterData)(rows * cols * bands);
  const isWhole = !(data instanceof Float32Array || data instanceof Float64Array);
  const reduce = reduction === "mode" ? mode : mean;
  const present = new Float64Array(4);
  for (let row = 0; row < rows; row++) {
    const [top, bottom] = [2 * row, Math.min(2 * row + 2, height)];
    for (let col = 0; col < cols; col++) {
      const [left, right] = [2 * col, Math.min(2 * col + 2, width)];
      for (let band = 0; band < bands; band++) {
        let count = 0;
        for (let r = top; r < bottom; r++) {
          for (let c = left; c < right; c++) {
            const value = data[(r * width + c) * bands + band]!;
            if (value !== nodata && !Number.isNaN(value)) present[count++] = value;
          }
        }
        const value = count === 0 ? data[(top * width + left) * bands + band]! : reduce(present, count);
        small[(row * cols + col) * bands + band] = isWhole ? Math.round(value) : value;
      }
    }
  }
  return { height: rows, width: cols, bands, data: small, nodata: image.nodata ?? null };
}

function mean(values: Float64Array, count: number): number {
  let sum = 0;
  for (let at = 0; at < count; at++) sum += values[at]!;
  return sum / count;
}

/** Of at most four values: the first one that no other outnumbers. */
function mode(values: Float64Array, count: number): number {
  let [best, most] = [values[0]!, 0];
  for (let at = 0; at < count; at++) {
    let same = 0;
    for (let other = 0; other < count; other++) same += Number(values[other] === values[at]);
    if (same > most) [best, most] = [values[at]!, same];
  }
  return best;
}

/** Heights and widths of an image and its overviews, until one fits into `side` × `side` pixels. */
export function overviewSizes(height: number, width: number, side: number): (readonly [number, number])[] {
  const sizes: (readonly [number, number])[] = [];
  for (let [rows, cols] = [height, width]; ; [rows, cols] = [Math.ceil(rows / 2), Math.ceil(cols / 2)]) {
    sizes.push([rows, cols]);
    if (Math.max(rows, cols) <= side) return sizes;
  }
}
