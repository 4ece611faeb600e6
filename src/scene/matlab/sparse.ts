/** @file MATLAB's sparse arrays, made full: for each column, the rows of its numbers and the numbers. */
import { type FormatError, UnsupportedError } from "../../tensor/index.ts";
import type { RasterData } from "../raster.ts";
import { type Cursor, cursorFault, integers, leave, nextElement } from "./cursor.ts";
import { allocate, type Order, plainNumbers } from "./numbers.ts";

/** Of the full array: its size has nothing to do with that of the file. */
const maxFull = 2 ** 26;

/** @throws UnsupportedError if a sparse array is too large to be made full */
export function checkFull(file: string, height: number, width: number): void {
  if (height * width <= maxFull) return;
  throw new UnsupportedError(`${file}: a sparse array of ${height}×${width} numbers`, "cut it into parts");
}

/** Numbers by columns: those of a column are from its start to that of the next. */
export interface Columns {
  readonly height: number;
  /** One a column, and the end. */
  readonly starts: ArrayLike<number>;
  readonly rows: ArrayLike<number>;
  readonly numbers: ArrayLike<number>;
}

/**
 * Put the numbers of a sparse array in their places.
 *
 * @param out    truth values where it holds bytes
 * @param fault  makes an error of what was expected of row or column indices
 */
export function fillColumns(
  out: RasterData,
  { height, starts, rows, numbers }: Columns,
  order: Order,
  fault: (indices: "row" | "column", expected: string) => FormatError,
): void {
  const width = starts.length - 1;
  const count = starts[width]!;
  const isLogical = out instanceof Uint8Array;
  for (let col = 0; col < width; col++) {
    const end = starts[col + 1]!;
    if (starts[0] !== 0 || end < starts[col]! || end > count) {
      throw fault("column", `ascending column indices from 0 to ${count}`);
    }
    for (let at = starts[col]!, last = -1; at < end; at++) {
      const row = rows[at]!;
      if (row <= last || row >= height) throw fault("row", `ascending row indices from 0 to ${height - 1}`);
      last = row;
      const to = order === "band-last" ? row * width + col : row + col * height;
      out[to] = isLogical ? Number(numbers[at] !== 0) : numbers[at]!;
    }
  }
}

/**
 * The full array of a sparse one.
 *
 * @param most   how many numbers the array has room for: its nzmax
 * @param order  null leaves the numbers out
 * @see MathWorks, "MAT-File Format", Sparse Array Data Elements
 */
export async function readSparse(
  cursor: Cursor,
  dims: readonly number[],
  most: number,
  isLogical: boolean,
  order: Order | null,
): Promise<RasterData> {
  const [height, width] = dims as [number, number];
  if (dims.length !== 2) throw cursorFault(cursor, cursor.source.at, "two axes of a sparse array", `${dims.length}`);
  if (order === null) {
    for (const what of ["row indices", "column indices", "numbers"]) leave(cursor, await nextElement(cursor, what));
    return new Float64Array(0);
  }
  checkFull(cursor.source.file, height, width);
  const rowElement = await nextElement(cursor, "row indices");
  const rows = await integers(cursor, rowElement, 0);
  const columnElement = await nextElement(cursor, "column indices");
  const starts = await integers(cursor, columnElement, width + 1);
  const count = starts[width]!;
  if (count > rows.length || count > most) {
    const expected = `at most ${Math.min(rows.length, most)} numbers in a sparse array`;
    throw cursorFault(cursor, columnElement.place, expected, `${count}`);
  }
  const numberElement = await nextElement(cursor, "numbers");
  const numbers = await plainNumbers(cursor, numberElement);
  if (numbers.length < count) {
    throw cursorFault(cursor, numberElement.place, `${count} numbers in a sparse array`, `${numbers.length}`);
  }
  const out = allocate(cursor.source.file, isLogical ? Uint8Array : Float64Array, height * width);
  fillColumns(out, { height, starts: starts.subarray(0, width + 1), rows, numbers }, order, (indices, expected) => {
    const { place } = indices === "row" ? rowElement : columnElement;
    return cursorFault(cursor, place, expected, "others");
  });
  return out;
}
