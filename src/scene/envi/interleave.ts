/** @file Bands one after another to pixel by pixel, fast: in tiles that stay in cache, whatever the numbers mean. */

import { endianness } from "node:os";

/** Numbers as words of their size, so that few array types go through the loops below. */
export type Words = Uint8Array | Uint16Array | Int32Array | Float64Array;

/** Bytes as words of 1, 2, 4 or 8 of them. */
export function wordsOf({ buffer, byteOffset, byteLength }: ArrayBufferView, wordBytes: number): Words {
  if (wordBytes === 1) return new Uint8Array(buffer, byteOffset, byteLength);
  if (wordBytes === 2) return new Uint16Array(buffer, byteOffset, byteLength / 2);
  if (wordBytes === 4) return new Int32Array(buffer, byteOffset, byteLength / 4);
  return new Float64Array(buffer, byteOffset, byteLength / 8);
}

/** So many bytes of pixels stay in cache until all their bands are written. */
const tileBytes = 2 ** 18;
/** Pixels that lie apart take a page of memory each: no more of them than the processor has at hand. */
const apartPixels = 64;

/** Lines of pixels within a plane. */
export interface PlaneLines {
  readonly lines: number;
  /** Of a line. */
  readonly pixels: number;
  /** Words from one line to the next. */
  readonly pitch: number;
}

/** Where pixels go, in words. */
export interface PixelPlaces {
  readonly start: number;
  /** From one line to the next. */
  readonly line: number;
  /** From one pixel to the next. */
  readonly pixel: number;
}

/**
 * Write planes `[L, lines, pixels]` as pixels `[lines, pixels, L]` or, with other places, `[pixels, lines, L]`.
 *
 * @param planes  `L` of them
 * @param out     of words of the same size
 */
export function interleaved(
  planes: readonly Words[],
  { lines, pixels, pitch }: PlaneLines,
  out: Words,
  { start, line, pixel: step }: PixelPlaces,
): void {
  const bands = planes.length;
  const pairs = lines === 1 || pitch % 2 === 0 ? pairsOf(planes) : null;
  const fours = bands - (bands % 4);
  const inCache = Math.max(2, Math.floor(tileBytes / (bands * out.BYTES_PER_ELEMENT * 2)) * 2);
  const tile = step === bands ? inCache : Math.min(inCache, apartPixels);
  for (let index = 0; index < lines; index++) {
    for (let first = 0; first < pixels; first += tile) {
      const from = index * pitch + first;
      const end = from + Math.min(tile, pixels - first);
      const even = pairs === null ? from : end - (end % 2);
      const at = start + index * line + first * step;
      for (let band = 0; band < fours; band += 4) {
        if (pairs !== null) fourPairs(pairs, band, from, even, out, at + band, step);
        if (even < end) fourBands(planes, band, even, end, out, at + band + (even - from) * step, step);
      }
      for (let band = fours; band < bands; band++) oneBand(planes[band]!, from, end, out, at + band, step);
    }
  }
}

const hostIsLittleEndian = endianness() === "LE";

/** Planes of 16-bit words as pairs of pixels, which halves the reads; null for words of other sizes. */
function pairsOf(planes: readonly Words[]): Int32Array[] | null {
  if (!hostIsLittleEndian) return null;
  const isEven = planes.every((plane) => plane instanceof Uint16Array && plane.byteOffset % 4 === 0);
  return isEven
    ? planes.map(({ buffer, byteOffset, length }) => new Int32Array(buffer, byteOffset, length >> 1))
    : null;
}

function oneBand(plane: Words, from: number, end: number, out: Words, at: number, step: number): void {
  for (let pixel = from, to = at; pixel < end; pixel++, to += step) out[to] = plane[pixel]!;
}

function fourBands(
  planes: readonly Words[],
  band: number,
  from: number,
  end: number,
  out: Words,
  at: number,
  step: number,
): void {
  const a = planes[band]!;
  const b = planes[band + 1]!;
  const c = planes[band + 2]!;
  const d = planes[band + 3]!;
  for (let pixel = from, to = at; pixel < end; pixel++, to += step) {
    out[to] = a[pixel]!;
    out[to + 1] = b[pixel]!;
    out[to + 2] = c[pixel]!;
    out[to + 3] = d[pixel]!;
  }
}

/** Like {@link fourBands}, from and to an even pixel; the low half of a pair is the first one. */
function fourPairs(
  pairs: readonly Int32Array[],
  band: number,
  from: number,
  end: number,
  out: Words,
  at: number,
  step: number,
): void {
  const a = pairs[band]!;
  const b = pairs[band + 1]!;
  const c = pairs[band + 2]!;
  const d = pairs[band + 3]!;
  for (let pair = from >> 1, to = at; pair < end >> 1; pair++, to += 2 * step) {
    const [p, q, r, s] = [a[pair]!, b[pair]!, c[pair]!, d[pair]!];
    out[to] = p;
    out[to + 1] = q;
    out[to + 2] = r;
    out[to + 3] = s;
    out[to + step] = p >>> 16;
    out[to + step + 1] = q >>> 16;
    out[to + step + 2] = r >>> 16;
    out[to + step + 3] = s >>> 16;
  }
}
