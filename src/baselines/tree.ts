/**
 * @file One classification tree: CART with the Gini index, grown to pure leaves, a random few features at each split.
 * Feature values are first put into at most 256 ordered bins, exact for up to 256 distinct values.
 *
 * @see Breiman et al. 1984, "Classification and regression trees"; Breiman 2001, "Random forests"
 */
import { DataError, type Key, philox } from "../tensor/index.ts";
import type { Table } from "./table.ts";

/** Feature values as ordered bins, one feature after the other: `u8 [columns, rows]`. */
export type Bins = Uint8Array;

/** Nodes in the order they were split; a leaf has feature −1 and `child` is its row of `leaves`. */
export interface Tree {
  readonly feature: Int32Array;
  /** A row whose value is ≤ threshold goes to `child`, any other to `child + 1`. */
  readonly threshold: Float32Array;
  readonly child: Int32Array;
  /** Class shares, `[leaves, K]`; of a boosted tree one number each. */
  readonly leaves: Float32Array;
}

/** Bins of equal counts, or of one value each where a column has at most 256 of them. */
export function binned(table: Table): Bins {
  const { rows, columns, data } = table;
  const bins = new Uint8Array(columns * rows);
  const values = new Float32Array(rows);
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) values[row] = data[row * columns + column]!;
    const sorted = values.slice().sort();
    const distinct = sorted.filter((value, at) => at === 0 || value !== sorted[at - 1]);
    // The least value of each bin but the first, ascending.
    const from =
      distinct.length <= 256
        ? distinct.subarray(1)
        : Float32Array.from({ length: 255 }, (_, at) => sorted[Math.floor(((at + 1) * rows) / 256)]!);
    for (let row = 0; row < rows; row++) {
      let low = 0;
      let high = from.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (from[middle]! <= values[row]!) low = middle + 1;
        else high = middle;
      }
      bins[column * rows + row] = low;
    }
  }
  return bins;
}

/** Random integers one after the other: `draw(bound)` is from 0 to bound − 1. */
export function draws(key: Key): (bound: number) => number {
  const block = new Uint32Array(4);
  let drawn = 0;
  return (bound) => {
    const lane = drawn % 4;
    if (lane === 0) philox(key, [drawn / 4, 0, 0, 1], block);
    drawn++;
    return Math.floor((block[lane]! / 2 ** 32) * bound);
  };
}

/** Order `members[start, end)` by their bins: insertion for few, counting for many. */
function orderByBin(
  members: Int32Array,
  start: number,
  end: number,
  bins: Bins,
  offset: number,
  ordered: Int32Array,
): void {
  if (end - start <= 40) {
    for (let at = start; at < end; at++) {
      const member = members[at]!;
      const bin = bins[offset + member]!;
      let to = at;
      while (to > start && bins[offset + ordered[to - 1]!]! > bin) {
        ordered[to] = ordered[to - 1]!;
        to--;
      }
      ordered[to] = member;
    }
    return;
  }
  const places = new Int32Array(257);
  for (let at = start; at < end; at++) places[bins[offset + members[at]!]! + 1]!++;
  for (let bin = 0; bin < 256; bin++) places[bin + 1]! += places[bin]!;
  for (let at = start; at < end; at++) ordered[start + places[bins[offset + members[at]!]!]!++] = members[at]!;
}

/** What a tree is grown on, and room to work in. */
interface Growing {
  readonly table: Table;
  readonly bins: Bins;
  readonly classes: Int32Array;
  readonly weights: Int32Array;
  /** Rows of the open nodes: those of a node lie together. */
  readonly members: Int32Array;
  readonly ordered: Int32Array;
  /** All columns, in the order left by the draws so far. */
  readonly columns: Int32Array;
  readonly left: Float64Array;
  readonly right: Float64Array;
}

/** Rows whose bin of `feature` is at most `bin` go left. */
export interface Split {
  readonly feature: number;
  readonly bin: number;
  /** Rises as the impurity falls. */
  readonly score: number;
}

/** The best split of `members[start, end)` by one feature that is better than `least`; null where none is. */
function bestOfFeature(
  growing: Growing,
  feature: number,
  [start, end]: readonly [number, number],
  inNode: Float64Array,
  least: number,
): Split | null {
  const { bins, classes, weights, ordered, left, right, table } = growing;
  const offset = feature * table.rows;
  let total = 0;
  let rightSquares = 0;
  for (let k = 0; k < inNode.length; k++) {
    total += inNode[k]!;
    rightSquares += inNode[k]! ** 2;
  }
  left.fill(0);
  right.set(inNode);
  let leftTotal = 0;
  let leftSquares = 0;
  let bin = bins[offset + ordered[start]!]!;
  let score = least;
  let best = -1;
  for (let at = start; at < end; at++) {
    const member = ordered[at]!;
    if (bins[offset + member]! !== bin) {
      // The Gini impurity after a split falls as Σ left²/total left + Σ right²/total right rises.
      const here = leftSquares / leftTotal + rightSquares / (total - leftTotal);
      if (here > score) {
        score = here;
        best = bin;
      }
      bin = bins[offset + member]!;
    }
    const k = classes[member]!;
    const weight = weights[member]!;
    leftSquares += weight * (2 * left[k]! + weight);
    rightSquares -= weight * (2 * right[k]! - weight);
    left[k]! += weight;
    right[k]! -= weight;
    leftTotal += weight;
  }
  return best < 0 ? null : { feature, bin: best, score };
}

/** One of the first `unseen` columns, which changes places with the last of them. */
export function drawn(columns: Int32Array, unseen: number, draw: (bound: number) => number): number {
  const pick = draw(unseen);
  const feature = columns[pick]!;
  columns[pick] = columns[unseen - 1]!;
  columns[unseen - 1] = feature;
  return feature;
}

/** The best split by `tried` features drawn at random, more if all of them have one value; null where all rows have the same values. */
function bestSplit(
  growing: Growing,
  range: readonly [number, number],
  inNode: Float64Array,
  tried: number,
  draw: (bound: number) => number,
): Split | null {
  const { table, bins, members, ordered, columns } = growing;
  const [start, end] = range;
  let best = null as Split | null;
  // As in scikit-learn, features with one value in this node are tried, too, unless there were no others.
  for (let seen = 0; seen < columns.length && (seen < tried || best === null); seen++) {
    const feature = drawn(columns, columns.length - seen, draw);
    const offset = feature * table.rows;
    orderByBin(members, start, end, bins, offset, ordered);
    if (bins[offset + ordered[start]!]! === bins[offset + ordered[end - 1]!]!) continue;
    best = bestOfFeature(growing, feature, range, inNode, best?.score ?? -1) ?? best;
  }
  return best;
}

/** Move the rows that go left to the front; returns where the others start, and a threshold between them. */
export function parted(
  { table, bins, members }: Pick<Growing, "table" | "bins" | "members">,
  [start, end]: readonly [number, number],
  { feature, bin }: Split,
): { middle: number; threshold: number } {
  let middle = start;
  let below = Number.NEGATIVE_INFINITY;
  let above = Number.POSITIVE_INFINITY;
  for (let at = start; at < end; at++) {
    const member = members[at]!;
    const value = table.data[member * table.columns + feature]!;
    if (bins[feature * table.rows + member]! <= bin) {
      below = Math.max(below, value);
      members[at] = members[middle]!;
      members[middle++] = member;
    } else {
      above = Math.min(above, value);
    }
  }
  // Two neighbouring f32 values have no f32 between them; then the lower one keeps the upper on its right.
  const between = Math.fround(below + (above - below) / 2);
  return { middle, threshold: between < above ? between : below };
}

/** How the rows of a node are parted: those of `[start, middle)` go left. */
export interface Parting {
  readonly feature: number;
  readonly threshold: number;
  readonly middle: number;
}

/**
 * Grow a tree on weighted rows.
 *
 * @param weights  how often each row counts, 0 = not at all
 * @param tried    features that are tried at each split
 */
export function growTree(
  table: Table,
  bins: Bins,
  classes: Int32Array,
  count: number,
  weights: Int32Array,
  tried: number,
  key: Key,
): Tree {
  const draw = draws(key);
  const members = Int32Array.from({ length: table.rows }, (_, row) => row).filter((row) => weights[row]! > 0);
  const growing: Growing = {
    table,
    bins,
    classes,
    weights,
    members,
    ordered: new Int32Array(members.length),
    columns: Int32Array.from({ length: table.columns }, (_, column) => column),
    left: new Float64Array(count),
    right: new Float64Array(count),
  };
  return grownTree(members, classes, count, weights, (range, inNode) => {
    const split = bestSplit(growing, range, inNode, tried, draw);
    return split === null ? null : { feature: split.feature, ...parted(growing, range, split) };
  });
}

/**
 * Grow a tree until every leaf is of one class or cannot be parted.
 *
 * @param members  rows to grow on; put in the order of the leaves
 * @param part     parts the rows `members[start, end)`, whose classes have the weights `inNode`; null: they make a leaf
 */
export function grownTree(
  members: Int32Array,
  classes: Int32Array,
  count: number,
  weights: Int32Array,
  part: (range: readonly [start: number, end: number], inNode: Float64Array) => Parting | null,
): Tree {
  const feature = [-1];
  const threshold = [0];
  const child = [0];
  const leaves: number[] = [];
  const inNode = new Float64Array(count);
  const open: [node: number, start: number, end: number][] = [[0, 0, members.length]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [node, start, end] = next;
    inNode.fill(0);
    for (let at = start; at < end; at++) inNode[classes[members[at]!]!]! += weights[members[at]!]!;
    const total = inNode.reduce((a, b) => a + b);
    const isPure = inNode.includes(total);
    const parting = isPure ? null : part([start, end], inNode);
    if (parting === null) {
      child[node] = leaves.length / count;
      for (const weight of inNode) leaves.push(weight / total);
      continue;
    }
    feature[node] = parting.feature;
    threshold[node] = parting.threshold;
    child[node] = feature.length;
    open.push([feature.length, start, parting.middle], [feature.length + 1, parting.middle, end]);
    feature.push(-1, -1);
    threshold.push(0, 0);
    child.push(0, 0);
  }
  return {
    feature: Int32Array.from(feature),
    threshold: Float32Array.from(threshold),
    child: Int32Array.from(child),
    leaves: Float32Array.from(leaves),
  };
}

/** Refuse a tree that is none: one in which a row would not come to a leaf. @throws DataError */
export function requireTree({ feature, threshold, child, leaves }: Tree, columns: number, count: number): void {
  const nodes = feature.length;
  const isWhole = nodes > 0 && threshold.length === nodes && child.length === nodes;
  const fits = feature.every((asked, node) =>
    asked >= 0
      ? asked < columns && child[node]! > node && child[node]! + 1 < nodes
      : child[node]! >= 0 && (child[node]! + 1) * count <= leaves.length,
  );
  if (!(isWhole && fits)) throw new DataError("tree", "expected nodes that lead to leaves; got others");
}

/** Numbers of a table that stay in a core's second-level cache while all trees are asked. */
const cachedNumbers = 2 ** 16;

/** A table as blocks of rows, so small that every tree can be asked of one before it leaves the cache. */
export function* cachedBlocks({ rows, columns, data }: Table): Generator<{ first: number; rows: Table }> {
  const size = Math.max(1, Math.floor(cachedNumbers / columns));
  for (let first = 0; first < rows; first += size) {
    const here = Math.min(size, rows - first);
    yield { first, rows: { rows: here, columns, data: data.subarray(first * columns, (first + here) * columns) } };
  }
}

/** Add a tree's class shares to `sums`, `[rows, K]`. */
export function addShares(tree: Tree, table: Table, count: number, sums: Float64Array): void {
  const { feature, threshold, child, leaves } = tree;
  const { rows, columns, data } = table;
  for (let row = 0; row < rows; row++) {
    let node = 0;
    for (let asked = feature[0]!; asked >= 0; asked = feature[node]!) {
      node = child[node]! + (data[row * columns + asked]! <= threshold[node]! ? 0 : 1);
    }
    const leaf = child[node]! * count;
    for (let k = 0; k < count; k++) sums[row * count + k]! += leaves[leaf + k]!;
  }
}
