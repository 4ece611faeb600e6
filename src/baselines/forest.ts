/**
 * @file Random forest: the mean class shares of trees that each saw a bootstrap sample of the rows.
 * Settings as scikit-learn's `RandomForestClassifier(n_estimators=300)`.
 *
 * @see Breiman 2001, "Random forests"; docs/decisions/001-random-forest.md
 */
import { setImmediate } from "node:timers/promises";
import type { Progress } from "../scene/index.ts";
import { type Arrays, ConfigError, childKey, DataError, integers, keyOf, ndarray } from "../tensor/index.ts";
import type { Learned, Learner, LearnOptions, Table } from "./table.ts";
import { addShares, binned, growTree, requireTree, type Tree } from "./tree.ts";

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
  const { seed = 0, trees: size = 300 } = options;
  if (!(Number.isInteger(size) && size >= 1))
    throw new ConfigError("trees", `expected an integer ≥ 1; got ${size}`, size);
  const key = childKey(keyOf(seed), "forest");
  const bins = binned(table);
  const tried = Math.max(1, Math.floor(Math.sqrt(table.columns)));
  const trees: Tree[] = [];
  for (let at = 0; at < size; at++) {
    const weights = new Int32Array(table.rows);
    const drawn = integers(childKey(childKey(key, "rows"), at), [table.rows], table.rows).data;
    for (const row of drawn) weights[row]!++;
    trees.push(growTree(table, bins, classes, count, weights, tried, childKey(childKey(key, "features"), at)));
    progress?.(at + 1, size);
    await setImmediate();
  }
  return forestOf(trees, count);
}

function forestOf(trees: readonly Tree[], count: number): Learned {
  return { probabilities: (rows) => meanShares(trees, rows, count), arrays: () => arraysOf(trees, count) };
}

/** All trees one after the other; `sizes` has the nodes and leaves of each, `[trees, 2]`. */
function arraysOf(trees: readonly Tree[], count: number): Arrays {
  const nodes = trees.reduce((sum, { feature }) => sum + feature.length, 0);
  const leaves = trees.reduce((sum, tree) => sum + tree.leaves.length / count, 0);
  const [feature, child, threshold] = [new Int32Array(nodes), new Int32Array(nodes), new Float32Array(nodes)];
  const [shares, sizes] = [new Float32Array(leaves * count), new Int32Array(trees.length * 2)];
  let [node, leaf] = [0, 0];
  for (const [at, tree] of trees.entries()) {
    feature.set(tree.feature, node);
    child.set(tree.child, node);
    threshold.set(tree.threshold, node);
    shares.set(tree.leaves, leaf);
    sizes.set([tree.feature.length, tree.leaves.length / count], at * 2);
    node += tree.feature.length;
    leaf += tree.leaves.length;
  }
  return {
    feature: ndarray(feature, [nodes], "i32"),
    child: ndarray(child, [nodes], "i32"),
    threshold: ndarray(threshold, [nodes]),
    leaves: ndarray(shares, [leaves, count]),
    sizes: ndarray(sizes, [trees.length, 2], "i32"),
  };
}

/** Forests as learners. */
export const forest: Learner<ForestOptions> = {
  learn: growForest,
  restore: (read, columns, count) => {
    const [feature, child, sizes] = [read("feature", "i32"), read("child", "i32"), read("sizes", "i32")];
    const [threshold, leaves] = [read("threshold", "f32"), read("leaves", "f32")];
    const trees: Tree[] = [];
    let [node, leaf] = [0, 0];
    for (let at = 0; at + 1 < sizes.length; at += 2) {
      const [nodes, shares] = [node + sizes[at]!, leaf + sizes[at + 1]! * count];
      const tree = {
        feature: feature.subarray(node, nodes),
        threshold: threshold.subarray(node, nodes),
        child: child.subarray(node, nodes),
        leaves: leaves.subarray(leaf, shares),
      };
      requireTree(tree, columns, count);
      trees.push(tree);
      [node, leaf] = [nodes, shares];
    }
    if (trees.length === 0) throw new DataError("forest", "expected at least one tree; got none");
    return forestOf(trees, count);
  },
};

/** Mean over the trees of their class shares, `f32 [rows, K]`. */
function meanShares(trees: readonly Tree[], table: Table, count: number): Float32Array {
  const sums = new Float64Array(table.rows * count);
  for (const tree of trees) addShares(tree, table, count, sums);
  return Float32Array.from(sums, (sum) => sum / trees.length);
}
