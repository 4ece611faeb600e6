/** @file The pixels of an ENVI file, read a few lines at a time and laid out as `[H, W, L]`. */
import { endianness } from "node:os";
import { FormatError, UnsupportedError } from "../../tensor/index.ts";
import { type Bytes, swapBytes } from "../bytes.ts";
import { maxRasterBytes } from "../geotiff/header.ts";
import type { RasterData } from "../raster.ts";
import type { Rectangle } from "../windows.ts";
import type { EnviImage, EnviType } from "./image.ts";
import { interleaved, type Words, wordsOf } from "./interleave.ts";

const hostIsBigEndian = endianness() === "BE";
/** Lines are read in blocks of about this size: they stay in the processor's cache until they are laid out. */
const blockBytes = 2 ** 22;

/**
 * The kept bands of a part of an image.
 *
 * @returns `[H, W, L]`
 * @throws FormatError, UnsupportedError if memory cannot hold them
 */
export function enviPixels(bytes: Bytes, image: EnviImage, part: Rectangle): RasterData {
  const { bands, kept, type } = image;
  const { height, width } = part;
  const out = allocate(bytes.file, type, height * width * kept.length);
  const words = wordsOf(out, type.bytes);
  const rowsPerBlock = Math.min(height, Math.max(1, Math.floor(blockBytes / (width * bands * type.bytes))));
  const space = new Uint8Array(bands * slotBytes(rowsPerBlock * width * type.bytes));
  const layOut = image.interleave === "bsq" ? layOutBsq : image.interleave === "bil" ? layOutBil : layOutBip;
  for (let row = 0; row < height; row += rowsPerBlock) {
    const block = { ...part, row: part.row + row, height: Math.min(rowsPerBlock, height - row) };
    layOut(bytes, image, block, words, row * width * kept.length, space);
  }
  return out;
}

/** So many bytes, and some to begin the next ones where 8-byte words can. */
function slotBytes(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

function allocate(file: string, type: EnviType, length: number): RasterData {
  const size = length * type.bytes;
  if (size > maxRasterBytes) {
    const got = `${(size / 2 ** 30).toFixed(1)} GiB`;
    const expected = `at most ${maxRasterBytes / 2 ** 30} GiB of pixels`;
    throw new FormatError(file, `expected ${expected}; got ${got} — cut the raster into parts`, { expected, got });
  }
  try {
    return new type.make(length);
  } catch (cause) {
    const feature = `${file}: a raster of ${length} values`;
    throw new UnsupportedError(feature, "cut it into parts, or select bands with gdal_translate -b", { cause });
  }
}

type Space = Uint8Array<ArrayBuffer>;
/** @param start  where the part's first number goes */
type LayOut = (bytes: Bytes, image: EnviImage, part: Rectangle, out: Words, start: number, space: Space) => void;

const layOutBsq: LayOut = (bytes, image, { row, col, height, width }, out, start, space) => {
  const { kept, type } = image;
  const pixels = height * width;
  const slot = slotBytes(pixels * type.bytes);
  const planes = kept.map((band, at) => {
    const first = (band * image.height + row) * image.width + col;
    return stored(bytes, image, { first, count: width, runs: height, pitch: image.width }, space.subarray(at * slot));
  });
  interleaved(planes, { lines: 1, pixels, pitch: pixels }, out, { start, line: 0, pixel: kept.length });
};

const layOutBil: LayOut = (bytes, image, { row, col, height, width }, out, start, space) => {
  const { bands, kept } = image;
  const runs = { first: row * bands * image.width + col, count: width, runs: height * bands, pitch: image.width };
  const block = stored(bytes, image, runs, space);
  const lines = { lines: height, pixels: width, pitch: bands * width };
  const planes = kept.map((band) => block.subarray(band * width));
  interleaved(planes, lines, out, { start, line: width * kept.length, pixel: kept.length });
};

const layOutBip: LayOut = (bytes, image, { row, col, height, width }, out, start, space) => {
  const { bands, kept } = image;
  const first = (row * image.width + col) * bands;
  const block = stored(bytes, image, { first, count: width * bands, runs: height, pitch: image.width * bands }, space);
  if (kept.length === bands) {
    out.set(block as Uint8Array, start);
    return;
  }
  for (let from = 0, to = start; from < block.length; from += bands) {
    for (const band of kept) out[to++] = block[from + band]!;
  }
};

/** Runs of `count` numbers, the first from number `first` on, each `pitch` numbers after the one before. */
interface Runs {
  readonly first: number;
  readonly count: number;
  readonly runs: number;
  readonly pitch: number;
}

/** The numbers of all runs, in the byte order of this machine. */
function stored(
  bytes: Bytes,
  { type, offset, isBigEndian }: EnviImage,
  { first, count, runs, pitch }: Runs,
  space: Space,
): Words {
  const total = count * runs;
  // Runs that follow each other are one.
  const length = (pitch === count ? total : count) * type.bytes;
  const own = space.subarray(0, total * type.bytes);
  for (let to = 0, from = offset + first * type.bytes; to < own.length; to += length, from += pitch * type.bytes) {
    const into = own.subarray(to, to + length);
    const read = bytes.read(from, length, into);
    if (read.buffer !== into.buffer) into.set(read);
  }
  if (isBigEndian !== hostIsBigEndian) swapBytes(own, type.bytes);
  const { buffer, byteOffset } = own;
  if (type.integers64 === "signed") return Float64Array.from(new BigInt64Array(buffer, byteOffset, total), Number);
  if (type.integers64 === "unsigned") return Float64Array.from(new BigUint64Array(buffer, byteOffset, total), Number);
  return wordsOf(own, type.bytes);
}
