/** @file Pixels as the tiles of a TIFF file: differenced by a predictor, compressed. */
import { endianness } from "node:os";
import { deflateSync } from "node:zlib";
import type { RasterData } from "../scene/index.ts";

/** How a row is rewritten before compression, as field 317 numbers it. */
export const predictors = { none: 1, difference: 2, float: 3 } as const;
export type Predictor = (typeof predictors)[keyof typeof predictors];

/** Encodes one tile, whose numbers it may overwrite. */
export type TileEncoder = (tile: RasterData) => Uint8Array;

/**
 * An encoder of deflated tiles.
 *
 * @param rowLength  numbers in a row of a tile
 * @param bands      numbers of a pixel
 */
export function tileEncoder(rowLength: number, bands: number, predictor: Predictor): TileEncoder {
  let planes = Buffer.alloc(0);
  return (tile) => {
    const bytes = Buffer.from(tile.buffer, tile.byteOffset, tile.byteLength);
    const size = tile.BYTES_PER_ELEMENT;
    if (predictor === predictors.float) {
      if (planes.length !== bytes.length) planes = Buffer.alloc(bytes.length);
      for (let row = 0; row < tile.length; row += rowLength)
        floatRow(bytes, planes, row * size, rowLength, size, bands);
      return deflateSync(planes);
    }
    if (predictor === predictors.difference) {
      for (let row = 0; row < tile.length; row += rowLength) {
        // The typed array wraps around as the format wants it.
        for (let at = row + rowLength - 1; at >= row + bands; at--) tile[at]! -= tile[at - bands]!;
      }
    }
    return deflateSync(endianness() === "LE" ? bytes : swapped(bytes, size));
  };
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
