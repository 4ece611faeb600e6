/** @file What an ENVI header says of the pixels, checked against the size of their file before one is read. */
import { extname } from "node:path";
import { FormatError, UnsupportedError } from "../../tensor/index.ts";
import type { Bytes } from "../bytes.ts";
import type { RasterData } from "../raster.ts";
import { type EnviHeader, fieldFault, integerOf, listOf, textOf } from "./header.ts";

/** How numbers are stored: IDL's type codes. */
export interface EnviType {
  readonly bytes: number;
  /** The array they are read into; 64-bit integers become f64. */
  readonly make: new (
    length: number,
  ) => RasterData;
  /** 64-bit integers, signed or not. */
  readonly integers64: "signed" | "unsigned" | null;
}

/** By `data type`. */
const types: ReadonlyMap<number, EnviType> = new Map([
  [1, { bytes: 1, make: Uint8Array, integers64: null }],
  [2, { bytes: 2, make: Int16Array, integers64: null }],
  [3, { bytes: 4, make: Int32Array, integers64: null }],
  [4, { bytes: 4, make: Float32Array, integers64: null }],
  [5, { bytes: 8, make: Float64Array, integers64: null }],
  [12, { bytes: 2, make: Uint16Array, integers64: null }],
  [13, { bytes: 4, make: Uint32Array, integers64: null }],
  [14, { bytes: 8, make: Float64Array, integers64: "signed" }],
  [15, { bytes: 8, make: Float64Array, integers64: "unsigned" }],
]);
const complexTypes = [6, 9];

/** Band by band, line by line with the bands of a line one after another, or pixel by pixel. */
export type Interleave = "bsq" | "bil" | "bip";

/** The pixels of one file. Invariant: the file holds them all. */
export interface EnviImage {
  readonly height: number;
  readonly width: number;
  /** Bands stored. */
  readonly bands: number;
  /** Bands to read, ascending: those that the header does not call bad. */
  readonly kept: readonly number[];
  readonly type: EnviType;
  readonly interleave: Interleave;
  readonly isBigEndian: boolean;
  /** Of the first pixel, in bytes. */
  readonly offset: number;
}

/**
 * The image that a header declares.
 *
 * @param data  the file of its pixels
 * @throws FormatError if a field is missing or wrong, or the file is smaller than declared
 * @throws UnsupportedError for complex numbers, compressed files and files that hold no image
 */
export function enviImage(header: EnviHeader, data: Bytes): EnviImage {
  checkKind(header, data.file);
  const width = integerOf(header, "samples", 1, null);
  const height = integerOf(header, "lines", 1, null);
  const bands = integerOf(header, "bands", 1, null);
  const type = typeOf(header);
  const interleave = interleaveOf(header, data.file);
  const order = integerOf(header, "byte order", 0, 0);
  if (order > 1) throw fieldFault(header, "byte order", "0 (little-endian) or 1 (big-endian)");
  const offset = integerOf(header, "header offset", 0, 0);
  const size = width * height * bands * type.bytes;
  if (offset + size > data.size) {
    const shape = `${height} lines × ${width} samples × ${bands} bands of ${type.bytes} bytes`;
    const expected = `${size} bytes of pixels (${shape}) from byte ${offset} on`;
    const got = `a file of ${data.size} bytes`;
    const advice = "the file is cut short, or its header is another's";
    throw new FormatError(data.file, `expected ${expected}; got ${got} — ${advice}`, { offset, expected, got });
  }
  const kept = goodBands(header, bands);
  return { height, width, bands, kept, type, interleave, isBigEndian: order === 1, offset };
}

const notImages: readonly (readonly [RegExp, string])[] = [
  [/spectral library/i, "it holds spectra without place; give an image"],
  [/meta file|virtual mosaic/i, "give the files that it lists, or save it as one file"],
  [/^(tiff|jpeg|hdf|nitf)/i, "give the image file itself, without its header"],
];

function checkKind(header: EnviHeader, data: string): void {
  const kind = textOf(header, "file type") ?? (/\.sli$/i.test(data) ? "ENVI Spectral Library" : "");
  const advice = notImages.find(([pattern]) => pattern.test(kind))?.[1];
  if (advice !== undefined) throw new UnsupportedError(`${header.file}: the ENVI file type "${kind}"`, advice);
  if (integerOf(header, "file compression", 0, 0) !== 0) {
    throw new UnsupportedError(`${header.file}: compressed ENVI data`, "save the file without compression");
  }
  for (const key of ["major frame offsets", "minor frame offsets"]) {
    if (listOf(header, key)?.some((bytes) => Number(bytes) !== 0)) {
      throw new UnsupportedError(`${header.file}: "${key}" other than 0`, "save the file again with ENVI or GDAL");
    }
  }
}

function typeOf(header: EnviHeader): EnviType {
  const code = integerOf(header, "data type", 1, null);
  if (complexTypes.includes(code)) {
    throw new UnsupportedError(
      `${header.file}: complex pixels`,
      "write amplitude, or real and imaginary parts as bands",
    );
  }
  const type = types.get(code);
  if (type === undefined) throw fieldFault(header, "data type", `one of ${Array.from(types.keys()).join(", ")}`);
  return type;
}

/** Where the header does not say, the extension does, else it is band by band. */
function interleaveOf(header: EnviHeader, data: string): Interleave {
  const text = textOf(header, "interleave")?.toLowerCase();
  if (text === "bsq" || text === "bil" || text === "bip") return text;
  if (text !== undefined) throw fieldFault(header, "interleave", "bsq, bil or bip");
  const extension = extname(data).toLowerCase();
  return extension === ".bil" ? "bil" : extension === ".bip" ? "bip" : "bsq";
}

/** Bands that `bbl` (1 good, 0 bad) does not leave out. */
function goodBands(header: EnviHeader, bands: number): number[] {
  const each = Array.from({ length: bands }, (_, band) => band);
  const flags = listOf(header, "bbl")?.map((flag) => (flag === "" ? Number.NaN : Number(flag)));
  if (flags === undefined) return each;
  if (flags.length !== bands || flags.some(Number.isNaN)) {
    throw fieldFault(header, "bbl", `${bands} numbers, 1 for a good band and 0 for a bad one`);
  }
  const kept = each.filter((band) => flags[band] !== 0);
  if (kept.length === 0) throw fieldFault(header, "bbl", "1 for at least one band");
  return kept;
}
