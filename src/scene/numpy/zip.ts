/**
 * @file The files in a ZIP archive, stored or deflated, found by its central directory. Nothing is inflated beyond the
 * size that the directory declares, and checksums are held.
 *
 * @see PKWARE, "APPNOTE.TXT - .ZIP File Format Specification", 4.3, 4.5
 */
import { constants, crc32, inflateRawSync } from "node:zlib";
import { FormatError, UnsupportedError } from "../../tensor/index.ts";
import type { Bytes } from "../bytes.ts";

/** A file in an archive. */
export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly isEncrypted: boolean;
  readonly crc: number;
  readonly packedBytes: number;
  readonly bytes: number;
  /** Where its local header is. */
  readonly offset: number;
}

const stored = 0;
const deflated = 8;
const escape16 = 0xffff;
const escape32 = 0xffffffff;
/** Deflate packs no more than this into a byte. */
const maxRatio = 1032;

/**
 * The files of an archive, in its order.
 *
 * @throws FormatError if it is damaged or cut short
 */
export function zipEntries(bytes: Bytes): ZipEntry[] {
  const { count, size, offset } = directoryPlace(bytes);
  const directory = bytes.read(offset, size);
  const view = new DataView(directory.buffer);
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    if (at + 46 > size || view.getUint32(at, true) !== 0x02014b50) {
      throw fault(bytes, offset + at, `file ${index + 1} of ${count} in the archive's directory`, "other bytes");
    }
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const extraAt = at + 46 + nameLength!;
    const end = extraAt + extraLength! + commentLength!;
    if (end > size) throw fault(bytes, offset + at, "a whole directory", "its end within an entry");
    const wide = zip64Fields(view, extraAt, extraLength!);
    const size32 = (field: number) => {
      const value = view.getUint32(at + field, true);
      return value === escape32 ? (wide.shift() ?? value) : value;
    };
    const unpacked = size32(24);
    const packedBytes = size32(20);
    entries.push({
      name: new TextDecoder().decode(directory.subarray(at + 46, extraAt)),
      method: view.getUint16(at + 10, true),
      isEncrypted: (view.getUint16(at + 8, true) & 1) !== 0,
      crc: view.getUint32(at + 16, true),
      ...{ packedBytes, bytes: unpacked, offset: size32(42) },
    });
    at = end;
  }
  return entries;
}

/** Where the central directory is, by the record at the end of the archive. */
function directoryPlace(bytes: Bytes): { readonly count: number; readonly size: number; readonly offset: number } {
  // The record is 22 bytes and a comment of at most 65535.
  const tailAt = Math.max(0, bytes.size - 22 - escape16);
  const tail = bytes.read(tailAt, bytes.size - tailAt);
  const view = new DataView(tail.buffer);
  for (let at = tail.length - 22; at >= 0; at--) {
    if (view.getUint32(at, true) !== 0x06054b50) continue;
    const count = view.getUint16(at + 10, true);
    const size = view.getUint32(at + 12, true);
    const offset = view.getUint32(at + 16, true);
    const isWide = count === escape16 || size === escape32 || offset === escape32;
    if (!isWide) return { count, size, offset };
    const locator = tailAt + at - 20;
    const place = new DataView(bytes.read(Math.max(0, locator), 20).buffer);
    if (place.getUint32(0, true) !== 0x07064b50) return { count, size, offset };
    const wide = new DataView(bytes.read(Number(place.getBigUint64(8, true)), 56).buffer);
    const [wideCount, wideSize, wideOffset] = [32, 40, 48].map((field) => Number(wide.getBigUint64(field, true)));
    return { count: wideCount!, size: wideSize!, offset: wideOffset! };
  }
  throw fault(bytes, bytes.size, "the directory of a ZIP archive", "none — the file is cut short or damaged");
}

/** The 64-bit numbers of an entry's extra field 1. */
function zip64Fields(view: DataView, start: number, length: number): number[] {
  for (let at = start; at + 4 <= start + length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    const count = Math.floor(Math.min(view.getUint16(at + 2, true), start + length - at - 4) / 8);
    return Array.from({ length: count }, (_, index) => Number(view.getBigUint64(at + 4 + index * 8, true)));
  }
  return [];
}

/** The first `length` bytes of a file in an archive, or all that there are. */
export function zipStart(bytes: Bytes, entry: ZipEntry, length: number): Uint8Array<ArrayBuffer> {
  const at = dataOffset(bytes, entry);
  const packed = bytes.read(at, Math.min(length, entry.packedBytes));
  if (entry.method === stored) return packed;
  return inflated(bytes, entry, packed, length * maxRatio, constants.Z_SYNC_FLUSH);
}

/**
 * A file of an archive.
 *
 * @throws FormatError if it is damaged
 */
export function zipFile(bytes: Bytes, entry: ZipEntry): Uint8Array<ArrayBuffer> {
  const at = dataOffset(bytes, entry);
  const isBorneOut =
    entry.method === stored ? entry.bytes === entry.packedBytes : entry.bytes <= entry.packedBytes * maxRatio + 64;
  if (!isBorneOut) {
    throw fault(bytes, at, `${entry.bytes} bytes in ${entry.name}`, `${entry.packedBytes} packed bytes`);
  }
  const packed = bytes.read(at, entry.packedBytes);
  const plain = entry.method === stored ? packed : inflated(bytes, entry, packed, entry.bytes, constants.Z_FINISH);
  if (plain.length !== entry.bytes) {
    throw fault(bytes, at, `${entry.bytes} bytes in ${entry.name}`, String(plain.length));
  }
  let sum = 0;
  for (let from = 0; from < plain.length; from += 2 ** 30) sum = crc32(plain.subarray(from, from + 2 ** 30), sum);
  if (sum !== entry.crc) throw fault(bytes, at, `${entry.name} with the checksum ${entry.crc}`, String(sum));
  return plain;
}

function dataOffset(bytes: Bytes, entry: ZipEntry): number {
  const { name, method, isEncrypted, offset } = entry;
  const subject = `${bytes.file}: ${name}`;
  if (isEncrypted) throw new UnsupportedError(`${subject}, an encrypted file in a ZIP archive,`);
  if (method !== stored && method !== deflated) {
    throw new UnsupportedError(`${subject}: ZIP compression ${method}`, "save it with numpy.savez_compressed");
  }
  const local = new DataView(bytes.read(offset, 30).buffer);
  if (local.getUint32(0, true) !== 0x04034b50) throw fault(bytes, offset, `the header of ${name}`, "other bytes");
  return offset + 30 + local.getUint16(26, true) + local.getUint16(28, true);
}

function inflated(
  bytes: Bytes,
  entry: ZipEntry,
  packed: Uint8Array,
  maxBytes: number,
  finishFlush: number,
): Uint8Array<ArrayBuffer> {
  try {
    const isWhole = finishFlush === constants.Z_FINISH;
    // One buffer for all that comes out, so that it is never held twice.
    const chunkSize = isWhole ? Math.min(2 ** 30, maxBytes + 64) : 2 ** 16;
    return inflateRawSync(packed, { finishFlush, chunkSize, maxOutputLength: maxBytes + 64 });
  } catch (cause) {
    const got = `damaged bytes (${(cause as Error).message})`;
    throw new FormatError(bytes.file, `expected ${entry.name} deflated; got ${got}`, {
      ...{ offset: entry.offset, got, cause },
    });
  }
}

function fault({ file }: Bytes, offset: number, expected: string, got: string): FormatError {
  return new FormatError(file, `expected ${expected}; got ${got}`, { offset, expected, got });
}
