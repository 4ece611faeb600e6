/** @file Columns of a table with mean 0 and deviation 1, so that they count the same in a distance. */
import type { Table } from "./table.ts";

/** Where the mean of each column is taken to 0 and its deviation to 1; a constant column becomes 0. */
export interface Standard {
  readonly means: Float64Array;
  readonly scales: Float64Array;
}

/** Fitted on the rows of a table. */
export function standardOf({ rows, columns, data }: Table): Standard {
  const means = new Float64Array(columns);
  const squares = new Float64Array(columns);
  for (let at = 0; at < data.length; at++) means[at % columns]! += data[at]! / rows;
  for (let at = 0; at < data.length; at++) squares[at % columns]! += (data[at]! - means[at % columns]!) ** 2 / rows;
  // A constant column deviates from its mean by rounding only, which must not be blown up.
  const rounding = means.map((mean) => (rows * mean * Number.EPSILON) ** 2);
  const scales = squares.map((square, column) => (square > rounding[column]! ? 1 / Math.sqrt(square) : 0));
  return { means, scales };
}

/** The rows of a table, `f64 [rows, columns]`. */
export function standardised({ columns, data }: Table, { means, scales }: Standard): Float64Array {
  const values = new Float64Array(data.length);
  for (let at = 0; at < data.length; at++) values[at] = (data[at]! - means[at % columns]!) * scales[at % columns]!;
  return values;
}
