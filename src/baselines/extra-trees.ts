/**
 * @file Extremely randomised trees: a forest whose trees see all rows and part them at random thresholds, of which the
 * best is taken. Where features are many and rows few, it errs less than a forest of best splits.
 * Settings as scikit-learn's `ExtraTreesClassifier(n_estimators=300)`.
 *
 * @see Geurts, Ernst, Wehenkel 2006, "Extremely randomized trees", Machine Learning 63
 */
import type { Progress } from "../scene/index.ts";
import { childKey, keyOf } from "../tensor/index.ts";
import { type ForestOptions, grownForest, restoreForest, triedFeatures } from "./forest.ts";
import type { Learned, Learner, Table } from "./table.ts";
import { drawn, draws, grownTree, type Parting } from "./tree.ts";

/** Options of a forest. */
export interface ExtraTreesOptions extends ForestOptions {
  /** The columns that a tree sees, by its place in the forest; null: all. @default all */
  readonly columnsOf?: (tree: number) => Int32Array | null;
}

/** Values a draw can have: those between 0 and 1 that f32 tells apart. */
const fine = 2 ** 24;

/** What a tree is grown on, and room to work in. */
interface Growing {
  /** Of each row, 0 … K − 1. */
  readonly classes: Int32Array;
  /** Rows: those of a node lie together. */
  readonly members: Int32Array;
  /** Of the rows on the left of a split by class, `[K]`. */
  readonly left: Float64Array;
  readonly draw: (bound: number) => number;
}

type Range = readonly [start: number, end: number];

/** A threshold between the values of `members[start, end)`; null where all have the same. @param values  of a feature, by row */
function thresholdAtRandom(values: Float32Array, [start, end]: Range, { members, draw }: Growing): number | null {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let at = start; at < end; at++) {
    const value = values[members[at]!]!;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  if (!(least < most)) return null;
  const between = Math.fround(least + ((most - least) * draw(fine)) / fine);
  return between < most ? between : least;
}

/**
 * How well a threshold parts `members[start, end)`: the Gini impurity after a split falls as
 * Σ left²/total left + Σ right²/total right rises.
 *
 * @param inNode  rows of the node by class, `[K]`
 */
function scoreOf(
  threshold: number,
  values: Float32Array,
  [start, end]: Range,
  inNode: Float64Array,
  { classes, members, left }: Growing,
): number {
  left.fill(0);
  let leftTotal = 0;
  for (let at = start; at < end; at++) {
    const row = members[at]!;
    if (values[row]! > threshold) continue;
    left[classes[row]!]!++;
    leftTotal++;
  }
  const rightTotal = end - start - leftTotal;
  let score = 0;
  for (let k = 0; k < left.length; k++) score += left[k]! ** 2 / leftTotal + (inNode[k]! - left[k]!) ** 2 / rightTotal;
  return score;
}

/** Move the rows that go left to the front; returns where the others start. */
function leftFirst(members: Int32Array, values: Float32Array, threshold: number, [start, end]: Range): number {
  let middle = start;
  for (let at = start; at < end; at++) {
    const row = members[at]!;
    if (values[row]! > threshold) continue;
    members[at] = members[middle]!;
    members[middle++] = row;
  }
  return middle;
}

/** Grow a forest; of the columns that a tree sees, √columns are tried at each split, each with one threshold. */
export async function growExtraTrees(
  table: Table,
  classes: Int32Array,
  count: number,
  options: ExtraTreesOptions,
  progress?: Progress,
): Promise<Learned> {
  const key = childKey(keyOf(options.seed ?? 0), "extra trees");
  const columns = byColumn(table);
  const valuesOf = (feature: number) => columns.subarray(feature * table.rows, (feature + 1) * table.rows);
  const once = new Int32Array(table.rows).fill(1);
  const all = Int32Array.from({ length: table.columns }, (_, column) => column);
  const left = new Float64Array(count);
  const grow = (at: number) => {
    const order = options.columnsOf?.(at)?.slice() ?? all;
    const tried = triedFeatures({ columns: order.length });
    const members = Int32Array.from({ length: table.rows }, (_, row) => row);
    const growing: Growing = { classes, members, left, draw: draws(childKey(key, at)) };
    return grownTree(members, classes, count, once, (range, inNode): Parting | null => {
      let best: { readonly feature: number; readonly threshold: number; readonly score: number } | null = null;
      // As in scikit-learn, features with one value in this node are tried, too, unless there were no others.
      for (let seen = 0; seen < order.length && (seen < tried || best === null); seen++) {
        const feature = drawn(order, order.length - seen, growing.draw);
        const threshold = thresholdAtRandom(valuesOf(feature), range, growing);
        if (threshold === null) continue;
        const score = scoreOf(threshold, valuesOf(feature), range, inNode, growing);
        if (best === null || score > best.score) best = { feature, threshold, score };
      }
      if (best === null) return null;
      const { feature, threshold } = best;
      return { feature, threshold, middle: leftFirst(members, valuesOf(feature), threshold, range) };
    });
  };
  return grownForest(grow, count, options, progress);
}

/** `[columns, rows]` of a table `[rows, columns]`. */
function byColumn({ rows, columns, data }: Table): Float32Array {
  const out = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) out[column * rows + row] = data[row * columns + column]!;
  }
  return out;
}

/** Extremely randomised trees as learners. */
export const extraTrees: Learner<ExtraTreesOptions> = { learn: growExtraTrees, restore: restoreForest };
