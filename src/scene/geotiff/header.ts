/**
 * @file The header of a TIFF or BigTIFF file, checked against the file's size before a pixel is decoded: what it
 * declares must be there. Everything is refused by a {@link FormatError} with the byte offset of the fault.
 *
 * @see TIFF 6.0, Adobe 1992; BigTIFF, https://www.awaresystems.be/imaging/tiff/bigtiff.html
 */
import { FormatError, UnsupportedError } from "../../tensor/index.ts";
import type { Bytes } from "../bytes.ts";

/** Names of the tags read here. */
export const tags = {
  subfileType: 254,
  width: 256,
  height: 257,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  stripOffsets: 273,
  bands: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  planar: 284,
  predictor: 317,
  colorMap: 320,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  sampleFormat: 339,
  jpegTables: 347,
  ycbcrSubsampling: 530,
  modelPixelScale: 33550,
  modelTiepoint: 33922,
  modelTransformation: 34264,
  geoKeys: 34735,
  geoDoubles: 34736,
  geoAscii: 34737,
  gdalMetadata: 42112,
  gdalNodata: 42113,
  lercParameters: 50674,
} as const;

const knownTags: ReadonlySet<number> = new Set(Object.values(tags));

export type TiffTagValue = readonly number[] | string;
export type TiffTags = ReadonlyMap<number, TiffTagValue>;
export type SampleFormat = "unsigned" | "signed" | "float";

/** One image of a TIFF file, all of whose declarations were found to fit the file. */
export interface TiffImage {
  readonly littleEndian: boolean;
  readonly tags: TiffTags;
  readonly height: number;
  readonly width: number;
  readonly bands: number;
  readonly bits: number;
  readonly sampleFormat: SampleFormat;
  /** Each band by itself, instead of pixel by pixel. */
  readonly isPlanar: boolean;
  readonly isTiled: boolean;
  readonly compression: number;
  readonly predictor: number;
  /** A block is a tile or a strip; the last strip may be lower. */
  readonly blockHeight: number;
  readonly blockWidth: number;
  readonly blocksDown: number;
  readonly blocksAcross: number;
  /** Row of blocks by row, band planes one after the other; size 0 is a block left out of a sparse file. */
  readonly offsets: readonly number[];
  readonly sizes: readonly number[];
}

/** More decoded bytes than this are refused: what is read at once is held in memory. */
export const maxRasterBytes: number = 8 * 2 ** 30;
const maxTileBytes = 2 ** 28;
const maxImages = 4096;

/** Bytes of one value by TIFF field type; 0 where there is no such type. */
const typeBytes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];

/** Is this the start of a TIFF or BigTIFF file? */
export function isTiff(start: Uint8Array): boolean {
  if (start.length < 4) return false;
  const order = start[0]! * 256 + start[1]!;
  const magic = order === 0x4949 ? start[2]! + 256 * start[3]! : order === 0x4d4d ? start[3]! + 256 * start[2]! : 0;
  return magic === 42 || magic === 43;
}

/** Where the header is read: byte order and the widths of offsets. */
interface Reading {
  readonly bytes: Bytes;
  readonly littleEndian: boolean;
  readonly isBig: boolean;
}

/**
 * The tags of every image (IFD) in the file, in file order.
 *
 * @throws FormatError if a directory or a value lies outside the file, or the directories form a loop
 */
export function readTiffTags(bytes: Bytes): { littleEndian: boolean; images: TiffTags[] } {
  const start = bytes.read(0, Math.min(16, bytes.size));
  if (!isTiff(start)) {
    throw fault(bytes, 0, "a TIFF header (II or MM and 42 or 43)", `bytes ${hex(start.subarray(0, 4))}`);
  }
  const littleEndian = start[0] === 0x49;
  const isBig = (littleEndian ? start[2] : start[3]) === 43;
  const reading: Reading = { bytes, littleEndian, isBig };
  let offset: number;
  if (isBig) {
    const header = viewOf(bytes.read(0, 16));
    if (header.getUint16(4, littleEndian) !== 8) throw fault(bytes, 4, "offsets of 8 bytes", "another size");
    offset = unsigned64(header, 8, littleEndian);
  } else {
    offset = viewOf(bytes.read(0, 8)).getUint32(4, littleEndian);
  }
  const images: TiffTags[] = [];
  const seen = new Set<number>();
  while (offset !== 0) {
    if (seen.has(offset)) throw fault(bytes, offset, "a chain of image directories", "a loop");
    if (seen.size >= maxImages) throw fault(bytes, offset, `at most ${maxImages} images`, "more");
    seen.add(offset);
    const { next, values } = readDirectory(reading, offset);
    images.push(values);
    offset = next;
  }
  if (images.length === 0) throw fault(bytes, isBig ? 8 : 4, "an image directory", "none");
  return { littleEndian, images };
}

function readDirectory(reading: Reading, offset: number): { next: number; values: TiffTags } {
  const { bytes, littleEndian, isBig } = reading;
  const countBytes = isBig ? 8 : 2;
  const entryBytes = isBig ? 20 : 12;
  const linkBytes = isBig ? 8 : 4;
  const counter = viewOf(bytes.read(offset, countBytes));
  const count = isBig ? unsigned64(counter, 0, littleEndian) : counter.getUint16(0, littleEndian);
  const directory = viewOf(bytes.read(offset + countBytes, count * entryBytes + linkBytes));
  const values = new Map<number, TiffTagValue>();
  for (let entry = 0; entry < count; entry++) {
    const at = entry * entryBytes;
    const tag = directory.getUint16(at, littleEndian);
    const size = typeBytes[directory.getUint16(at + 2, littleEndian)] ?? 0;
    // A tag we do not need, or of a type made up later, is skipped as TIFF 6.0 asks; the first of two twins counts.
    if (!knownTags.has(tag) || size === 0 || values.has(tag)) continue;
    values.set(tag, readValue(reading, directory, at, offset + countBytes + at));
  }
  const link = count * entryBytes;
  return { next: isBig ? unsigned64(directory, link, littleEndian) : directory.getUint32(link, littleEndian), values };
}

function readValue({ bytes, littleEndian, isBig }: Reading, directory: DataView, at: number, where: number) {
  const type = directory.getUint16(at + 2, littleEndian);
  const size = typeBytes[type]!;
  const count = isBig ? unsigned64(directory, at + 4, littleEndian) : directory.getUint32(at + 4, littleEndian);
  const inline = isBig ? 8 : 4;
  const valueAt = at + (isBig ? 12 : 8);
  const length = size * count;
  let value: DataView;
  if (length <= inline) {
    value = new DataView(directory.buffer, directory.byteOffset + valueAt, length);
  } else {
    const offset = isBig ? unsigned64(directory, valueAt, littleEndian) : directory.getUint32(valueAt, littleEndian);
    if (offset + length > bytes.size) {
      const tag = directory.getUint16(at, littleEndian);
      throw fault(bytes, where, `${length} bytes of tag ${tag} at offset ${offset}`, `a file of ${bytes.size} bytes`);
    }
    value = viewOf(bytes.read(offset, length));
  }
  return decodeValue(value, type, count, littleEndian);
}

function decodeValue(value: DataView, type: number, count: number, littleEndian: boolean): TiffTagValue {
  if (type === 2) {
    const text = new TextDecoder().decode(value);
    const end = text.indexOf("\0");
    return end < 0 ? text : text.slice(0, end);
  }
  const one = valueReaders[type]!;
  const size = typeBytes[type]!;
  const numbers = new Array<number>(count);
  for (let index = 0; index < count; index++) numbers[index] = one(value, index * size, littleEndian);
  return numbers;
}

type ValueReader = (view: DataView, at: number, littleEndian: boolean) => number;
const byte: ValueReader = (view, at) => view.getUint8(at);
const word: ValueReader = (view, at, little) => view.getUint32(at, little);
const valueReaders: { readonly [type: number]: ValueReader } = {
  1: byte,
  3: (view, at, little) => view.getUint16(at, little),
  4: word,
  5: (view, at, little) => view.getUint32(at, little) / view.getUint32(at + 4, little),
  6: (view, at) => view.getInt8(at),
  7: byte,
  8: (view, at, little) => view.getInt16(at, little),
  9: (view, at, little) => view.getInt32(at, little),
  10: (view, at, little) => view.getInt32(at, little) / view.getInt32(at + 4, little),
  11: (view, at, little) => view.getFloat32(at, little),
  12: (view, at, little) => view.getFloat64(at, little),
  13: word,
  16: unsigned64,
  17: (view, at, little) => Number(view.getBigInt64(at, little)),
  18: unsigned64,
};

/**
 * The image that a set of tags declares.
 *
 * @throws FormatError if the declared sizes, counts and offsets do not fit each other or the file
 * @throws UnsupportedError for sample types that no raster can hold
 */
export function tiffImage(bytes: Bytes, littleEndian: boolean, values: TiffTags): TiffImage {
  const width = numberTag(bytes, values, "width", null, 1);
  const height = numberTag(bytes, values, "height", null, 1);
  const bands = numberTag(bytes, values, "bands", 1, 1);
  const { bits, sampleFormat } = sampleType(bytes, values, bands);
  const isPlanar = numberTag(bytes, values, "planar", 1, 1, 2) === 2 && bands > 1;
  const isTiled = values.has(tags.tileWidth);
  const blockWidth = isTiled ? numberTag(bytes, values, "tileWidth", null, 1) : width;
  const blockHeight = isTiled
    ? numberTag(bytes, values, "tileHeight", null, 1)
    : Math.min(height, numberTag(bytes, values, "rowsPerStrip", height, 1));
  const sampleBytes = Math.max(1, bits / 8);
  const blockBytes = blockWidth * blockHeight * (isPlanar ? 1 : bands) * sampleBytes;
  if (isTiled && blockBytes > maxTileBytes) {
    throw fault(bytes, 0, `tiles of at most ${maxTileBytes / 2 ** 20} MiB`, `${blockWidth} × ${blockHeight} pixels`);
  }
  const blocksAcross = Math.ceil(width / blockWidth);
  const blocksDown = Math.ceil(height / blockHeight);
  const blocks = blocksAcross * blocksDown * (isPlanar ? bands : 1);
  const what = isTiled ? "tile" : "strip";
  const offsets = blockTag(bytes, values, isTiled ? "tileOffsets" : "stripOffsets", blocks, what);
  const sizes = blockTag(bytes, values, isTiled ? "tileByteCounts" : "stripByteCounts", blocks, what);
  for (let block = 0; block < blocks; block++) {
    if (offsets[block]! + sizes[block]! > bytes.size) {
      const expected = `${what} ${block} in bytes ${offsets[block]}–${offsets[block]! + sizes[block]!}`;
      throw fault(
        bytes,
        offsets[block]!,
        expected,
        `a file of ${bytes.size} bytes`,
        "the file is cut short or damaged",
      );
    }
  }
  const compression = numberTag(bytes, values, "compression", 1, 1);
  const predictor = numberTag(bytes, values, "predictor", 1, 1, 3);
  return {
    ...{ littleEndian, tags: values, height, width, bands, bits, sampleFormat, isPlanar, isTiled },
    ...{ compression, predictor, blockHeight, blockWidth, blocksDown, blocksAcross, offsets, sizes },
  };
}

const sampleFormats: { readonly [code: number]: SampleFormat } = {
  1: "unsigned",
  2: "signed",
  3: "float",
  4: "unsigned",
};
const bitsOf: { readonly [format in SampleFormat]: readonly number[] } = {
  unsigned: [1, 2, 4, 8, 12, 16, 32, 64],
  signed: [8, 16, 32, 64],
  float: [16, 32, 64],
};

function sampleType(bytes: Bytes, values: TiffTags, bands: number): { bits: number; sampleFormat: SampleFormat } {
  const bits = one(bytes, values, "bitsPerSample", 1, bands);
  const code = one(bytes, values, "sampleFormat", 1, bands);
  if (code === 5 || code === 6) {
    throw new UnsupportedError(
      `${bytes.file}: complex pixels`,
      "write amplitude, or real and imaginary parts as bands",
    );
  }
  const sampleFormat = sampleFormats[code];
  if (sampleFormat === undefined) throw fault(bytes, 0, "a sample format from 1 to 6", String(code));
  if (!bitsOf[sampleFormat].includes(bits)) {
    throw new UnsupportedError(`${bytes.file}: ${bits}-bit ${sampleFormat} pixels`, "convert with gdal_translate -ot");
  }
  return { bits, sampleFormat };
}

/** A tag with one number a band, which must be the same for every band. */
function one(bytes: Bytes, values: TiffTags, name: keyof typeof tags, missing: number, bands: number): number {
  const numbers = values.get(tags[name]);
  if (numbers === undefined) return missing;
  if (typeof numbers === "string" || numbers.length === 0) throw fault(bytes, 0, `numbers in tag ${name}`, "none");
  const first = numbers[0]!;
  if (numbers.slice(0, bands).some((number) => number !== first)) {
    throw new UnsupportedError(`${bytes.file}: bands of different sample types`, "convert with gdal_translate -ot");
  }
  return first;
}

function numberTag(
  bytes: Bytes,
  values: TiffTags,
  name: keyof typeof tags,
  missing: number | null,
  low: number,
  high = 2 ** 32,
): number {
  const numbers = values.get(tags[name]);
  if (numbers === undefined && missing !== null) return missing;
  const number = numbers?.[0];
  if (typeof number !== "number" || !Number.isInteger(number) || number < low || number > high) {
    const range = high === 2 ** 32 ? `≥ ${low}` : `from ${low} to ${high}`;
    throw fault(bytes, 0, `tag ${tags[name]} (${name}) to be an integer ${range}`, String(number ?? "none"));
  }
  return number;
}

function blockTag(bytes: Bytes, values: TiffTags, name: keyof typeof tags, blocks: number, what: string) {
  const numbers = values.get(tags[name]);
  if (numbers === undefined || typeof numbers === "string" || numbers.length < blocks) {
    throw fault(bytes, 0, `${blocks} ${what}s in tag ${tags[name]} (${name})`, String(numbers?.length ?? "none"));
  }
  if (numbers.some((number) => !Number.isSafeInteger(number) || number < 0))
    throw fault(bytes, 0, `counts in tag ${tags[name]} (${name})`, "others");
  return numbers;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function unsigned64(view: DataView, at: number, littleEndian: boolean): number {
  return Number(view.getBigUint64(at, littleEndian));
}

function hex(bytes: Uint8Array): string {
  return bytes.length === 0 ? "(none)" : Array.from(bytes, (value) => value.toString(16).padStart(2, "0")).join(" ");
}

function fault(bytes: Bytes, offset: number, expected: string, got: string, advice?: string): FormatError {
  const sentence = `expected ${expected}; got ${got}${advice === undefined ? "" : ` — ${advice}`}`;
  return new FormatError(bytes.file, sentence, { offset, expected, got });
}
