/**
 * @file The numbers of a dataset, read in blocks of whole chunks and put in place, so that little more than the result
 * is ever in memory.
 */
import { FormatError, UnsupportedError } from "../../tensor/index.ts";
import { placeBlock, rowMajorStrides } from "../numpy/axes.ts";
import { type NumberType, numberTypes, toNumbers } from "../numpy/numbers.ts";
import type { RasterData } from "../raster.ts";
import type { DatasetEntry, Hdf5File } from "./file.ts";

/** A dataset and where it is in its file. */
export interface Dataset {
  /** Absolute, with slashes. */
  readonly path: string;
  readonly entry: DatasetEntry;
}

const integerClass = 0;
const floatClass = 1;
const enumerationClass = 8;

/** The type of a dataset's numbers; null where it holds anything else. */
export function numberTypeOf({ type, size, isSigned, isBoolean }: DatasetEntry): NumberType | null {
  if (isBoolean && size === 1) return numberTypes.get("b1")!;
  const kind = type === floatClass ? "f" : isSigned ? "i" : "u";
  const isNumber = type === integerClass || type === floatClass || type === enumerationClass;
  return isNumber ? (numberTypes.get(`${kind}${size}`) ?? null) : null;
}

const maxBytes = 2 ** 33;
const maxChunkBytes = 2 ** 29;
/** Deflate packs no more than this into a byte. */
const maxRatio = 1032;
const blockBytes = 2 ** 20;

/** Filters that the library undoes. */
const knownFilters: ReadonlySet<number> = new Set([1, 2, 3, 5, 6]);
/** @see The HDF Group, "Registered Filter Plugins" */
const otherFilters: ReadonlyMap<number, string> = new Map([
  [4, "SZIP"],
  [305, "LZO"],
  [307, "BZIP2"],
  [32000, "LZF"],
  [32001, "Blosc"],
  [32004, "LZ4"],
  [32008, "Bitshuffle"],
  [32013, "ZFP"],
  [32015, "Zstandard"],
  [32017, "SZ"],
  [32026, "Blosc2"],
]);

/**
 * A dataset's numbers with its axes in another order.
 *
 * @param axes      axes of the dataset in the order of the result; those left out have length 1
 * @param location  `file` or `file#field`, for messages
 * @throws FormatError if the file's bytes cannot hold so many numbers, or are damaged
 * @throws UnsupportedError for filters that cannot be undone, and for arrays of more than 8 GiB
 */
export async function readNumbers(
  hdf5: Hdf5File,
  { path, entry }: Dataset,
  type: NumberType,
  axes: readonly number[],
  location: string,
): Promise<RasterData> {
  const shape = entry.shape ?? [];
  check(hdf5, entry, type, location);
  const outLengths = axes.map((axis) => shape[axis]!);
  const outStrides = rowMajorStrides(outLengths);
  const strides = shape.map((_, axis) => (axes.includes(axis) ? outStrides[axes.indexOf(axis)]! : 0));
  const out = allocate(type, outLengths, location);
  const block = blockShape(entry, type, strides);
  const blocks = Array.from(blockOffsets(shape, block), (offset) => {
    const lengths = offset.map((start, axis) => Math.min(block[axis]!, shape[axis]! - start));
    return { offset, lengths, bytes: lengths.reduce((size, length) => size * length, type.bytes) };
  });
  const spaceBytes = block.reduce((size, length) => size * length, type.bytes);
  const roomBytes = Math.max(spaceBytes, chunkBytes(entry, type));
  const read = (at: number, space: ArrayBuffer) => {
    const { offset, lengths, bytes } = blocks[at]!;
    return hdf5.read(path, offset, lengths, bytes, space, roomBytes);
  };
  // While one block is put in place, the library decodes the next.
  const readings = blocks.slice(0, 2).map((_, at) => read(at, new ArrayBuffer(spaceBytes)));
  try {
    for (const [at, { offset, lengths }] of blocks.entries()) {
      const bytes = await readings[at]!;
      const start = offset.reduce((place, from, axis) => place + from * strides[axis]!, 0);
      placeBlock(toNumbers(bytes, type, true, location), lengths, out, strides, start);
      if (at + 2 < blocks.length) readings.push(read(at + 2, bytes.buffer));
    }
  } finally {
    await Promise.allSettled(readings);
  }
  return out;
}

function allocate(type: NumberType, lengths: readonly number[], location: string): RasterData {
  const length = lengths.reduce((size, one) => size * one, 1);
  try {
    return new type.Held(length);
  } catch (cause) {
    throw new UnsupportedError(`${location}: an array of ${length} numbers`, "cut it into parts", { cause });
  }
}

function check({ file, sizeBytes }: Hdf5File, entry: DatasetEntry, type: NumberType, location: string): void {
  const { filters, isVirtual, chunks } = entry;
  const shape = entry.shape ?? [];
  if (isVirtual) throw new UnsupportedError(`${location}: a virtual dataset`, "store a copy of its numbers");
  const filter = filters.find(({ id }) => !knownFilters.has(id));
  if (filter !== undefined) {
    const name = otherFilters.get(filter.id) ?? filter.name.split(";")[0]!;
    const feature = `${location}: the HDF5 filter ${filter.id}${name === "" ? "" : ` (${name})`}`;
    throw new UnsupportedError(feature, "repack with h5repack -f GZIP=4");
  }
  const bytes = shape.reduce((size, length) => size * length, type.bytes);
  const bound = chunks === null ? sizeBytes : sizeBytes * maxRatio;
  if (bytes > bound) {
    const expected = `${bytes} bytes of numbers`;
    const got = `a file of ${sizeBytes} bytes`;
    throw new FormatError(file, `expected ${expected}; got ${got} — the file is damaged, or never filled`, {
      ...{ expected, got },
    });
  }
  if (bytes > maxBytes) throw new UnsupportedError(`${location}: an array of ${bytes} bytes`, "cut it into parts");
  if (chunkBytes(entry, type) > maxChunkBytes) {
    const feature = `${location}: a chunk of ${chunkBytes(entry, type)} bytes`;
    throw new UnsupportedError(feature, "repack with h5repack -l CHUNK=…");
  }
}

/** Of one chunk; of a number where there are none. */
function chunkBytes({ chunks }: DatasetEntry, type: NumberType): number {
  return (chunks ?? []).reduce((size, length) => size * length, type.bytes);
}

/** Whole chunks, or runs where there are none, joined along the axes that lie closest in the result. */
function blockShape(entry: DatasetEntry, type: NumberType, strides: readonly number[]): number[] {
  const shape = entry.shape!;
  const last = shape.length - 1;
  const unit = entry.chunks ?? shape.map((length, axis) => (axis === last ? Math.min(length, 2 ** 14) : 1));
  const block = shape.map((length, axis) => Math.max(1, Math.min(length, unit[axis]!)));
  let bytes = block.reduce((size, length) => size * length, type.bytes);
  const nearest = shape.map((_, axis) => axis).sort((a, b) => strides[a]! - strides[b]!);
  for (const axis of nearest) {
    const times = Math.max(1, Math.floor(blockBytes / bytes));
    const length = Math.min(shape[axis]!, block[axis]! * times);
    bytes *= length / block[axis]!;
    block[axis] = length;
  }
  return block;
}

function* blockOffsets(shape: readonly number[], block: readonly number[]): Generator<number[]> {
  const offset = shape.map(() => 0);
  for (;;) {
    yield offset.slice();
    let axis = shape.length - 1;
    while (axis >= 0 && offset[axis]! + block[axis]! >= shape[axis]!) offset[axis--] = 0;
    if (axis < 0) return;
    offset[axis]! += block[axis]!;
  }
}
