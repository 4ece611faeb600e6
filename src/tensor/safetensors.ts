/**
 * @file The safetensors file format: an 8-byte header length, a JSON header, raw little-endian numbers.
 * Reading validates everything before any number is used; nothing in such a file can execute.
 *
 * @see https://github.com/huggingface/safetensors
 */
import { readFile } from "node:fs/promises";
import { writeAtomically } from "./atomic.ts";
import { FormatError, InternalError } from "./errors.ts";
import { type DType, type NdArray, type Shape, sizeOf, zeros } from "./ndarray.ts";

const largestHeaderBytes = 100_000_000;
const largestCount = 100_000;
const typeNames = { f32: "F32", f64: "F64", i32: "I32", bool: "BOOL" } as const;
const types: ReadonlyMap<string, DType> = new Map(
  Object.entries(typeNames).map(([dtype, name]) => [name, dtype as DType]),
);

/** Named arrays and text that belongs to them. */
export interface Checkpoint {
  readonly arrays: Readonly<Record<string, NdArray>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Names that no array may have: the format keeps the one for itself, objects of JavaScript the other. */
const reserved: ReadonlySet<string> = new Set(["__metadata__", "__proto__"]);

/** A checkpoint as bytes. */
export function encodeSafetensors({ arrays, metadata }: Checkpoint): Uint8Array {
  const taken = Object.keys(arrays).find((name) => reserved.has(name));
  if (taken !== undefined) throw new InternalError(`an array of a checkpoint cannot be named "${taken}"`);
  const header: Record<string, unknown> = { __metadata__: metadata };
  let sizeBytes = 0;
  // Wide numbers first, so that every array starts at a multiple of its element size.
  const ordered = Object.entries(arrays).sort(
    ([nameA, a], [nameB, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT || (nameA < nameB ? -1 : 1),
  );
  for (const [name, { dtype, shape, data }] of ordered) {
    const end = sizeBytes + data.byteLength;
    header[name] = { dtype: typeNames[dtype], shape, data_offsets: [sizeBytes, end] };
    sizeBytes = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  // Spaces after the JSON keep the numbers aligned to 8 bytes.
  const json = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(0x20);
  json.set(text);
  const bytes = new Uint8Array(8 + json.length + sizeBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  let at = 8 + json.length;
  for (const [, { data }] of ordered) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/** Names of a JSON object as they stand in its text, also those that stand there twice. @param text  valid JSON */
function* namesIn(text: string): Generator<string> {
  const colon = /\s*:/y;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") depth--;
    else if (character === '"') {
      const start = at++;
      for (; text[at] !== '"'; at++) if (text[at] === "\\") at++;
      colon.lastIndex = at + 1;
      if (depth === 1 && colon.test(text)) yield JSON.parse(text.slice(start, at + 1)) as string;
    }
  }
}

/** A value as a message shows it: short, whatever it is. */
function shown(value: unknown): string {
  if (Array.isArray(value)) {
    const items = value.slice(0, 8).map((item) => (typeof item === "object" && item !== null ? "…" : shown(item)));
    return `[${items.join()}${value.length > 8 ? ",…" : ""}]`;
  }
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(value) ?? "none";
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/**
 * The arrays and metadata of a checkpoint.
 *
 * @param file  name for messages
 * @throws FormatError for anything that is not a whole, gapless safetensors file
 */
export function decodeSafetensors(bytes: Uint8Array, file: string): Checkpoint {
  const refuse = (expected: string, got: string, offset = 0, cause?: unknown): never => {
    throw new FormatError(file, `expected ${expected}; got ${got}`, { offset, expected, got, cause });
  };
  if (bytes.length < 8) refuse("a safetensors header", `${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = Number(view.getBigUint64(0, true));
  if (headerBytes > Math.min(largestHeaderBytes, bytes.length - 8)) {
    refuse(`a header within the file of ${bytes.length} bytes`, `a header of ${headerBytes} bytes`);
  }
  let header: unknown;
  let text = "";
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + headerBytes));
    header = JSON.parse(text);
  } catch (cause) {
    refuse("a JSON header", "text that is not JSON", 8, cause);
  }
  if (typeof header !== "object" || header === null || Array.isArray(header))
    refuse("a JSON object", "another JSON value", 8);
  const { __metadata__: metadata = {}, ...entries } = header as Record<string, unknown>;
  if (Object.keys(entries).length > largestCount)
    refuse(`at most ${largestCount} arrays`, `${Object.keys(entries).length}`, 8);
  const names = new Set<string>();
  for (const name of namesIn(text)) {
    if (names.has(name)) refuse(`${shown(name)} once`, "the name twice", 8);
    names.add(name);
  }
  const start = 8 + headerBytes;
  const spans: {
    readonly name: string;
    readonly dtype: DType;
    readonly shape: Shape;
    readonly from: number;
    readonly to: number;
  }[] = [];
  for (const [name, entry] of Object.entries(entries)) {
    const { dtype: typeName, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
    const dtype = typeof typeName === "string" ? types.get(typeName) : undefined;
    if (!dtype) refuse(`${shown(name)} to be one of ${[...types.keys()].join(", ")}`, shown(typeName), 8);
    const lengths = Array.isArray(shape) ? shape : refuse(`a shape for ${shown(name)}`, shown(shape), 8);
    const ends = Array.isArray(offsets) ? offsets : refuse(`offsets for ${shown(name)}`, shown(offsets), 8);
    const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
    if (!lengths.every(isCount) || ends.length !== 2 || !ends.every(isCount)) {
      refuse(`whole numbers for ${shown(name)}`, `shape ${shown(lengths)}, offsets ${shown(ends)}`, 8);
    }
    const [from, to] = ends as [number, number];
    const sizeBytes = sizeOf(lengths as number[]) * zeros([0], dtype!).data.BYTES_PER_ELEMENT;
    if (to - from !== sizeBytes) refuse(`${sizeBytes} bytes for ${shown(name)}`, `${to - from}`, start + from);
    spans.push({ name, dtype: dtype!, shape: lengths as number[], from, to });
  }
  spans.sort((a, b) => a.from - b.from || a.to - b.to);
  let end = 0;
  for (const { name, from, to } of spans) {
    if (from !== end) refuse(`${shown(name)} to start at ${end}`, `${from}`, start + from);
    end = to;
  }
  if (start + end !== bytes.length) refuse(`a file of ${start + end} bytes`, `${bytes.length}`, bytes.length);
  if (
    typeof metadata !== "object" ||
    metadata === null ||
    Array.isArray(metadata) ||
    Object.values(metadata).some((value) => typeof value !== "string")
  ) {
    refuse("metadata of texts", shown(metadata), 8);
  }
  const arrays: Record<string, NdArray> = Object.create(null);
  for (const { name, dtype, shape, from, to } of spans) {
    // A copy: the file's bytes need not be aligned for their type.
    const data = zeros(shape, dtype);
    new Uint8Array(data.data.buffer).set(bytes.subarray(start + from, start + to));
    arrays[name] = data;
  }
  return { arrays, metadata: metadata as Record<string, string> };
}

/** Write a checkpoint so that a reader sees the old file or the new one, never a part. */
export async function writeCheckpoint(file: string, checkpoint: Checkpoint): Promise<void> {
  await writeAtomically(file, encodeSafetensors(checkpoint));
}

/** Read and validate a checkpoint. @throws FormatError */
export async function readCheckpoint(file: string): Promise<Checkpoint> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    throw new FormatError(file, "expected a checkpoint; got no readable file", { cause });
  }
  return decodeSafetensors(bytes, file);
}

/** One array of a checkpoint, of a known element type. @throws FormatError */
export function arrayOf<D extends DType>({ arrays }: Checkpoint, file: string, name: string, dtype: D): NdArray<D> {
  const array = Object.hasOwn(arrays, name) ? arrays[name] : undefined;
  if (!array || array.dtype !== dtype) {
    throw new FormatError(file, `expected an array "${name}" of ${dtype}; got ${array?.dtype ?? "none"}`);
  }
  return array as unknown as NdArray<D>;
}
