/** @file Sparse arrays of MATLAB's -v7.3, made full: a group of row indices, starts of columns, and numbers. */
import { FormatError } from "../../tensor/index.ts";
import { checkFull, fillColumns } from "../matlab/sparse.ts";
import type { RasterData } from "../raster.ts";
import type { DatasetEntry, GroupEntry, Hdf5File } from "./file.ts";
import { numberTypeOf, readNumbers } from "./numbers.ts";

/** A sparse array as its group tells it. */
export interface Sparse {
  readonly path: string;
  readonly height: number;
  readonly width: number;
  readonly isLogical: boolean;
  /** Starts of columns, row indices and numbers; the latter two are missing where every number is 0. */
  readonly starts: DatasetEntry;
  readonly rows: DatasetEntry | null;
  readonly numbers: DatasetEntry | null;
}

/**
 * What a group with the attribute `MATLAB_sparse` (the number of rows) says.
 *
 * @throws FormatError if it lacks a part
 */
export async function sparseAt(hdf5: Hdf5File, path: string, { attributes, names }: GroupEntry): Promise<Sparse> {
  const list = async (name: string): Promise<DatasetEntry | null> => {
    const entry = names.includes(name) ? await hdf5.entry(`${path}/${name}`) : null;
    return entry?.kind === "dataset" && entry.shape?.length === 1 && numberTypeOf(entry) !== null ? entry : null;
  };
  const [starts, rows, numbers] = [await list("jc"), await list("ir"), await list("data")];
  const height = Number(attributes.get("MATLAB_sparse"));
  if (starts === null || starts.shape![0] === 0 || !Number.isSafeInteger(height) || height < 0) {
    throw fault(hdf5, path, "starts of columns (jc) and a number of rows (MATLAB_sparse)", "none");
  }
  const isLogical = attributes.get("MATLAB_class") === "logical";
  return { path, height, width: starts.shape![0]! - 1, isLogical, starts, rows, numbers };
}

/** The full array, `[H, W]`: u8 for truth values, else f64. @throws FormatError if its indices do not fit */
export async function readSparse(hdf5: Hdf5File, sparse: Sparse, location: string): Promise<RasterData> {
  const { path, height, width, isLogical } = sparse;
  checkFull(location, height, width);
  const read = async (name: string, entry: DatasetEntry | null): Promise<RasterData> => {
    if (entry === null) return new Float64Array(0);
    return readNumbers(hdf5, { path: `${path}/${name}`, entry }, numberTypeOf(entry)!, [0], location);
  };
  const starts = await read("jc", sparse.starts);
  const rows = await read("ir", sparse.rows);
  const numbers = await read("data", sparse.numbers);
  const count = starts[width]!;
  if (count > rows.length || count > numbers.length) {
    throw fault(hdf5, path, `${count} numbers`, String(Math.min(rows.length, numbers.length)));
  }
  const out = new (isLogical ? Uint8Array : Float64Array)(height * width);
  fillColumns(out, { height, starts, rows, numbers }, "band-last", (_, expected) =>
    fault(hdf5, path, expected, "others"),
  );
  return out;
}

function fault({ file }: Hdf5File, path: string, expected: string, got: string): FormatError {
  return new FormatError(file, `expected ${expected} in the sparse array ${path}; got ${got}`, { expected, got });
}
