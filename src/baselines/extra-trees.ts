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

/** Values a draw can have: those between 0 and 1 that f32 tells apart. */
const fine = 2 ** 24;

/** Grow a forest; √columns features are tried at each split, each with one threshold. */
export async function growExtraTrees(
  table: Table,
  classes: Int32Array,
  count: number,
  options: ForestOptions,
  progress?: Progress,
): Promise<Learned> {
  const key = childKey(keyOf(options.seed ?? 0), "extra trees");
  const columns = byColumn(table);
  const once = new Int32Array(table.rows).fill(1);
  const tried = triedFeatures(table);
  const order = Int32Array.from({ length: table.columns }, (_, column) => column);
  const left = new Float64Array(count);
  const grow = (at: number) => {
    const draw = draws(childKey(key, at));
    const members = Int32Array.from({ length: table.rows }, (_, row) => row);

    /** One threshold of a feature, and how well it parts `members[start, end)`; null where all have the same value. */
    const atRandom = (feature: number, [start, end]: readonly [number, number], inNode: Float64Array) => {
      const values = columns.subarray(feature * table.rows, (feature + 1) * table.rows);
      let least = Number.POSITIVE_INFINITY;
      let most = Number.NEGATIVE_INFINITY;
      for (let at = start; at < end; at++) {
        const value = values[members[at]!]!;
        if (value < least) least = value;
        if (value > most) most = value;
      }
      if (!(least < most)) return null;
      const between = Math.fround(least + ((most - least) * draw(fine)) / fine);
      const threshold = between < most ? between : least;
      left.fill(0);
      let leftTotal = 0;
      for (let at = start; at < end; at++) {
        const row = members[at]!;
        if (values[row]! > threshold) continue;
        left[classes[row]!]!++;
        leftTotal++;
      }
      const rightTotal = end - start - leftTotal;
      // The Gini impurity after a split falls as Σ left²/total left + Σ right²/total right rises.
      let score = 0;
      for (let k = 0; k < count; k++) score += left[k]! ** 2 / leftTotal + (inNode[k]! - left[k]!) ** 2 / rightTotal;
      return { feature, threshold, score };
    };

    return grownTree(members, classes, count, once, (range, inNode): Parting | null => {
      let best: ReturnType<typeof atRandom> = null;
      // As in scikit-learn, features with one value in this node are tried, too, unless there were no others.
      for (let seen = 0; seen < order.length && (seen < tried || best === null); seen++) {
        const split = atRandom(drawn(order, order.length - seen, draw), range, inNode);
        if (split !== null && (best === null || split.score > best.score)) best = split;
      }
      if (best === null) return null;
      const { feature, threshold } = best;
      const values = columns.subarray(feature * table.rows, (feature + 1) * table.rows);
      let [middle] = range;
      for (let at = middle; at < range[1]; at++) {
        const row = members[at]!;
        if (values[row]! > threshold) continue;
        members[at] = members[middle]!;
        members[middle++] = row;
      }
      return { feature, threshold, middle };
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
export const extraTrees: Learner<ForestOptions> = { learn: growExtraTrees, restore: restoreForest };
