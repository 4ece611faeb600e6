/** @file The pixels of an ENVI file, read a few lines at a time and laid out as `[H, W, L]`. */
import { endianness } from "node:os";
import { UnsupportedError } from "../../tensor/index.ts";
import { type Bytes, swapBytes } from "../bytes.ts";
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
  const words = wordsOf(out, type.bytes);
  const rowsPerBlock = Math.min(height, Math.max(1, Math.floor(blockBytes / (width * bands * type.bytes))));
  const space = new Uint8Array(bands * slotBytes(rowsPerBlock * width * type.bytes));
  const layOut = image.interleave === "bsq" ? layOutBsq : image.interleave === "bil" ? layOutBil : layOutBip;
  for (let row = 0; row < height; row += rowsPerBlock) {
    layOut(bytes, image, row, Math.min(rowsPerBlock, height - row), words, space);
  }
  return out;
}

/** So many bytes, and some to begin the next ones where 8-byte words can. */
function slotBytes(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

function allocate(file: string, type: EnviType, length: number): RasterData {
  try {
    return new type.make(length);
  } catch (cause) {
    const feature = `${file}: a raster of ${length} values`;
    throw new UnsupportedError(feature, "cut it into parts, or select bands with gdal_translate -b", { cause });
  }
}

type Space = Uint8Array<ArrayBuffer>;
type LayOut = (bytes: Bytes, image: EnviImage, row: number, rows: number, out: Words, space: Space) => void;

const layOutBsq: LayOut = (bytes, image, row, rows, out, space) => {
  const { height, width, kept, type } = image;
  const pixels = rows * width;
  const slot = slotBytes(pixels * type.bytes);
  const planes = kept.map((band, at) =>
    stored(bytes, image, (band * height + row) * width, pixels, space.subarray(at * slot)),
  );
  const start = row * width * kept.length;
  interleaved(planes, { lines: 1, pixels, pitch: pixels }, out, { start, line: 0, pixel: kept.length });
};

const layOutBil: LayOut = (bytes, image, row, rows, out, space) => {
  const { width, bands, kept } = image;
  const block = stored(bytes, image, row * bands * width, rows * bands * width, space);
  const lines = { lines: rows, pixels: width, pitch: bands * width };
  const planes = kept.map((band) => block.subarray(band * width));
  const line = width * kept.length;
  interleaved(planes, lines, out, { start: row * line, line, pixel: kept.length });
};

const layOutBip: LayOut = (bytes, image, row, rows, out, space) => {
  const { width, bands, kept } = image;
  const block = stored(bytes, image, row * width * bands, rows * width * bands, space);
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
function stored(
  bytes: Bytes,
  { type, offset, isBigEndian }: EnviImage,
  first: number,
  count: number,
  space: Space,
): Words {
  const own = bytes.read(offset + first * type.bytes, count * type.bytes, space);
  if (isBigEndian !== hostIsBigEndian) swapBytes(own, type.bytes);
  const { buffer, byteOffset } = own;
  if (type.integers64 === "signed") return Float64Array.from(new BigInt64Array(buffer, byteOffset, count), Number);
  if (type.integers64 === "unsigned") return Float64Array.from(new BigUint64Array(buffer, byteOffset, count), Number);
  return wordsOf(own, type.bytes);
}
