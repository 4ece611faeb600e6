/** @file Square tiles of an image as lists of pixel indices: what a tile holds is then one look-up, whatever the image. */

/** Grid of an image, in pixels. */
export interface Grid {
  readonly height: number;
  readonly width: number;
}

/** Where a tile lies. */
export interface TilePlace {
  /** Row and column of its upper-left pixel; may be outside the image. */
  readonly row: number;
  readonly col: number;
  /** One of the eight symmetries of the square, 0 = as it is: bit 0 flips columns, bit 1 flips rows, bit 2 transposes. */
  readonly symmetry?: number;
}

/** An index mirrored at the borders, without repeating the border pixel: −1 → 1, `length` → `length − 2`. */
export function mirrored(at: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const folded = ((at % period) + period) % period;
  return folded < length ? folded : period - folded;
}

/**
 * Pixel index (`row · width + col`) of each of the `side²` places of a tile, row by row; outside the image it is mirrored.
 *
 * @param into  receives the indices, from `offset` on
 */
export function tilePixels(
  { height, width }: Grid,
  { row, col, symmetry = 0 }: TilePlace,
  side: number,
  into: Int32Array = new Int32Array(side * side),
  offset = 0,
): Int32Array {
  for (let r = 0; r < side; r++) {
    for (let c = 0; c < side; c++) {
      const [a, b] = symmetry & 4 ? [c, r] : [r, c];
      const fromRow = symmetry & 2 ? side - 1 - a : a;
      const fromCol = symmetry & 1 ? side - 1 - b : b;
      into[offset + r * side + c] = mirrored(row + fromRow, height) * width + mirrored(col + fromCol, width);
    }
  }
  return into;
}

/**
 * Upper-left corners of tiles whose inner parts cover the image.
 *
 * @param side  side of a tile
 * @param core  side of the inner part that is kept, `core` ≤ `side`; the margin is `(side − core) / 2`, rounded down
 */
export function coveringTiles({ height, width }: Grid, side: number, core: number): TilePlace[] {
  const margin = Math.floor((side - core) / 2);
  const places: TilePlace[] = [];
  for (let row = 0; row < height; row += core) {
    for (let col = 0; col < width; col += core) places.push({ row: row - margin, col: col - margin });
  }
  return places;
}

/** An image `[H, W, C]`, row-major. */
export interface Image extends Grid {
  readonly channels: number;
  readonly data: Float32Array;
}

/** Copy the channels of each pixel, in order: `[pixels, C]` into `into` from element `offset` on. */
export function gatherPixels({ channels, data }: Image, pixels: Int32Array, into: Float32Array, offset = 0): void {
  let to = offset;
  for (const pixel of pixels) {
    const from = pixel * channels;
    for (let channel = 0; channel < channels; channel++) into[to++] = data[from + channel]!;
  }
}
