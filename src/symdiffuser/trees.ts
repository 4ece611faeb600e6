/**
 * @file Extremely randomised trees beside the heads, on the same features. Where training pixels are few, trees and
 * networks err in different places: the mean of both is better than either.
 */
import { extraTrees, type Learned, type ReadArray } from "../baselines/index.ts";
import { integers, type Key } from "../tensor/index.ts";
import { type FeatureShape, featureCount, latentColumns, seenShape } from "./feature-shape.ts";
import type { HeadOptions } from "./options.ts";

/**
 * Grow the forest; null where none is wanted.
 *
 * @param rows     features of the training pixels, `[n, F]`
 * @param classOf  class index of each, 0 … K − 1
 */
export async function growTrees(
  key: Key,
  rows: Float32Array,
  classOf: Int32Array,
  classes: number,
  shape: FeatureShape,
  options: Pick<HeadOptions, "trees" | "latentShare">,
): Promise<Learned | null> {
  const { trees } = options;
  if (trees === 0) return null;
  const table = { rows: classOf.length, columns: featureCount(shape), data: rows };
  const seed = integers(key, [1], 2 ** 30).data[0]!;
  const ofLatents = latentColumns(shape);
  const columnsOf = (tree: number) => (seenShape(shape, tree, trees, options) === shape ? null : ofLatents);
  return extraTrees.learn(table, classOf, classes, { seed, trees, columnsOf });
}

/** The forest of a model that is read; null where it has none. @throws DataError if its arrays do not fit each other */
export function readTrees(
  read: ReadArray,
  shape: FeatureShape,
  classes: number,
  { trees }: Pick<HeadOptions, "trees">,
): Learned | null {
  return trees === 0 ? null : extraTrees.restore(read, featureCount(shape), classes);
}

/**
 * The weighted mean of what heads and trees say, in place of what heads say.
 *
 * @param probabilities  of the heads, `[n, K]`; overwritten
 * @param rows           features, `[n, F]`
 * @param count          n
 */
export function joinTrees(
  probabilities: Float32Array,
  rows: Float32Array,
  count: number,
  trees: Learned | null,
  { treeShare }: Pick<HeadOptions, "treeShare">,
): void {
  if (trees === null || count === 0) return;
  const said = trees.probabilities({ rows: count, columns: rows.length / count, data: rows });
  for (let at = 0; at < said.length; at++) {
    probabilities[at] = (1 - treeShare) * probabilities[at]! + treeShare * said[at]!;
  }
}
