/** @file Types of numbers by NumPy's codes (`u2`, `f4`), and bytes of them as arrays that a raster can hold. */
import { endianness } from "node:os";
import { UnsupportedError } from "../../tensor/index.ts";
import { swapBytes } from "../bytes.ts";
import { halfFloat } from "../half-float.ts";
import type { RasterData } from "../raster.ts";

type Stored = RasterData | BigInt64Array | BigUint64Array;

export interface NumberType {
  /** NumPy's name: `uint16`. */
  readonly name: string;
  /** Of one number. */
  readonly bytes: number;
  readonly Stored: new (buffer: ArrayBuffer, byteOffset: number, length: number) => Stored;
  /** What a raster holds them in: half floats become f32, 64-bit integers f64, truth values u8. */
  readonly Held: new (
    length: number,
  ) => RasterData;
}

/** By NumPy's code: kind and bytes. */
export const numberTypes: ReadonlyMap<string, NumberType> = new Map([
  ["b1", { name: "bool", bytes: 1, Stored: Uint8Array, Held: Uint8Array }],
  ["u1", { name: "uint8", bytes: 1, Stored: Uint8Array, Held: Uint8Array }],
  ["i1", { name: "int8", bytes: 1, Stored: Int8Array, Held: Int8Array }],
  ["u2", { name: "uint16", bytes: 2, Stored: Uint16Array, Held: Uint16Array }],
  ["i2", { name: "int16", bytes: 2, Stored: Int16Array, Held: Int16Array }],
  ["u4", { name: "uint32", bytes: 4, Stored: Uint32Array, Held: Uint32Array }],
  ["i4", { name: "int32", bytes: 4, Stored: Int32Array, Held: Int32Array }],
  ["u8", { name: "uint64", bytes: 8, Stored: BigUint64Array, Held: Float64Array }],
  ["i8", { name: "int64", bytes: 8, Stored: BigInt64Array, Held: Float64Array }],
  ["f2", { name: "float16", bytes: 2, Stored: Uint16Array, Held: Float32Array }],
  ["f4", { name: "float32", bytes: 4, Stored: Float32Array, Held: Float32Array }],
  ["f8", { name: "float64", bytes: 8, Stored: Float64Array, Held: Float64Array }],
] satisfies [string, NumberType][]);

const hostIsLittleEndian = endianness() === "LE";

/**
 * The numbers of `bytes`, in the array that a raster holds them in. The bytes may be swapped in place and kept.
 *
 * @param location  for messages
 * @throws UnsupportedError for an integer that f64 cannot hold exactly
 */
export function toNumbers(
  bytes: Uint8Array<ArrayBuffer>,
  type: NumberType,
  littleEndian: boolean,
  location: string,
): RasterData {
  const own = bytes.byteOffset % type.bytes === 0 ? bytes : bytes.slice();
  if (littleEndian !== hostIsLittleEndian) swapBytes(own, type.bytes);
  const stored = new type.Stored(own.buffer, own.byteOffset, own.length / type.bytes);
  if (stored instanceof BigInt64Array || stored instanceof BigUint64Array) {
    const unsafe = stored.find((value) => value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER);
    if (unsafe !== undefined) throw new UnsupportedError(`${location}: the integer ${unsafe}`, "store it as float64");
    return Float64Array.from(stored, Number);
  }
  return type.name === "float16" ? Float32Array.from(stored, halfFloat) : stored;
}
