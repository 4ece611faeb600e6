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
const apartPixels = 32;
/** Of them, lines of so many bytes are gone through together: they stay in cache meanwhile. */
const linesBytes = 2 ** 20;

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
export function interleaved(planes: readonly Words[], lines: PlaneLines, out: Words, places: PixelPlaces): void {
  const bands = planes.length;
  const pairs = pairsOf(planes);
  const wide = pairs === null ? null : wideOf(out, places);
  const fours = bands - (bands % 4);
  const { pixel: step } = places;
  for (const { from, end, at } of tilesOf(lines, places, bands, out.BYTES_PER_ELEMENT)) {
    // Pairs begin at even pixels.
    const first = pairs === null ? end : Math.min(end, from + (from % 2));
    const last = pairs === null ? end : Math.max(first, end - (end % 2));
    const [atFirst, atLast] = [at + (first - from) * step, at + (last - from) * step];
    for (let band = 0; band < fours; band += 4) {
      if (from < first) fourBands(planes, band, from, first, out, at + band, step);
      if (wide !== null) fourWidePairs(pairs!, band, first, last, wide, (atFirst + band) / 2, step / 2);
      else if (pairs !== null) fourPairs(pairs, band, first, last, out, atFirst + band, step);
      if (last < end) fourBands(planes, band, last, end, out, atLast + band, step);
    }
    for (let band = fours; band < bands; band++) oneBand(planes[band]!, from, end, out, at + band, step);
  }
}

/** Pixels of a line that are written before others. */
interface Tile {
  /** In the plane. */
  readonly from: number;
  readonly end: number;
  /** Where the first one goes. */
  readonly at: number;
}

/** Neighbours in memory after each other: along a line, or the same few pixels of all lines. */
function* tilesOf(
  { lines, pixels, pitch }: PlaneLines,
  { start, line, pixel }: PixelPlaces,
  bands: number,
  wordBytes: number,
): Generator<Tile, void> {
  const inCache = Math.max(2, Math.floor(tileBytes / (bands * wordBytes * 2)) * 2);
  const isNear = pixel === bands;
  const length = isNear ? inCache : Math.min(inCache, apartPixels);
  const most = isNear ? 1 : Math.max(1, Math.floor(linesBytes / (bands * pitch * wordBytes)));
  for (let top = 0; top < lines; top += most) {
    for (let left = 0; left < pixels; left += length) {
      for (let index = top; index < Math.min(lines, top + most); index++) {
        const first = index * pitch;
        // Cut at even pixels, which are copied in pairs.
        const cut = (place: number) => (place === 0 || place >= pixels ? place : place - ((first + place) % 2));
        const from = first + cut(left);
        const end = first + cut(Math.min(pixels, left + length));
        yield { from, end, at: start + index * line + (from - first) * pixel };
      }
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

/** Places of 16-bit words as pairs of bands, which halves the writes; null where pixels begin at odd words. */
function wideOf(out: Words, { start, line, pixel }: PixelPlaces): Int32Array | null {
  const isEven = (start | line | pixel) % 2 === 0 && out.byteOffset % 4 === 0;
  return isEven ? new Int32Array(out.buffer, out.byteOffset, out.length >> 1) : null;
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
    const p = a[pair]!;
    const q = b[pair]!;
    const r = c[pair]!;
    const s = d[pair]!;
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

/** The same, two bands at a time: `at` and `step` in pairs of words. */
function fourWidePairs(
  pairs: readonly Int32Array[],
  band: number,
  from: number,
  end: number,
  out: Int32Array,
  at: number,
  step: number,
): void {
  const a = pairs[band]!;
  const b = pairs[band + 1]!;
  const c = pairs[band + 2]!;
  const d = pairs[band + 3]!;
  for (let pair = from >> 1, to = at; pair < end >> 1; pair++, to += 2 * step) {
    const p = a[pair]!;
    const q = b[pair]!;
    const r = c[pair]!;
    const s = d[pair]!;
    out[to] = (p & 0xffff) | (q << 16);
    out[to + 1] = (r & 0xffff) | (s << 16);
    out[to + step] = (p >>> 16) | (q & ~0xffff);
    out[to + step + 1] = (r >>> 16) | (s & ~0xffff);
  }
}
