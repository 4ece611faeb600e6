/** @file Arrays that NumPy saved, alone (.npy) or several in an archive (.npz), as rasters. */
import { extname } from "node:path";
import { ConfigError, FormatError, SymdiffuserError } from "../../tensor/index.ts";
import { type Bytes, openBytes } from "../bytes.ts";
import type { Variable } from "../location.ts";
import type { Raster, RasterData } from "../raster.ts";
import { validity } from "../validity.ts";
import { placeBlock, rowMajorStrides } from "./axes.ts";
import { type Listed, onlyArray, rasterShape, toVariables } from "./choose.ts";
import { headerBytes, isNpy, type NpyHeader, npyHeader } from "./header.ts";
import { toNumbers } from "./numbers.ts";
import { type ZipEntry, zipEntries, zipFile, zipStart } from "./zip.ts";

/** Is this the start of an archive of NumPy arrays? Of ZIP archives, those whose first file is an array. */
export function isNpz(start: Uint8Array, file: string): boolean {
  if (start[0] !== 0x50 || start[1] !== 0x4b) return false;
  const nameLength = (start[26] ?? 0) + (start[27] ?? 0) * 256;
  const name = new TextDecoder().decode(start.subarray(30, 30 + nameLength));
  return name.endsWith(".npy") || extname(file).toLowerCase() === ".npz";
}

/**
 * One numeric array `[H, W]` or `[H, W, L]` of a .npy or .npz file.
 *
 * @param field  the array's name in the archive; null takes the only one there is
 * @throws FormatError if the file is damaged or cut short
 * @throws ConfigError if there is no such array, or there are several to choose from
 * @throws UnsupportedError for arrays of objects, records, text and complex numbers
 */
export async function readNumpyRaster(file: string, field: string | null): Promise<Raster> {
  return withBytes(file, (bytes) => {
    if (isNpy(bytes.read(0, Math.min(6, bytes.size)))) {
      if (field === null) return readNpy(bytes);
      throw new ConfigError(file, `expected no "#…" after a file of this format; got "#${field}"`, field);
    }
    return readNpz(bytes, field);
  });
}

/** The arrays in an archive. */
export async function npzVariables(file: string): Promise<readonly Variable[]> {
  return withBytes(file, (bytes) => toVariables(listed(bytes)));
}

function withBytes<T>(file: string, read: (bytes: Bytes) => T): T {
  const bytes = openBytes(file);
  try {
    return read(bytes);
  } catch (cause) {
    if (cause instanceof SymdiffuserError) throw cause;
    const got = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError(file, `expected a NumPy file; got damaged bytes (${got})`, { cause });
  } finally {
    bytes.close();
  }
}

function readNpy(bytes: Bytes): Raster {
  const header = npyHeader(bytes.read(0, Math.min(headerBytes, bytes.size)), bytes.file);
  return toRaster(header, (offset, length) => bytes.read(offset, length), bytes.file);
}

function readNpz(bytes: Bytes, field: string | null): Raster {
  const location = field === null ? bytes.file : `${bytes.file}#${field}`;
  const entry = field === null ? onlyArray(listed(bytes), location).entry : entryNamed(bytes, field, location);
  const all = zipFile(bytes, entry);
  const take = (offset: number, length: number) => {
    if (offset + length <= all.length) return all.subarray(offset, offset + length);
    const [expected, got] = [`${length} bytes of numbers`, String(all.length - offset)];
    throw new FormatError(location, `expected ${expected}; got ${got}`, { expected, got });
  };
  return toRaster(npyHeader(all, location), take, location);
}

interface ListedEntry extends Listed {
  readonly entry: ZipEntry;
}

function listed(bytes: Bytes): ListedEntry[] {
  return arrays(bytes).map((entry) => {
    const path = entry.name.slice(0, -".npy".length);
    try {
      const { shape, type } = npyHeader(zipStart(bytes, entry, headerBytes), `${bytes.file}#${path}`);
      return { path, entry, content: [shape.join("×"), type.name].join(" ").trim(), dims: shape };
    } catch (error) {
      // Told when it is chosen.
      if (!(error instanceof SymdiffuserError)) throw error;
      return { path, entry, content: error instanceof FormatError ? "damaged" : "no numbers", dims: null };
    }
  });
}

function arrays(bytes: Bytes): ZipEntry[] {
  return zipEntries(bytes).filter(({ name }) => name.endsWith(".npy"));
}

function entryNamed(bytes: Bytes, field: string, location: string): ZipEntry {
  const entries = arrays(bytes);
  const found = entries.find(({ name }) => name === `${field}.npy`);
  if (found !== undefined) return found;
  const known = entries.map(({ name }) => name.slice(0, -".npy".length)).join(", ");
  throw new ConfigError(
    location,
    `expected one of ${known === "" ? "nothing" : known} in the file; got "${field}"`,
    field,
  );
}

function toRaster(
  { type, littleEndian, isColumnMajor, shape, offset }: NpyHeader,
  take: (offset: number, length: number) => Uint8Array<ArrayBuffer>,
  location: string,
): Raster {
  const [height, width, bands] = rasterShape(shape, location);
  const numbers = toNumbers(take(offset, height * width * bands * type.bytes), type, littleEndian, location);
  const data = isColumnMajor ? rowMajor(numbers, [height, width, bands]) : numbers;
  return {
    ...{ height, width, bands, data },
    valid: validity(data, bands, null),
    ...{ bandNames: null, wavelengthsNm: null, georeference: null, nodata: null, categories: null },
  };
}

/** A column-major array is a row-major one with its axes reversed. */
function rowMajor(numbers: RasterData, shape: readonly number[]): RasterData {
  const out = new (numbers.constructor as new (length: number) => RasterData)(numbers.length);
  placeBlock(numbers, shape.toReversed(), out, rowMajorStrides(shape).toReversed(), 0);
  return out;
}
