/** @file Many trees as a few arrays, to be kept and taken up again. */
import { type Arrays, DataError, ndarray } from "../tensor/index.ts";
import type { ReadArray } from "./table.ts";
import { requireTree, type Tree } from "./tree.ts";

/** All trees one after the other; `sizes` has the nodes and leaves of each, `[trees, 2]`. @param width  numbers a leaf */
export function treeArrays(trees: readonly Tree[], width: number): Arrays {
  const nodes = trees.reduce((sum, { feature }) => sum + feature.length, 0);
  const leaves = trees.reduce((sum, tree) => sum + tree.leaves.length / width, 0);
  const [feature, child, threshold] = [new Int32Array(nodes), new Int32Array(nodes), new Float32Array(nodes)];
  const [values, sizes] = [new Float32Array(leaves * width), new Int32Array(trees.length * 2)];
  let [node, leaf] = [0, 0];
  for (const [at, tree] of trees.entries()) {
    feature.set(tree.feature, node);
    child.set(tree.child, node);
    threshold.set(tree.threshold, node);
    values.set(tree.leaves, leaf);
    sizes.set([tree.feature.length, tree.leaves.length / width], at * 2);
    node += tree.feature.length;
    leaf += tree.leaves.length;
  }
  return {
    feature: ndarray(feature, [nodes], "i32"),
    child: ndarray(child, [nodes], "i32"),
    threshold: ndarray(threshold, [nodes]),
    leaves: ndarray(values, [leaves, width]),
    sizes: ndarray(sizes, [trees.length, 2], "i32"),
  };
}

/**
 * The trees of such arrays.
 *
 * @param columns  of the tables
 * @param width    numbers a leaf
 * @throws DataError if there is none, or one in which a row would not come to a leaf
 */
export function treesOf(read: ReadArray, columns: number, width: number): Tree[] {
  const [feature, child, sizes] = [read("feature", "i32"), read("child", "i32"), read("sizes", "i32")];
  const [threshold, leaves] = [read("threshold", "f32"), read("leaves", "f32")];
  const trees: Tree[] = [];
  let [node, leaf] = [0, 0];
  for (let at = 0; at + 1 < sizes.length; at += 2) {
    const [nodes, values] = [node + sizes[at]!, leaf + sizes[at + 1]! * width];
    const tree = {
      feature: feature.subarray(node, nodes),
      threshold: threshold.subarray(node, nodes),
      child: child.subarray(node, nodes),
      leaves: leaves.subarray(leaf, values),
    };
    requireTree(tree, columns, width);
    trees.push(tree);
    [node, leaf] = [nodes, values];
  }
  if (trees.length === 0) throw new DataError("forest", "expected at least one tree; got none");
  return trees;
}
