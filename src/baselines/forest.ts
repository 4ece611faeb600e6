/**
 * @file Random forest: the mean class shares of trees that each saw a bootstrap sample of the rows.
 * Settings as scikit-learn's `RandomForestClassifier(n_estimators=300)`.
 *
 * @see Breiman 2001, "Random forests"; docs/decisions/001-random-forest.md
 */
import { setImmediate } from "node:timers/promises";
import type { Progress } from "../scene/index.ts";
import { ConfigError, childKey, integers, keyOf } from "../tensor/index.ts";
import { treeArrays, treesOf } from "./stored-trees.ts";
import type { Learned, Learner, LearnOptions, ReadArray, Table } from "./table.ts";
import { addShares, binned, cachedBlocks, growTree, type Tree } from "./tree.ts";

export interface ForestOptions extends LearnOptions {
  /** @default 300 */
  readonly trees?: number;
}

/** Grow a forest; √columns features are tried at each split. */
export async function growForest(
  table: Table,
  classes: Int32Array,
  count: number,
  options: ForestOptions,
  progress?: Progress,
): Promise<Learned> {
  const key = childKey(keyOf(options.seed ?? 0), "forest");
  const bins = binned(table);
  const tried = triedFeatures(table);
  const grow = (at: number): Tree => {
    const weights = new Int32Array(table.rows);
    const rows = integers(childKey(childKey(key, "rows"), at), [table.rows], table.rows).data;
    for (const row of rows) weights[row]!++;
    return growTree(table, bins, classes, count, weights, tried, childKey(childKey(key, "features"), at));
  };
  return grownForest(grow, count, options, progress);
}

/** Features tried at each split: √columns, as is usual. */
export function triedFeatures({ columns }: Pick<Table, "columns">): number {
  return Math.max(1, Math.floor(Math.sqrt(columns)));
}

/** A forest of trees that are grown one by one. @throws ConfigError if there is to be none */
export async function grownForest(
  grow: (at: number) => Tree,
  count: number,
  { trees: size = 300 }: ForestOptions,
  progress?: Progress,
): Promise<Learned> {
  if (!(Number.isInteger(size) && size >= 1))
    throw new ConfigError("trees", `expected an integer ≥ 1; got ${size}`, size);
  const trees: Tree[] = [];
  for (let at = 0; at < size; at++) {
    trees.push(grow(at));
    progress?.(at + 1, size);
    await setImmediate();
  }
  return forestOf(trees, count);
}

function forestOf(trees: readonly Tree[], count: number): Learned {
  return { probabilities: (rows) => meanShares(trees, rows, count), arrays: () => treeArrays(trees, count) };
}

/** Take a forest up again. @throws DataError if its arrays do not fit each other */
export function restoreForest(read: ReadArray, columns: number, count: number): Learned {
  return forestOf(treesOf(read, columns, count), count);
}

/** Forests as learners. */
export const forest: Learner<ForestOptions> = { learn: growForest, restore: restoreForest };

/** Mean over the trees of their class shares, `f32 [rows, K]`. */
function meanShares(trees: readonly Tree[], table: Table, count: number): Float32Array {
  const sums = new Float64Array(table.rows * count);
  for (const { first, rows } of cachedBlocks(table)) {
    for (const tree of trees) addShares(tree, rows, count, sums.subarray(first * count));
  }
  return Float32Array.from(sums, (sum) => sum / trees.length);
}
