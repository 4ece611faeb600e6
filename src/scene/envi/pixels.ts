/** @file The pixels of an ENVI file, read a few lines at a time and laid out as `[H, W, L]`. */
import { endianness } from "node:os";
import { UnsupportedError } from "../../tensor/index.ts";
import type { Bytes } from "../bytes.ts";
import type { RasterData } from "../raster.ts";
import type { EnviImage, EnviType } from "./image.ts";
import { interleaved, type Words, wordsOf } from "./interleave.ts";

const hostIsBigEndian = endianness() === "BE";
/** Lines are read in blocks of about this size: they stay in the processor's cache until they are laid out. */
const blockBytes = 2 ** 22;

/**
 * The kept bands of an image.
 *
 * @returns `[H, W, L]`
 * @throws UnsupportedError if memory cannot hold them
 */
export function enviPixels(bytes: Bytes, image: EnviImage): RasterData {
  const { height, width, bands, kept, type } = image;
  const out = allocate(bytes.file, type, height * width * kept.length);
  const words = wordsOf(out.buffer, out.byteLength, type.bytes);
  const rowsPerBlock = Math.max(1, Math.floor(blockBytes / (width * bands * type.bytes)));
  const layOut = image.interleave === "bsq" ? layOutBsq : image.interleave === "bil" ? layOutBil : layOutBip;
  for (let row = 0; row < height; row += rowsPerBlock) {
    layOut(bytes, image, row, Math.min(rowsPerBlock, height - row), words);
  }
  return out;
}

function allocate(file: string, type: EnviType, length: number): RasterData {
  try {
    return new type.make(length);
  } catch (cause) {
    const feature = `${file}: a raster of ${length} values`;
    throw new UnsupportedError(feature, "cut it into parts, or select bands with gdal_translate -b", { cause });
  }
}

type LayOut = (bytes: Bytes, image: EnviImage, row: number, rows: number, out: Words) => void;

const layOutBsq: LayOut = (bytes, image, row, rows, out) => {
  const { height, width, kept } = image;
  const planes = kept.map((band) => stored(bytes, image, (band * height + row) * width, rows * width));
  interleaved(planes, rows * width, out, row * width * kept.length);
};

const layOutBil: LayOut = (bytes, image, row, rows, out) => {
  const { width, bands, kept } = image;
  const block = stored(bytes, image, row * bands * width, rows * bands * width);
  for (let line = 0; line < rows; line++) {
    const planes = kept.map((band) => block.subarray((line * bands + band) * width, (line * bands + band + 1) * width));
    interleaved(planes, width, out, (row + line) * width * kept.length);
  }
};

const layOutBip: LayOut = (bytes, image, row, rows, out) => {
  const { width, bands, kept } = image;
  const block = stored(bytes, image, row * width * bands, rows * width * bands);
  const start = row * width * kept.length;
  if (kept.length === bands) {
    out.set(block as Uint8Array, start);
    return;
  }
  for (let from = 0, to = start; from < block.length; from += bands) {
    for (const band of kept) out[to++] = block[from + band]!;
  }
};

/** `count` numbers from number `first` on, in the byte order of this machine. */
function stored(bytes: Bytes, { type, offset, isBigEndian }: EnviImage, first: number, count: number): Words {
  const own = bytes.read(offset + first * type.bytes, count * type.bytes);
  if (isBigEndian !== hostIsBigEndian) {
    const buffer = Buffer.from(own.buffer);
    if (type.bytes === 2) buffer.swap16();
    else if (type.bytes === 4) buffer.swap32();
    else if (type.bytes === 8) buffer.swap64();
  }
  if (type.integers64 === "signed") return Float64Array.from(new BigInt64Array(own.buffer), Number);
  if (type.integers64 === "unsigned") return Float64Array.from(new BigUint64Array(own.buffer), Number);
  return wordsOf(own.buffer, own.byteLength, type.bytes);
}
