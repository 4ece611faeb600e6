/**
 * @file MATLAB's MAT-file format, level 5 (save -v6 and -v7), read into a tree of values. Nothing is allocated that the
 * bytes at hand do not warrant, and every damage is told with its byte offset.
 *
 * @see MathWorks, "MAT-File Format", R2023b
 */
import { constants, inflateSync } from "node:zlib";
import { FormatError, SymdiffuserError, UnsupportedError } from "../../tensor/index.ts";
import { type Bytes, openBytes } from "../bytes.ts";
import type { RasterData } from "../raster.ts";
import type { MatNumbers, MatStruct, MatValue } from "./mat-value.ts";

const headerBytes = 128;
const matrixType = 14;
const compressedType = 15;
const maxVariableBytes = 2 ** 32;
const maxDepth = 64;
/** Enough compressed bytes to reach the first eight that come out. */
const peekBytes = 4096;

/** Numeric storage types and array classes; `code` is the element type's, `className` the array class that equals it. */
interface NumberType {
  readonly bytes: number;
  readonly make: new (buffer: ArrayBuffer) => RasterData | BigInt64Array | BigUint64Array;
}
const int8: NumberType = { bytes: 1, make: Int8Array };
const uint8: NumberType = { bytes: 1, make: Uint8Array };
const int16: NumberType = { bytes: 2, make: Int16Array };
const uint16: NumberType = { bytes: 2, make: Uint16Array };
const int32: NumberType = { bytes: 4, make: Int32Array };
const uint32: NumberType = { bytes: 4, make: Uint32Array };
const single: NumberType = { bytes: 4, make: Float32Array };
const double: NumberType = { bytes: 8, make: Float64Array };
const int64: NumberType = { bytes: 8, make: BigInt64Array };
const uint64: NumberType = { bytes: 8, make: BigUint64Array };

/** By element type (mi…). */
const storageTypes: ReadonlyMap<number, NumberType> = new Map([
  [1, int8],
  [2, uint8],
  [3, int16],
  [4, uint16],
  [5, int32],
  [6, uint32],
  [7, single],
  [9, double],
  [12, int64],
  [13, uint64],
]);

/** By array class (mx…): its name, and what its numbers are held in. */
type FromNumbers = { from(values: Iterable<number>): RasterData };
const numericClasses: ReadonlyMap<number, readonly [string, FromNumbers]> = new Map<number, [string, FromNumbers]>([
  [6, ["double", Float64Array]],
  [7, ["single", Float32Array]],
  [8, ["int8", Int8Array]],
  [9, ["uint8", Uint8Array]],
  [10, ["int16", Int16Array]],
  [11, ["uint16", Uint16Array]],
  [12, ["int32", Int32Array]],
  [13, ["uint32", Uint32Array]],
  [14, ["int64", Float64Array]],
  [15, ["uint64", Float64Array]],
]);
const cellClass = 1;
const structClass = 2;
const charClass = 4;
const otherClasses: ReadonlyMap<number, readonly [string, string]> = new Map([
  [3, ["object", "save its properties as a struct"]],
  [5, ["sparse array", "save full(x) instead"]],
  [16, ["function handle", "save arrays only"]],
  [17, ["object", "save its properties as a struct"]],
]);
const logicalFlag = 2;
const complexFlag = 8;

/** Is this the start of a MATLAB file? Those of -v7.3 are HDF5. */
export function isMatlab(start: Uint8Array): boolean {
  const text = latin1(start.subarray(0, 10));
  if (text.startsWith("MATLAB ")) return text !== "MATLAB 7.3";
  const order = latin1(start.subarray(126, 128));
  return order === "IM" || order === "MI";
}

/**
 * Every variable of a MATLAB file, as the fields of one struct.
 *
 * @throws FormatError if the file is damaged, cut short or no MATLAB file
 * @throws UnsupportedError for the formats -v7.3 (HDF5) and -v4
 */
export function readMatlab(file: string): MatStruct {
  const bytes = openBytes(file);
  try {
    return readVariables(bytes);
  } catch (cause) {
    if (cause instanceof SymdiffuserError) throw cause;
    const got = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError(file, `expected a MATLAB file; got damaged bytes (${got})`, { cause });
  } finally {
    bytes.close();
  }
}

function readVariables(bytes: Bytes): MatStruct {
  const littleEndian = readHeader(bytes);
  if (bytes.size === headerBytes) throw fault(bytes.file, headerBytes, "a variable", "the end of the file");
  const variables = new Map<string, MatValue>();
  for (let at = headerBytes; at < bytes.size; ) {
    const tag = new DataView(bytes.read(at, 8).buffer);
    const type = tag.getUint32(0, littleEndian);
    const size = tag.getUint32(4, littleEndian);
    if (type !== matrixType && type !== compressedType) {
      throw fault(bytes.file, at, "a variable (element type 14 or 15)", `element type ${type}`);
    }
    const body = bytes.read(at + 8, size);
    const cursor: Cursor =
      type === matrixType
        ? { file: bytes.file, littleEndian, bytes: body, at: 0, end: size, origin: at + 8, isPacked: false }
        : unpacked(bytes.file, littleEndian, body, at);
    const { name, value } = readMatrix(cursor, 0);
    // Objects keep their insides in a nameless variable.
    if (name !== "") variables.set(name, value);
    at += 8 + size;
  }
  return { kind: "struct", dims: [1, 1], fields: Array.from(variables.keys()), elements: [variables] };
}

/** @returns  whether the file is little-endian */
function readHeader(bytes: Bytes): boolean {
  const { file } = bytes;
  const start = bytes.read(0, Math.min(bytes.size, headerBytes));
  const text = latin1(start);
  if (text.startsWith("MATLAB 7.3")) {
    throw new UnsupportedError(`${file}: MATLAB's -v7.3 format (HDF5)`, "its arrays are read by readRaster");
  }
  const order = text.slice(126, 128);
  if (start.length < headerBytes || (order !== "IM" && order !== "MI")) {
    // Level 4 has no magic number; MathWorks tells it by a zero among the first four bytes.
    if (start.length >= 20 && start.subarray(0, 4).includes(0)) {
      throw new UnsupportedError(`${file}: MATLAB's -v4 format`, "save it again with save(…, '-v7')");
    }
    const got = start.length < headerBytes ? `a file of ${bytes.size} bytes` : "other bytes";
    throw fault(file, Math.min(124, start.length), "the header of a MATLAB file (128 bytes ending in IM or MI)", got);
  }
  const littleEndian = order === "IM";
  const version = start[littleEndian ? 125 : 124]!;
  if (version !== 1) throw fault(file, 124, "version 1 of the MATLAB format", String(version));
  return littleEndian;
}

/** A place in the bytes of one variable. Invariant: `at` ≤ `end` ≤ the bytes' length. */
interface Cursor {
  readonly file: string;
  readonly littleEndian: boolean;
  readonly bytes: Uint8Array<ArrayBufferLike>;
  at: number;
  readonly end: number;
  /** Where the bytes begin in the file; for a compressed variable, where it begins. */
  readonly origin: number;
  readonly isPacked: boolean;
}

function unpacked(file: string, littleEndian: boolean, body: Uint8Array, origin: number): Cursor {
  const inflate = (packed: Uint8Array, maxOutputLength: number, finishFlush: number) => {
    try {
      return inflateSync(packed, { maxOutputLength, finishFlush });
    } catch (cause) {
      const got = `damaged bytes (${(cause as Error).message})`;
      throw new FormatError(file, `expected a compressed variable at offset ${origin}; got ${got}`, {
        ...{ offset: origin, expected: "a compressed variable", got, cause },
      });
    }
  };
  const peek = inflate(body.subarray(0, peekBytes), 2 ** 24, constants.Z_SYNC_FLUSH);
  if (peek.length < 8) throw fault(file, origin, "a compressed variable", "too few bytes");
  const tag = new DataView(peek.buffer, peek.byteOffset, 8);
  const type = tag.getUint32(0, littleEndian);
  const size = tag.getUint32(4, littleEndian);
  if (type !== matrixType) throw fault(file, origin, "a compressed variable", `element type ${type}`);
  if (size > maxVariableBytes - 8) throw fault(file, origin, "a variable of less than 4 GiB", `${size} bytes`);
  const all = inflate(body, size + 16, constants.Z_FINISH);
  if (all.length < size + 8) {
    throw fault(file, origin, `${size + 8} bytes in the compressed variable`, `${all.length}`);
  }
  return { file, littleEndian, bytes: all, at: 8, end: 8 + size, origin, isPacked: true };
}

/** One data element: its type and the bytes it owns. */
interface Element {
  readonly type: number;
  /** Its first byte, for messages. */
  readonly place: number;
  readonly start: number;
  readonly size: number;
}

/** Step over the next element. */
function nextElement(cursor: Cursor, expected: string): Element {
  const { at, end, littleEndian } = cursor;
  if (at + 8 > end) throw cursorFault(cursor, at, expected, "the end of the variable");
  const view = viewAt(cursor, at, 8);
  const word = view.getUint32(0, littleEndian);
  const isSmall = word >>> 16 !== 0;
  const type = isSmall ? word & 0xffff : word;
  const size = isSmall ? word >>> 16 : view.getUint32(4, littleEndian);
  const start = isSmall ? at + 4 : at + 8;
  if (isSmall && size > 4) throw cursorFault(cursor, at, "a small element of at most 4 bytes", `${size}`);
  if (start + size > end) throw cursorFault(cursor, at, `${size} bytes of ${expected}`, `${end - start}`);
  cursor.at = isSmall ? at + 8 : Math.min(end, at + 8 + Math.ceil(size / 8) * 8);
  return { type, place: at, start, size };
}

function readMatrix(cursor: Cursor, depth: number): { name: string; value: MatValue } {
  if (depth > maxDepth) throw cursorFault(cursor, cursor.at, `at most ${maxDepth} structs within each other`, "more");
  // An element without content is an empty array.
  if (cursor.at === cursor.end) return { name: "", value: emptyNumbers };
  const flagsAt = cursor.at;
  const flags = integers(cursor, nextElement(cursor, "array flags"), 2)[0]!;
  const arrayClass = flags & 0xff;
  const flag = flags >>> 8;
  const other = otherClasses.get(arrayClass);
  // An opaque object has no sizes: its name comes first.
  const dims = arrayClass === 17 ? [1, 1] : readDims(cursor);
  const name = latin1(slice(cursor, nextElement(cursor, "a name")));
  if (other !== undefined) return { name, value: { kind: "other", what: other[0], advice: other[1] } };
  if (arrayClass === structClass) return { name, value: readStruct(cursor, dims, depth) };
  if (arrayClass === cellClass) return { name, value: readCell(cursor, dims, depth) };
  if (arrayClass === charClass) return { name, value: readText(cursor, dims) };
  const known = numericClasses.get(arrayClass);
  if (known === undefined) throw cursorFault(cursor, flagsAt, "an array class from 1 to 17", String(arrayClass));
  const [className, holder] = known;
  if ((flag & complexFlag) !== 0) {
    const what = `complex ${dims.join("×")} ${className}`;
    return { name, value: { kind: "other", what, advice: "save real(x) and imag(x), or abs(x)" } };
  }
  const data = readNumbers(cursor, sizeOf(dims), holder);
  return {
    name,
    value: { kind: "numbers", className: (flag & logicalFlag) !== 0 ? "logical" : className, dims, data },
  };
}

const emptyNumbers: MatNumbers = { kind: "numbers", className: "double", dims: [0, 0], data: new Float64Array(0) };

function readDims(cursor: Cursor): number[] {
  const element = nextElement(cursor, "axis lengths");
  const count = element.size / 4;
  const dims = integers(cursor, element, count);
  if (!Number.isInteger(count) || count < 2 || count > 32 || dims.some((length) => length > 0x7fffffff)) {
    throw cursorFault(cursor, element.place, "2 to 32 axis lengths ≥ 0", `${element.size} bytes`);
  }
  return dims;
}

function sizeOf(dims: readonly number[]): number {
  return dims.reduce((size, length) => size * length, 1);
}

function readNumbers(cursor: Cursor, count: number, holder: FromNumbers): RasterData {
  const element = nextElement(cursor, "numbers");
  const type = storageTypes.get(element.type);
  if (type === undefined) throw cursorFault(cursor, element.place, "numbers", `element type ${element.type}`);
  if (element.size !== count * type.bytes) {
    throw cursorFault(cursor, element.place, `${count} numbers of ${type.bytes} bytes`, `${element.size} bytes`);
  }
  // A copy is aligned, and does not hold the file's bytes.
  const own = Uint8Array.from(slice(cursor, element));
  if (cursor.littleEndian !== hostIsLittleEndian) swapBytes(own, type.bytes);
  const stored = new type.make(own.buffer);
  if (stored instanceof BigInt64Array || stored instanceof BigUint64Array) {
    const unsafe = stored.find((value) => value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER);
    if (unsafe !== undefined) throw new UnsupportedError(`${cursor.file}: the integer ${unsafe}`, "save double(x)");
    return Float64Array.from(stored, Number);
  }
  return (stored.constructor as unknown) === holder ? stored : holder.from(stored);
}

const hostIsLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function swapBytes(bytes: Uint8Array<ArrayBuffer>, size: number): void {
  const buffer = Buffer.from(bytes.buffer);
  if (size === 2) buffer.swap16();
  else if (size === 4) buffer.swap32();
  else if (size === 8) buffer.swap64();
}

const utf8 = 16;
const utf16 = 17;
const utf32 = 18;

function readText(cursor: Cursor, dims: readonly number[]): MatValue {
  const element = nextElement(cursor, "characters");
  const bytes = slice(cursor, element);
  const width = new Map([
    [1, 1],
    [2, 1],
    [4, 2],
    [utf8, 1],
    [utf16, 2],
    [utf32, 4],
  ]).get(element.type);
  if (width === undefined || bytes.length % width !== 0) {
    throw cursorFault(cursor, element.place, "characters", `${element.size} bytes of element type ${element.type}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const little = cursor.littleEndian;
  const read = width === 1 ? view.getUint8 : width === 2 ? view.getUint16 : view.getUint32;
  // By UTF-16 unit, so that a character stands at its place in the array.
  const text =
    element.type === utf8
      ? new TextDecoder().decode(bytes)
      : Array.from({ length: bytes.length / width }, (_, at) => read.call(view, at * width, little))
          .map((code) => (code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd"))
          .join("");
  const rows = dims[0]!;
  if (rows === 1) return { kind: "text", dims, rows: [text] };
  // A row takes a character at least, so their number is warranted by the bytes.
  const count = Math.min(rows, text.length);
  const lines = Array.from({ length: count }, (_, row) => {
    let line = "";
    for (let at = row; at < text.length; at += rows) line += text[at];
    return line;
  });
  return { kind: "text", dims, rows: lines };
}

function readStruct(cursor: Cursor, dims: readonly number[], depth: number): MatValue {
  const lengthElement = nextElement(cursor, "the length of field names");
  const length = integers(cursor, lengthElement, 1)[0]!;
  const namesElement = nextElement(cursor, "field names");
  if (length < 1 || length > 4096 || namesElement.size % length !== 0) {
    throw cursorFault(cursor, namesElement.place, "field names of equal length", `${namesElement.size} bytes`);
  }
  const names = slice(cursor, namesElement);
  const fields = Array.from({ length: names.length / length }, (_, field) =>
    latin1(names.subarray(field * length, (field + 1) * length)),
  );
  const count = fields.length === 0 ? 0 : sizeOf(dims);
  checkCount(cursor, count * fields.length);
  const elements = Array.from({ length: count }, () => {
    const one = new Map<string, MatValue>();
    for (const field of fields) one.set(field, readInner(cursor, depth));
    return one;
  });
  return { kind: "struct", dims, fields, elements };
}

function readCell(cursor: Cursor, dims: readonly number[], depth: number): MatValue {
  const count = sizeOf(dims);
  checkCount(cursor, count);
  return { kind: "cell", dims, elements: Array.from({ length: count }, () => readInner(cursor, depth)) };
}

/** An inner array takes 8 bytes at least: more of them than that allows are never begun. */
function checkCount(cursor: Cursor, count: number): void {
  if (count * 8 <= cursor.end - cursor.at) return;
  throw cursorFault(cursor, cursor.at, `${count} inner arrays`, `${cursor.end - cursor.at} bytes`);
}

function readInner(cursor: Cursor, depth: number): MatValue {
  const element = nextElement(cursor, "an inner array");
  if (element.type !== matrixType) {
    throw cursorFault(cursor, element.place, "an inner array (element type 14)", `element type ${element.type}`);
  }
  return readMatrix({ ...cursor, at: element.start, end: element.start + element.size }, depth + 1).value;
}

function slice(cursor: Cursor, { start, size }: Element): Uint8Array {
  return cursor.bytes.subarray(start, start + size);
}

/** The first `count` 32-bit words of an element. */
function integers(cursor: Cursor, element: Element, count: number): number[] {
  if (element.size < count * 4) {
    throw cursorFault(cursor, element.place, `${count} integers of 4 bytes`, `${element.size} bytes`);
  }
  const view = viewAt(cursor, element.start, element.size);
  return Array.from({ length: Math.floor(count) }, (_, at) => view.getUint32(at * 4, cursor.littleEndian));
}

function viewAt({ bytes }: Cursor, at: number, size: number): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + at, size);
}

function latin1(bytes: Uint8Array): string {
  const text = String.fromCharCode(...bytes);
  const end = text.indexOf("\0");
  return bytes.length === headerBytes || end < 0 ? text : text.slice(0, end);
}

function cursorFault({ file, origin, isPacked }: Cursor, at: number, expected: string, got: string): FormatError {
  if (!isPacked) return fault(file, origin + at, expected, got);
  const where = `byte ${at} of the compressed variable at offset ${origin}`;
  return new FormatError(file, `expected ${expected}; got ${got} — ${where}`, { offset: origin, expected, got });
}

function fault(file: string, offset: number, expected: string, got: string): FormatError {
  const sentence = `expected ${expected}; got ${got} — at offset ${offset}`;
  return new FormatError(file, sentence, { offset, expected, got });
}
