/** @file MATLAB's sparse arrays, made full: for each column, the rows of its numbers and the numbers. */
import { UnsupportedError } from "../../tensor/index.ts";
import type { RasterData } from "../raster.ts";
import { type Cursor, cursorFault, integers, leave, nextElement } from "./cursor.ts";
import { allocate, type Order, plainNumbers } from "./numbers.ts";

/** Of the full array: its size has nothing to do with that of the file. */
const maxFull = 2 ** 26;

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
  if (height * width > maxFull) {
    const feature = `${cursor.source.file}: a sparse array of ${height}×${width} numbers`;
    throw new UnsupportedError(feature, "cut it into parts");
  }
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
  for (let col = 0; col < width; col++) {
    const end = starts[col + 1]!;
    if (starts[0] !== 0 || end < starts[col]! || end > count) {
      throw cursorFault(cursor, columnElement.place, `ascending column indices from 0 to ${count}`, "others");
    }
    for (let at = starts[col]!, last = -1; at < end; at++) {
      const row = rows[at]!;
      if (row <= last || row >= height) {
        throw cursorFault(cursor, rowElement.place, `ascending row indices from 0 to ${height - 1}`, "others");
      }
      last = row;
      const to = order === "band-last" ? row * width + col : row + col * height;
      out[to] = isLogical ? Number(numbers[at] !== 0) : numbers[at]!;
    }
  }
  return out;
}
