/**
 * @file The header of a NumPy array, `{'descr': '<u2', 'fortran_order': False, 'shape': (8, 9, 5), }`: a Python
 * literal, read by its own small grammar and never evaluated.
 *
 * @see NumPy Enhancement Proposal 1, "A Simple File Format for NumPy Arrays"
 */
import { FormatError, UnsupportedError } from "../../tensor/index.ts";
import { type NumberType, numberTypes } from "./numbers.ts";

export interface NpyHeader {
  readonly type: NumberType;
  readonly littleEndian: boolean;
  readonly isColumnMajor: boolean;
  readonly shape: readonly number[];
  /** Where the numbers start. */
  readonly offset: number;
}

/** Enough for the header of any array of numbers. */
export const headerBytes: number = 2 ** 16;

/** Is this the start of a NumPy array? */
export function isNpy(start: Uint8Array): boolean {
  return String.fromCharCode(...start.subarray(0, 6)) === "\x93NUMPY";
}

/**
 * Read a header.
 *
 * @param start     the first bytes of the array, {@link headerBytes} or all there are
 * @param location  for messages
 * @throws FormatError if it is damaged
 * @throws UnsupportedError for arrays of anything but numbers
 */
export function npyHeader(start: Uint8Array, location: string): NpyHeader {
  if (!isNpy(start) || start.length < 12) throw fault(location, "a NumPy array", "other bytes");
  const view = new DataView(start.buffer, start.byteOffset, start.length);
  const version = start[6]!;
  if (version < 1 || version > 3) throw fault(location, "version 1, 2 or 3 of NumPy's format", String(version));
  const before = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (before + length > start.length) {
    throw fault(location, `a header of ${length} bytes`, `${start.length - before} bytes`);
  }
  const text = new TextDecoder().decode(start.subarray(before, before + length));
  return { ...parse(text, location), offset: before + length };
}

const entry = /\s*(['"])(\w+)\1\s*:\s*('[^'\\]*'|"[^"\\]*"|True|False|\([\d\s,L]*\)|\[.*\])\s*(,|(?=\}))/sy;

function parse(text: string, location: string): Omit<NpyHeader, "offset"> {
  const body = text.trim();
  const values = new Map<string, string>();
  entry.lastIndex = 1;
  let end = 1;
  for (let match = entry.exec(body); match !== null; match = entry.exec(body)) {
    values.set(match[2]!, match[3]!);
    end = entry.lastIndex;
  }
  const descr = values.get("descr");
  const order = values.get("fortran_order");
  const shape = values.get("shape");
  const isWhole = body.startsWith("{") && body.slice(end).trim() === "}" && values.size === 3;
  if (!isWhole || descr === undefined || (order !== "True" && order !== "False") || !shape?.startsWith("(")) {
    const expected = "a header {'descr': …, 'fortran_order': …, 'shape': …}";
    throw fault(location, expected, JSON.stringify(body.slice(0, 80)));
  }
  const lengths = shape.match(/\d+/g) ?? [];
  const dims = lengths.map(Number);
  if (dims.length > 32 || !dims.every(Number.isSafeInteger)) throw fault(location, "axis lengths", shape.slice(0, 80));
  return { ...parseType(descr, location), isColumnMajor: order === "True", shape: dims };
}

const kinds: ReadonlyMap<string, string> = new Map([
  ["c", "complex numbers"],
  ["O", "Python objects"],
  ["S", "text"],
  ["U", "text"],
  ["V", "records"],
  ["M", "dates"],
  ["m", "durations"],
]);

function parseType(descr: string, location: string): { readonly type: NumberType; readonly littleEndian: boolean } {
  if (descr.startsWith("[")) throw unsupported(location, "records (a structured dtype)");
  const text = descr.slice(1, -1);
  const [, order, kind, bytes] = /^([<>|=]?)([biufcSUVOMm])(\d*)(?:\[\w+\])?$/.exec(text) ?? [];
  if (kind === undefined) throw fault(location, "a dtype such as <f4", JSON.stringify(text.slice(0, 80)));
  const type = numberTypes.get(kind + bytes);
  if (type === undefined) throw unsupported(location, kinds.get(kind) ?? `numbers of dtype ${text}`);
  return { type, littleEndian: order !== ">" };
}

function unsupported(location: string, what: string): UnsupportedError {
  return new UnsupportedError(
    `${location}: a NumPy array of ${what}`,
    "save arrays of numbers, as with x.astype('f4')",
  );
}

function fault(location: string, expected: string, got: string): FormatError {
  return new FormatError(location, `expected ${expected}; got ${got}`, { expected, got });
}
