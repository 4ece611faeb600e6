/**
 * @file k nearest neighbours: the class shares of the k training rows that are nearest to a row, all columns
 * standardised. Settings as scikit-learn's `KNeighborsClassifier()` after `StandardScaler`.
 *
 * @see Fix, Hodges 1951; Cover, Hart 1967, "Nearest neighbor pattern classification"
 */
import { type Arrays, ConfigError, DataError, ndarray } from "../tensor/index.ts";
import { type Standard, standardised, standardOf } from "./standard.ts";
import type { Learned, Learner, LearnOptions, Table } from "./table.ts";

/** Nothing here is random: the seed changes nothing. */
export interface NeighbourOptions extends LearnOptions {
  /** k, an integer from 1; at most all training rows count. @default 5 */
  readonly neighbours?: number;
}

/** All training rows. */
export interface Neighbours {
  readonly k: number;
  readonly standard: Standard;
  /** Standardised, `[n, columns]`. */
  readonly rows: Float64Array;
  /** 0 … K − 1, `[n]`. */
  readonly classes: Int32Array;
}

/** Columns between two looks at whether a row is too far already. */
const stride = 16;

/** Row by row, the indices of the k nearest; of equally near ones the first in order. @returns how many there are */
export function nearest(
  { k, rows, classes }: Pick<Neighbours, "k" | "rows" | "classes">,
  row: Float64Array,
  distances: Float64Array,
  found: Int32Array,
): number {
  const columns = row.length;
  let count = 0;
  for (let other = 0; other < classes.length; other++) {
    const bound = count < k ? Number.POSITIVE_INFINITY : distances[k - 1]!;
    const from = other * columns;
    let distance = 0;
    for (let start = 0; start < columns && distance < bound; start += stride) {
      const end = Math.min(columns, start + stride);
      for (let column = start; column < end; column++) distance += (row[column]! - rows[from + column]!) ** 2;
    }
    if (distance >= bound) continue;
    let at = Math.min(count, k - 1);
    for (; at > 0 && distances[at - 1]! > distance; at--) {
      distances[at] = distances[at - 1]!;
      found[at] = found[at - 1]!;
    }
    distances[at] = distance;
    found[at] = other;
    count = Math.min(count + 1, k);
  }
  return count;
}

/** The class shares of the nearest of known rows. @param count  `K` */
export function neighboursOf(known: Neighbours, count: number): Learned {
  const { k, standard, rows, classes } = known;
  const columns = standard.means.length;
  return {
    probabilities: (table: Table) => {
      const values = standardised(table, standard);
      const shares = new Float32Array(table.rows * count);
      const [distances, found] = [new Float64Array(k), new Int32Array(k)];
      for (let row = 0; row < table.rows; row++) {
        const own = values.subarray(row * columns, (row + 1) * columns);
        const near = nearest(known, own, distances, found);
        for (let at = 0; at < near; at++) shares[row * count + classes[found[at]!]!]! += 1 / near;
      }
      return shares;
    },
    arrays: (): Arrays => ({
      k: ndarray([k], [1], "i32"),
      means: ndarray(standard.means, [columns], "f64"),
      scales: ndarray(standard.scales, [columns], "f64"),
      rows: ndarray(rows, [classes.length, columns], "f64"),
      classes: ndarray(classes, [classes.length], "i32"),
    }),
  };
}

/** k nearest neighbours as a learner. */
export const nearestNeighbours: Learner<NeighbourOptions> = {
  learn: async (table, classes, count, { neighbours: k = 5 }, progress) => {
    if (!(Number.isInteger(k) && k >= 1)) throw new ConfigError("neighbours", `expected an integer ≥ 1; got ${k}`, k);
    const standard = standardOf(table);
    const rows = standardised(table, standard);
    progress?.(1, 1);
    return neighboursOf({ k: Math.min(k, table.rows), standard, rows, classes: classes.slice() }, count);
  },
  restore: (read, columns, count) => {
    const [k, rows, classes] = [read("k", "i32")[0] ?? 0, read("rows", "f64"), read("classes", "i32")];
    const standard = { means: read("means", "f64"), scales: read("scales", "f64") };
    const isWhole =
      k >= 1 &&
      k <= classes.length &&
      rows.length === classes.length * columns &&
      classes.every((one) => one >= 0 && one < count) &&
      standard.means.length === columns &&
      standard.scales.length === columns;
    if (!isWhole) throw new DataError("neighbours", "expected rows and classes that fit each other; got others");
    return neighboursOf({ k, standard, rows, classes }, count);
  },
};
