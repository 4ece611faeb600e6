/**
 * @file Gradient boosting: trees that are grown one after the other, one a class and round, each on what the sum of those
 * before it gets wrong. Settings as scikit-learn's `HistGradientBoostingClassifier()`; nothing in it is random.
 *
 * @see Friedman 2001, "Greedy function approximation: A gradient boosting machine"; Ke et al. 2017, "LightGBM: A highly
 * efficient gradient boosting decision tree"; docs/decisions/011-gradient-boosting.md
 */
import { setImmediate } from "node:timers/promises";
import type { Progress } from "../scene/index.ts";
import { ConfigError, DataError, ndarray } from "../tensor/index.ts";
import { treeArrays, treesOf } from "./stored-trees.ts";
import type { Learned, Learner, LearnOptions, Table } from "./table.ts";
import { addShares, type Bins, binned, cachedBlocks, parted, type Split, type Tree } from "./tree.ts";

export interface BoostingOptions extends LearnOptions {
  /** @default 100 */
  readonly rounds?: number;
}

const learningRate = 0.1;
const mostLeaves = 31;
const fewestRows = 20;
const leastCurvature = 1e-3;

/**
 * What a tree is grown on: slopes and curvatures of the loss, one a row, and room to work in. They are of 32 bits and
 * their sums of 64, which are exact whatever their order: of equally good splits the first is taken.
 */
interface Growing {
  readonly table: Table;
  readonly bins: Bins;
  readonly slopes: Float32Array;
  readonly curvatures: Float32Array;
  readonly members: Int32Array;
  /** Sum of slopes, of curvatures, and number of rows of each bin, `[256, 3]`. */
  readonly histogram: Float64Array;
}

/** A node that could be split. */
interface Leaf {
  readonly node: number;
  readonly range: readonly [number, number];
  readonly slope: number;
  readonly curvature: number;
  readonly split: Split | null;
}

/** The best split of `members[start, end)`; `score` is how far it lowers twice the loss. Null where none does. */
function bestSplit(growing: Growing, [start, end]: Leaf["range"], slope: number, curvature: number): Split | null {
  const { table, bins, slopes, curvatures, members, histogram } = growing;
  const total = end - start;
  if (total < 2 * fewestRows) return null;
  let best: Split | null = null;
  for (let feature = 0; feature < table.columns; feature++) {
    const offset = feature * table.rows;
    histogram.fill(0);
    let last = 0;
    for (let at = start; at < end; at++) {
      const member = members[at]!;
      const bin = bins[offset + member]!;
      last = Math.max(last, bin);
      histogram[3 * bin]! += slopes[member]!;
      histogram[3 * bin + 1]! += curvatures[member]!;
      histogram[3 * bin + 2]!++;
    }
    let [leftSlope, leftCurvature, count] = [0, 0, 0];
    for (let bin = 0; bin < last; bin++) {
      leftSlope += histogram[3 * bin]!;
      leftCurvature += histogram[3 * bin + 1]!;
      count += histogram[3 * bin + 2]!;
      if (histogram[3 * bin + 2] === 0 || count < fewestRows || leftCurvature < leastCurvature) continue;
      const rightCurvature = curvature - leftCurvature;
      if (total - count < fewestRows || rightCurvature < leastCurvature) break;
      const score = leftSlope ** 2 / leftCurvature + (slope - leftSlope) ** 2 / rightCurvature - slope ** 2 / curvature;
      if (score > (best?.score ?? 0)) best = { feature, bin, score };
    }
  }
  return best;
}

/** Grow a tree, that leaf first which lowers the loss most; its leaves are what is added to the logit of a class. */
function growTree(growing: Growing): Tree {
  const { slopes, curvatures, members } = growing;
  const leafOf = (node: number, range: Leaf["range"]): Leaf => {
    let [slope, curvature] = [0, 0];
    for (let at = range[0]; at < range[1]; at++) {
      slope += slopes[members[at]!]!;
      curvature += curvatures[members[at]!]!;
    }
    return { node, range, slope, curvature, split: bestSplit(growing, range, slope, curvature) };
  };
  const [feature, threshold, child] = [[-1], [0], [0]];
  let leaves = [leafOf(0, [0, members.length])];
  while (leaves.length < mostLeaves) {
    const next = leaves.reduce((a, b) => ((b.split?.score ?? 0) > (a.split?.score ?? 0) ? b : a));
    if (next.split === null) break;
    const { middle, threshold: between } = parted(growing, next.range, next.split);
    const first = feature.length;
    feature[next.node] = next.split.feature;
    threshold[next.node] = between;
    child[next.node] = first;
    feature.push(-1, -1);
    threshold.push(0, 0);
    child.push(0, 0);
    const two = [leafOf(first, [next.range[0], middle]), leafOf(first + 1, [middle, next.range[1]])];
    leaves = [...leaves.filter((leaf) => leaf !== next), ...two];
  }
  for (const [at, { node }] of leaves.entries()) child[node] = at;
  const values = leaves.map(({ slope, curvature }) => (-learningRate * slope) / (curvature + 1e-15));
  return {
    feature: Int32Array.from(feature),
    threshold: Float32Array.from(threshold),
    child: Int32Array.from(child),
    leaves: Float32Array.from(values),
  };
}

/** Softmax of each row of logits, `[rows, K]`. */
function shares(logits: Float64Array, count: number): Float64Array {
  const result = new Float64Array(logits.length);
  for (let row = 0; row < logits.length; row += count) {
    const own = logits.subarray(row, row + count);
    const most = own.reduce((a, b) => Math.max(a, b));
    const powers = own.map((logit) => Math.exp(logit - most));
    const sum = powers.reduce((a, b) => a + b);
    for (let k = 0; k < count; k++) result[row + k] = powers[k]! / sum;
  }
  return result;
}

/** Add the trees of one round, one a class, to logits, `[rows, K]`. */
function addRound(trees: readonly Tree[], table: Table, logits: Float64Array): void {
  const own = new Float64Array(table.rows);
  for (const [k, tree] of trees.entries()) {
    own.fill(0);
    addShares(tree, table, 1, own);
    for (let row = 0; row < table.rows; row++) logits[row * trees.length + k]! += own[row]!;
  }
}

/** Logits of every row before any tree: logarithms of the classes' shares; −∞ of a class without rows. */
function startOf(classes: Int32Array, count: number): Float32Array {
  const start = new Float32Array(count);
  for (const k of classes) start[k]! += 1 / classes.length;
  return start.map(Math.log);
}

const repeated = (start: Float32Array, rows: number): Float64Array =>
  Float64Array.from({ length: rows * start.length }, (_, at) => start[at % start.length]!);

/** Boost trees. */
export async function boost(
  table: Table,
  classes: Int32Array,
  count: number,
  { rounds = 100 }: BoostingOptions,
  progress?: Progress,
): Promise<Learned> {
  if (!(Number.isInteger(rounds) && rounds >= 1)) {
    throw new ConfigError("rounds", `expected an integer ≥ 1; got ${rounds}`, rounds);
  }
  const bins = binned(table);
  const start = startOf(classes, count);
  const logits = repeated(start, table.rows);
  const trees: Tree[] = [];
  for (let round = 0; round < rounds; round++) {
    const found = shares(logits, count);
    const own = Array.from({ length: count }, (_, k) => {
      const share = (row: number): number => found[row * count + k]!;
      const slopes = Float32Array.from(classes, (right, row) => share(row) - (right === k ? 1 : 0));
      const curvatures = Float32Array.from(classes, (_, row) => share(row) * (1 - share(row)));
      const members = Int32Array.from(classes, (_, row) => row);
      return growTree({ table, bins, slopes, curvatures, members, histogram: new Float64Array(3 * 256) });
    });
    addRound(own, table, logits);
    trees.push(...own);
    progress?.(round + 1, rounds);
    await setImmediate();
  }
  return boosted(trees, start);
}

function boosted(trees: readonly Tree[], start: Float32Array): Learned {
  const count = start.length;
  return {
    probabilities: (table) => {
      const logits = repeated(start, table.rows);
      for (const { first, rows } of cachedBlocks(table)) {
        for (let round = 0; round < trees.length; round += count) {
          addRound(trees.slice(round, round + count), rows, logits.subarray(first * count));
        }
      }
      return Float32Array.from(shares(logits, count));
    },
    arrays: () => ({ ...treeArrays(trees, 1), start: ndarray(start, [count]) }),
  };
}

/** Boosted trees as learners. */
export const boosting: Learner<BoostingOptions> = {
  learn: boost,
  restore: (read, columns, count) => {
    const trees = treesOf(read, columns, 1);
    const start = read("start", "f32");
    if (start.length !== count || trees.length % count !== 0) {
      throw new DataError("boosting", `expected trees of ${count} classes; got ${trees.length} of ${start.length}`);
    }
    return boosted(trees, start);
  },
};
