/** @file Pixels as the tiles of a TIFF file: cut, differenced by a predictor, compressed. */
import { endianness } from "node:os";
import { deflateSync } from "node:zlib";
import type { RasterData } from "../scene/index.ts";

/** How a row is rewritten before compression, as field 317 numbers it. */
export const predictors = { none: 1, difference: 2, float: 3 } as const;
export type Predictor = (typeof predictors)[keyof typeof predictors];

/** Pixels `[H, W, L]` of an image. */
interface Pixels {
  readonly height: number;
  readonly width: number;
  readonly bands: number;
  readonly data: RasterData;
}

/** Deflated tiles, row by row; the last ones are filled up by repeating the image's last row and column. */
export function* encodedTiles(
  { height, width, bands, data }: Pixels,
  tileHeight: number,
  tileWidth: number,
  predictor: Predictor,
): Generator<Uint8Array> {
  const rowLength = tileWidth * bands;
  const tile = new (data.constructor as new (length: number) => RasterData)(tileHeight * rowLength);
  const bytes = Buffer.from(tile.buffer);
  const planes = predictor === predictors.float ? Buffer.alloc(bytes.length) : bytes;
  for (let top = 0; top < height; top += tileHeight) {
    for (let left = 0; left < width; left += tileWidth) {
      const inside = Math.min(tileWidth, width - left) * bands;
      for (let row = 0; row < tileHeight; row++) {
        const from = (Math.min(top + row, height - 1) * width + left) * bands;
        const to = row * rowLength;
        tile.set(data.subarray(from, from + inside) as never, to);
        for (let at = to + inside; at < to + rowLength; at++) tile[at] = tile[at - bands]!;
        if (predictor === predictors.difference) {
          // The typed array wraps around as the format wants it.
          for (let at = to + rowLength - 1; at >= to + bands; at--) tile[at]! -= tile[at - bands]!;
        } else if (predictor === predictors.float) {
          floatRow(bytes, planes, row * rowLength * tile.BYTES_PER_ELEMENT, rowLength, tile.BYTES_PER_ELEMENT, bands);
        }
      }
      const isAsStored = predictor === predictors.float || endianness() === "LE";
      yield deflateSync(isAsStored ? planes : swapped(bytes, tile.BYTES_PER_ELEMENT));
    }
  }
}

/**
 * One row of floating-point numbers: first the highest byte of every number, then the next, each less the same byte of
 * the pixel before.
 *
 * @see Adobe Photoshop TIFF Technical Note 3, predictor 3
 */
function floatRow(bytes: Buffer, planes: Buffer, start: number, length: number, size: number, bands: number): void {
  const isLittle = endianness() === "LE";
  for (let byte = 0; byte < size; byte++) {
    const plane = start + byte * length;
    const from = start + (isLittle ? size - 1 - byte : byte);
    for (let at = 0; at < length; at++) planes[plane + at] = bytes[from + at * size]!;
  }
  for (let at = start + length * size - 1; at >= start + bands; at--) planes[at]! -= planes[at - bands]!;
}

function swapped(bytes: Buffer, size: number): Buffer {
  const copy = Buffer.from(bytes);
  return size === 2 ? copy.swap16() : size === 4 ? copy.swap32() : size === 8 ? copy.swap64() : copy;
}
