/** @file One array of a MATLAB file: numbers, text, a struct or a cell, with all that is in it. */
import type { NumberType } from "../numpy/numbers.ts";
import { type Cursor, content, cursorFault, integers, latin1, leave, nextElement } from "./cursor.ts";
import type { MatNumbers, MatValue } from "./mat-value.ts";
import { type Order, readNumbers, storageType } from "./numbers.ts";
import { readSparse } from "./sparse.ts";

/** By the path of an array, how its numbers shall lie; null leaves them out. */
export type Keep = (path: string) => Order | null;

export const matrixType = 14;
const maxDepth = 64;
const maxArrays = 2 ** 18;

/** By array class (mx…): its name, and what its numbers are held in; 64-bit integers are held as f64. */
const numericClasses: ReadonlyMap<number, readonly [string, NumberType["Held"]]> = new Map<
  number,
  readonly [string, NumberType["Held"]]
>([
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
const sparseClass = 5;
const opaqueClass = 17;
const otherClasses: ReadonlyMap<number, readonly [string, string]> = new Map([
  [3, ["object", "save its properties as a struct"]],
  [16, ["function handle", "save arrays only"]],
  [opaqueClass, ["object", "save its properties as a struct"]],
]);
const logicalFlag = 2;
const complexFlag = 8;

const emptyNumbers: MatNumbers = { kind: "numbers", className: "double", dims: [0, 0], data: new Float64Array(0) };

/** Where an array is in its variable. */
interface Place {
  readonly path: string;
  readonly depth: number;
  readonly keep: Keep;
  /** Arrays of the variable so far. */
  readonly count: { arrays: number };
}

/** The array that a variable is, and its name. */
export async function readMatrix(cursor: Cursor, keep: Keep): Promise<{ name: string; value: MatValue }> {
  return readArray(cursor, { path: "", depth: 0, keep, count: { arrays: 0 } });
}

async function readArray(cursor: Cursor, place: Place): Promise<{ name: string; value: MatValue }> {
  const { source, end } = cursor;
  place.count.arrays++;
  if (place.depth > maxDepth)
    throw cursorFault(cursor, source.at, `at most ${maxDepth} structs within each other`, "more");
  if (place.count.arrays > maxArrays) {
    throw cursorFault(cursor, source.at, `at most ${maxArrays} arrays in a variable`, "more");
  }
  // An element without content is an empty array.
  if (source.at === end) return { name: "", value: emptyNumbers };
  const flagsAt = source.at;
  const [flags, most = 0] = await integers(cursor, await nextElement(cursor, "array flags"), 2);
  const arrayClass = flags! & 0xff;
  // An opaque object has no sizes: its name comes first.
  const dims = arrayClass === opaqueClass ? [1, 1] : await readDims(cursor);
  const name = latin1(await content(cursor, await nextElement(cursor, "a name")));
  const value = await readValue(cursor, flagsAt, flags! >>> 8, arrayClass, most, dims, {
    ...place,
    path: place.path === "" ? name : place.path,
  });
  source.skip(Math.max(0, end - source.at));
  return { name, value };
}

async function readValue(
  cursor: Cursor,
  flagsAt: number,
  flag: number,
  arrayClass: number,
  most: number,
  dims: readonly number[],
  place: Place,
): Promise<MatValue> {
  const other = otherClasses.get(arrayClass);
  if (other !== undefined) return { kind: "other", what: other[0], advice: other[1] };
  if (arrayClass === structClass) return readStruct(cursor, dims, place);
  if (arrayClass === cellClass) return readCell(cursor, dims, place);
  if (arrayClass === charClass) return readText(cursor, dims);
  const isSparse = arrayClass === sparseClass;
  const known = isSparse ? (["double", Float64Array] as const) : numericClasses.get(arrayClass);
  if (known === undefined) throw cursorFault(cursor, flagsAt, "an array class from 1 to 17", String(arrayClass));
  const isLogical = (flag & logicalFlag) !== 0;
  const className = `${isSparse ? "sparse " : ""}${isLogical ? "logical" : known[0]}`;
  if ((flag & complexFlag) !== 0) {
    const what = `complex ${dims.join("×")} ${className}`;
    return { kind: "other", what, advice: "save real(x) and imag(x), or abs(x)" };
  }
  const order = place.keep(place.path);
  if (isSparse) {
    const data = await readSparse(cursor, dims, most, isLogical, order);
    return { kind: "numbers", className, dims, data };
  }
  if (order !== null) {
    return { kind: "numbers", className, dims, data: await readNumbers(cursor, dims, known[1], order) };
  }
  const element = await nextElement(cursor, "numbers");
  storageType(cursor, element, sizeOf(dims));
  leave(cursor, element);
  return { kind: "numbers", className, dims, data: new Float64Array(0) };
}

async function readDims(cursor: Cursor): Promise<number[]> {
  const element = await nextElement(cursor, "axis lengths");
  const count = element.size / 4;
  if (!Number.isInteger(count) || count < 2 || count > 32) {
    throw cursorFault(cursor, element.place, "2 to 32 axis lengths ≥ 0", `${element.size} bytes`);
  }
  const dims = Array.from(await integers(cursor, element, count));
  if (dims.every((length) => length <= 0x7fffffff)) return dims;
  throw cursorFault(cursor, element.place, "2 to 32 axis lengths ≥ 0", dims.map((length) => length | 0).join(", "));
}

function sizeOf(dims: readonly number[]): number {
  return dims.reduce((size, length) => size * length, 1);
}

const utf8 = 16;
const utf16 = 17;
const utf32 = 18;

async function readText(cursor: Cursor, dims: readonly number[]): Promise<MatValue> {
  const element = await nextElement(cursor, "characters");
  const bytes = await content(cursor, element);
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

async function readStruct(cursor: Cursor, dims: readonly number[], place: Place): Promise<MatValue> {
  const lengthElement = await nextElement(cursor, "the length of field names");
  const length = (await integers(cursor, lengthElement, 1))[0]!;
  const namesElement = await nextElement(cursor, "field names");
  if (length < 1 || length > 4096 || namesElement.size % length !== 0) {
    throw cursorFault(cursor, namesElement.place, "field names of equal length", `${namesElement.size} bytes`);
  }
  const names = await content(cursor, namesElement);
  const fields = Array.from({ length: names.length / length }, (_, field) =>
    latin1(names.subarray(field * length, (field + 1) * length)),
  );
  const count = fields.length === 0 ? 0 : sizeOf(dims);
  checkCount(cursor, count * fields.length);
  const elements: Map<string, MatValue>[] = [];
  for (let index = 0; index < count; index++) {
    const one = new Map<string, MatValue>();
    const path = count === 1 ? place.path : `${place.path}[${index}]`;
    for (const field of fields) one.set(field, await readInner(cursor, place, `${path}.${field}`));
    elements.push(one);
  }
  return { kind: "struct", dims, fields, elements };
}

async function readCell(cursor: Cursor, dims: readonly number[], place: Place): Promise<MatValue> {
  const count = sizeOf(dims);
  checkCount(cursor, count);
  const elements: MatValue[] = [];
  for (let index = 0; index < count; index++) {
    elements.push(await readInner(cursor, place, `${place.path}[${index}]`));
  }
  return { kind: "cell", dims, elements };
}

/** An inner array takes 8 bytes at least: more of them than that allows are never begun. */
function checkCount(cursor: Cursor, count: number): void {
  const room = cursor.end - cursor.source.at;
  if (count * 8 > room) throw cursorFault(cursor, cursor.source.at, `${count} inner arrays`, `${room} bytes`);
}

async function readInner(cursor: Cursor, place: Place, path: string): Promise<MatValue> {
  const { source } = cursor;
  const element = await nextElement(cursor, "an inner array");
  if (element.type !== matrixType) {
    throw cursorFault(cursor, element.place, "an inner array (element type 14)", `element type ${element.type}`);
  }
  if (element.inline !== null) return emptyNumbers;
  const inner = { ...cursor, end: source.at + element.size };
  const { value } = await readArray(inner, { ...place, path, depth: place.depth + 1 });
  source.skip(element.padding);
  return value;
}
