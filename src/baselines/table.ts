/** @file A table: one row a pixel, one column a feature. What learners without a sense of place are taught from. */
import type { Progress } from "../scene/index.ts";

/** `data` is `[rows, columns]`, row-major, finite. */
export interface Table {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

/** What every learner takes; each may take more. */
export interface LearnOptions {
  /** Integer from 0 @default 0 */
  readonly seed?: number;
}

/** What a learner made of its table. */
export interface Learned {
  /** @returns `f32 [rows, K]`, each row summing to 1 */
  probabilities(table: Table): Float32Array;
}

/**
 * Learn classes from a table.
 *
 * @param classes  one a row, 0 … K − 1, at least two of them different
 * @param count    `K`; a class without a row has probability 0 everywhere
 */
export type Learn<Options> = (
  table: Table,
  classes: Int32Array,
  count: number,
  options: Options,
  progress?: Progress,
) => Promise<Learned>;
