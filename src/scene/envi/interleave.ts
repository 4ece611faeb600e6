/** @file Bands one after another to pixel by pixel, fast: in tiles that stay in cache, whatever the numbers mean. */

import { endianness } from "node:os";

/** Numbers as words of their size, so that few array types go through the loops below. */
export type Words = Uint8Array | Uint16Array | Int32Array | Float64Array;

/** A buffer as words of 1, 2, 4 or 8 bytes. */
export function wordsOf(buffer: ArrayBufferLike, byteLength: number, wordBytes: number): Words {
  if (wordBytes === 1) return new Uint8Array(buffer, 0, byteLength);
  if (wordBytes === 2) return new Uint16Array(buffer, 0, byteLength / 2);
  if (wordBytes === 4) return new Int32Array(buffer, 0, byteLength / 4);
  return new Float64Array(buffer, 0, byteLength / 8);
}

/** So many bytes of pixels stay in cache until all their bands are written. */
const tileBytes = 2 ** 18;

/**
 * Write planes `[L, n]` as pixels `[n, L]`.
 *
 * @param planes  `L` of them, of `count` words each
 * @param out     of words of the same size
 * @param start   where the first pixel goes in `out`
 */
export function interleaved(planes: readonly Words[], count: number, out: Words, start: number): void {
  const bands = planes.length;
  const pairs = pairsOf(planes, count);
  const fours = bands - (bands % 4);
  const tile = Math.max(2, Math.floor(tileBytes / (bands * out.BYTES_PER_ELEMENT * 2)) * 2);
  for (let from = 0; from < count; from += tile) {
    const end = Math.min(count, from + tile);
    const at = start + from * bands;
    for (let band = 0; band < fours; band += 4) {
      if (pairs === null) fourBands(planes, band, from, end, out, at + band);
      else fourPairs(pairs, band, from, end, out, at + band);
    }
    for (let band = fours; band < bands; band++) oneBand(planes[band]!, from, end, out, at + band, bands);
  }
  if (pairs === null || count % 2 === 0) return;
  for (let band = 0; band < fours; band++) out[start + (count - 1) * bands + band] = planes[band]![count - 1]!;
}

const hostIsLittleEndian = endianness() === "LE";

/** Planes of 16-bit words as pairs of pixels, which halves the reads; null for words of other sizes. */
function pairsOf(planes: readonly Words[], count: number): Int32Array[] | null {
  if (!hostIsLittleEndian) return null;
  const isEven = planes.every((plane) => plane instanceof Uint16Array && plane.byteOffset % 4 === 0);
  return isEven ? planes.map(({ buffer, byteOffset }) => new Int32Array(buffer, byteOffset, count >> 1)) : null;
}

function oneBand(plane: Words, from: number, end: number, out: Words, at: number, bands: number): void {
  for (let pixel = from, to = at; pixel < end; pixel++, to += bands) out[to] = plane[pixel]!;
}

function fourBands(planes: readonly Words[], band: number, from: number, end: number, out: Words, at: number): void {
  const a = planes[band]!;
  const b = planes[band + 1]!;
  const c = planes[band + 2]!;
  const d = planes[band + 3]!;
  for (let pixel = from, to = at; pixel < end; pixel++, to += planes.length) {
    out[to] = a[pixel]!;
    out[to + 1] = b[pixel]!;
    out[to + 2] = c[pixel]!;
    out[to + 3] = d[pixel]!;
  }
}

/** Like {@link fourBands}; the low half of a pair is the first pixel. */
function fourPairs(
  pairs: readonly Int32Array[],
  band: number,
  from: number,
  end: number,
  out: Words,
  at: number,
): void {
  const a = pairs[band]!;
  const b = pairs[band + 1]!;
  const c = pairs[band + 2]!;
  const d = pairs[band + 3]!;
  const bands = pairs.length;
  for (let pair = from >> 1, to = at; pair < end >> 1; pair++, to += 2 * bands) {
    const [p, q, r, s] = [a[pair]!, b[pair]!, c[pair]!, d[pair]!];
    out[to] = p;
    out[to + 1] = q;
    out[to + 2] = r;
    out[to + 3] = s;
    out[to + bands] = p >>> 16;
    out[to + bands + 1] = q >>> 16;
    out[to + bands + 2] = r >>> 16;
    out[to + bands + 3] = s >>> 16;
  }
}
