/** @file A table: one row a pixel, one column a feature. What learners without a sense of place are taught from. */
import type { Progress } from "../scene/index.ts";
import type { ArrayOf, Arrays, DType } from "../tensor/index.ts";

/** `data` is `[rows, columns]`, row-major, finite. */
export interface Table {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
  /** Columns of each source, one source after the other. @default all of one */
  readonly sources?: readonly number[];
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
  /** All that it knows, by name. */
  arrays(): Arrays;
}

/** One of the arrays that were kept of a learner. @throws FormatError if there is none of that type */
export type ReadArray = <D extends DType>(name: string, dtype: D) => ArrayOf[D];

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

/** A kind of learner. */
export interface Learner<Options> {
  readonly learn: Learn<Options>;
  /**
   * What was learned, from the arrays that were kept of it.
   *
   * @param columns  of the tables
   * @param count    `K`
   * @throws DataError if the arrays do not fit each other
   */
  restore(read: ReadArray, columns: number, count: number): Learned;
}
