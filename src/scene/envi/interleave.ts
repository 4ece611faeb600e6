/** @file Bands one after another to pixel by pixel, fast: in tiles that stay in cache, whatever the numbers mean. */

/** Numbers as words of their size, so that few array types go through the loops below. */
export type Words = Uint8Array | Uint16Array | Int32Array | Float64Array;

/** A buffer as words of 1, 2, 4 or 8 bytes. */
export function wordsOf(buffer: ArrayBufferLike, byteLength: number, wordBytes: number): Words {
  if (wordBytes === 1) return new Uint8Array(buffer, 0, byteLength);
  if (wordBytes === 2) return new Uint16Array(buffer, 0, byteLength / 2);
  if (wordBytes === 4) return new Int32Array(buffer, 0, byteLength / 4);
  return new Float64Array(buffer, 0, byteLength / 8);
}

/** Pixels whose bands stay in cache while they are written. */
const tilePixels = 512;

/**
 * Write planes `[L, n]` as pixels `[n, L]`.
 *
 * @param planes  `L` of them, of `count` words each
 * @param out     of words of the same size
 * @param start   where the first pixel goes in `out`
 */
export function interleaved(planes: readonly Words[], count: number, out: Words, start: number): void {
  const bands = planes.length;
  const whole = bands - (bands % 4);
  for (let from = 0; from < count; from += tilePixels) {
    const end = Math.min(count, from + tilePixels);
    const at = start + from * bands;
    for (let band = 0; band < whole; band += 4) fourBands(planes, band, from, end, out, at + band);
    for (let band = whole; band < bands; band++) oneBand(planes[band]!, from, end, out, at + band, bands);
  }
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
