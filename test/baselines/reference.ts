/** @file Reference numbers of scikit-learn, made by scripts/golden/baselines.py. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Table } from "../../src/baselines/table.ts";

interface Numbers {
  readonly train: readonly number[][];
  readonly trainClasses: readonly number[];
  readonly test: readonly number[][];
  readonly testClasses: readonly number[];
  readonly svc: {
    readonly decisions: readonly number[][];
    readonly scores: readonly number[][];
    readonly predictions: readonly number[];
  };
  readonly tree: readonly (readonly [feature: number, threshold: number, rows: number])[];
  readonly forest: { readonly accuracy: number; readonly probabilities: readonly number[][] };
  readonly extraTrees: { readonly accuracy: number; readonly probabilities: readonly number[][] };
  readonly boosting: { readonly accuracy: number; readonly early: readonly number[][] };
  readonly neighbours: readonly number[][];
}

export const reference = JSON.parse(readFileSync(join(import.meta.dirname, "reference.json"), "utf8")) as Numbers;

/** Rows as a table. */
export function tableFrom(rows: readonly (readonly number[])[]): Table {
  return { rows: rows.length, columns: rows[0]!.length, data: Float32Array.from(rows.flat()) };
}

/** Index of the greatest value of each row of `columns` values. */
export function greatest(values: Float32Array | Float64Array, columns: number): number[] {
  return Array.from({ length: values.length / columns }, (_, row) => {
    const part = Array.from(values.subarray(row * columns, (row + 1) * columns));
    return part.indexOf(Math.max(...part));
  });
}

/** Greatest difference between two lists of numbers. */
export function farthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = 0;
  for (let at = 0; at < a.length; at++) most = Math.max(most, Math.abs(a[at]! - b[at]!));
  return most;
}

/** Share of equal entries. */
export function share(a: readonly number[], b: readonly number[]): number {
  return a.filter((value, at) => value === b[at]).length / a.length;
}
