/**
 * @file MATLAB's MAT-file format, level 5 (save -v6 and -v7), read into a tree of values. Nothing is allocated that the
 * bytes at hand do not warrant, and every damage is told with its byte offset.
 *
 * @see MathWorks, "MAT-File Format", R2023b
 */
import { FormatError, SymdiffuserError, UnsupportedError } from "../../tensor/index.ts";
import { type Bytes, openBytes } from "../bytes.ts";
import { latin1, matFault, viewOf } from "./cursor.ts";
import type { MatStruct, MatValue } from "./mat-value.ts";
import { type Keep, matrixType, readMatrix } from "./matrix.ts";
import { packedSource, plainSource, type Source } from "./source.ts";

const headerBytes = 128;
const compressedType = 15;
/** Deflate packs no more than this into a byte. */
const maxRatio = 1032;

/** Is this the start of a MATLAB file? Those of -v7.3 are HDF5. */
export function isMatlab(start: Uint8Array): boolean {
  const text = latin1(start.subarray(0, 10));
  if (text.startsWith("MATLAB ")) return text !== "MATLAB 7.3";
  const order = latin1(start.subarray(126, 128));
  return order === "IM" || order === "MI";
}

/**
 * Every variable of a MATLAB file, as the fields of one struct; numbers column-major.
 *
 * @throws FormatError if the file is damaged, cut short or no MATLAB file
 * @throws UnsupportedError for the formats -v7.3 (HDF5) and -v4
 */
export async function readMatlab(file: string): Promise<MatStruct> {
  return readMatlabTree(file, () => "column-major");
}

/**
 * The same with those numbers only that are asked for; in place of others stands an empty array.
 *
 * @param keep  by the path of an array, how its numbers shall lie; null leaves them out
 */
export async function readMatlabTree(file: string, keep: Keep): Promise<MatStruct> {
  const bytes = openBytes(file);
  try {
    return await readVariables(bytes, keep);
  } catch (cause) {
    if (cause instanceof SymdiffuserError) throw cause;
    const got = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError(file, `expected a MATLAB file; got damaged bytes (${got})`, { cause });
  } finally {
    bytes.close();
  }
}

async function readVariables(bytes: Bytes, keep: Keep): Promise<MatStruct> {
  const littleEndian = readHeader(bytes);
  if (bytes.size === headerBytes) throw matFault(bytes.file, headerBytes, "a variable", "the end of the file");
  const variables = new Map<string, MatValue>();
  for (let at = headerBytes; at < bytes.size; ) {
    const tag = viewOf(bytes.read(at, 8));
    const type = tag.getUint32(0, littleEndian);
    const size = tag.getUint32(4, littleEndian);
    if (type !== matrixType && type !== compressedType) {
      throw matFault(bytes.file, at, "a variable (element type 14 or 15)", `element type ${type}`);
    }
    const start = at + 8;
    if (start + size > bytes.size) {
      const [expected, got] = [`a variable of ${size} bytes`, `${bytes.size - start}`];
      const sentence = `expected ${expected} at offset ${start}; got ${got} — the file is cut short or damaged`;
      throw new FormatError(bytes.file, sentence, { offset: start, expected, got });
    }
    const { name, value } =
      type === matrixType
        ? await readVariable(plainSource(bytes, start), size, littleEndian, keep)
        : await readPacked(bytes, at, size, littleEndian, keep);
    // Objects keep their insides in a nameless variable.
    if (name !== "") variables.set(name, value);
    at = start + size;
  }
  return { kind: "struct", dims: [1, 1], fields: Array.from(variables.keys()), elements: [variables] };
}

async function readPacked(bytes: Bytes, offset: number, size: number, littleEndian: boolean, keep: Keep) {
  let end = 0;
  const source = packedSource(bytes, offset, offset + 8, size, (first) => {
    const type = viewOf(first).getUint32(0, littleEndian);
    if (type !== matrixType) throw matFault(bytes.file, offset, "a compressed variable", `element type ${type}`);
    end = 8 + viewOf(first).getUint32(4, littleEndian);
    if (end > size * maxRatio) {
      throw matFault(bytes.file, offset, `a variable of ${end} bytes`, `${size} compressed bytes, which hold fewer`);
    }
    return end;
  });
  try {
    await source.take(8);
    return await readVariable(source, end, littleEndian, keep);
  } finally {
    await source.close();
  }
}

async function readVariable(source: Source, end: number, littleEndian: boolean, keep: Keep) {
  let isKept = false;
  const asked: Keep = (path) => {
    const order = keep(path);
    if (order !== null) isKept = true;
    return order;
  };
  const named = await readMatrix({ source, littleEndian, end }, asked);
  if (isKept) await source.finish();
  return named;
}

/** @returns  whether the file is little-endian */
function readHeader(bytes: Bytes): boolean {
  const { file } = bytes;
  const start = bytes.read(0, Math.min(bytes.size, headerBytes));
  const text = Buffer.from(start).toString("latin1");
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
    throw matFault(
      file,
      Math.min(124, start.length),
      "the header of a MATLAB file (128 bytes ending in IM or MI)",
      got,
    );
  }
  const littleEndian = order === "IM";
  const version = start[littleEndian ? 125 : 124]!;
  if (version !== 1) throw matFault(file, 124, "version 1 of the MATLAB format", String(version));
  return littleEndian;
}
