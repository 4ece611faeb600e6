import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { growExtraTrees } from "../../src/baselines/extra-trees.ts";
import { growForest } from "../../src/baselines/forest.ts";
import { addShares, binned, growTree, type Tree } from "../../src/baselines/tree.ts";
import { ConfigError, keyOf, normal } from "../../src/tensor/index.ts";
import { farthest, greatest, reference, share, tableFrom } from "./reference.ts";

const train = tableFrom(reference.train);
const test = tableFrom(reference.test);
const classes = Int32Array.from(reference.trainClasses);

/** Feature, threshold and rows of the nodes with at least 20 rows that are split, from the root, left before right. */
function splits(tree: Tree, rows: Int32Array, node = 0): [feature: number, threshold: number, rows: number][] {
  const feature = tree.feature[node]!;
  const threshold = tree.threshold[node]!;
  if (feature < 0 || rows.length < 20) return [];
  const isLeft = (row: number): boolean => train.data[row * train.columns + feature]! <= threshold;
  const child = tree.child[node]!;
  return [
    [feature, threshold, rows.length],
    ...splits(tree, rows.filter(isLeft), child),
    ...splits(
      tree,
      rows.filter((row) => !isLeft(row)),
      child + 1,
    ),
  ];
}

describe("tree", () => {
  it("splits as scikit-learn's when all features are tried", () => {
    const weights = new Int32Array(train.rows).fill(1);
    const tree = growTree(train, binned(train), classes, 3, weights, train.columns, keyOf(1));
    const got = splits(
      tree,
      Int32Array.from({ length: train.rows }, (_, row) => row),
    );
    assert.deepEqual(
      got.map(([feature, , rows]) => [feature, rows]),
      reference.tree.map(([feature, , rows]) => [feature, rows]),
    );
    // Thresholds are stored with four decimals, and here as f32 of up to 130.
    assert.ok(
      farthest(
        got.map((split) => split[1]),
        reference.tree.map((split) => split[1]),
      ) < 1e-4,
    );
  });

  it("is grown until every row is right, also with more than 256 values a column", () => {
    const rows = 2000;
    const table = { rows, columns: 2, data: normal(keyOf(2), [rows, 2]).data };
    const parity = Int32Array.from({ length: rows }, (_, row) =>
      table.data[row * 2]! * table.data[row * 2 + 1]! > 0 ? 1 : 0,
    );
    const tree = growTree(table, binned(table), parity, 2, new Int32Array(rows).fill(1), 1, keyOf(1));
    const sums = new Float64Array(rows * 2);
    addShares(tree, table, 2, sums);
    // Rows of different classes in the same two bins cannot be told apart.
    assert.ok(share(greatest(sums, 2), [...parity]) >= 0.98);
  });

  it("puts neighbouring values on their own sides", () => {
    const low = Math.fround(1.1);
    const high = new Float32Array(new Int32Array([new Int32Array(Float32Array.of(low).buffer)[0]! + 1]).buffer)[0]!;
    const table = tableFrom([[low], [high]]);
    const tree = growTree(table, binned(table), Int32Array.of(0, 1), 2, Int32Array.of(1, 1), 1, keyOf(1));
    const sums = new Float64Array(4);
    addShares(tree, table, 2, sums);
    assert.deepEqual([...sums], [1, 0, 0, 1]);
  });
});

describeForest("random forest", growForest, reference.forest);
describeForest("extremely randomised trees", growExtraTrees, reference.extraTrees);

function describeForest(name: string, growForest: typeof growExtraTrees, theirs: typeof reference.forest): void {
  describe(name, () => {
    it("gives the probabilities of scikit-learn's", async () => {
      const learned = await growForest(train, classes, 3, { seed: 1 });
      const got = learned.probabilities(test);
      const expected = theirs.probabilities.flat();
      // The mean of 20 forests of 300 trees: one forest strays by about √(p(1 − p)/300) ≤ 0.03 a value, 600 values.
      assert.ok(farthest(got, expected) < 0.12, `got ${farthest(got, expected)}`);
      const mean = got.reduce((sum, p, at) => sum + Math.abs(p - expected[at]!), 0) / got.length;
      assert.ok(mean < 0.02, `got ${mean}`);
      const right = share(greatest(got, 3), reference.testClasses);
      assert.ok(Math.abs(right - theirs.accuracy) < 0.03, `got ${right}`);
    });

    it("depends on its seed and nothing else", async () => {
      const grow = async (seed: number) =>
        (await growForest(train, classes, 3, { seed, trees: 10 })).probabilities(test);
      assert.deepEqual(await grow(1), await grow(1));
      assert.notDeepEqual(await grow(1), await grow(2));
    });

    it("refuses a number of trees below 1", async () => {
      await assert.rejects(
        growForest(train, classes, 3, { trees: 0 }),
        new ConfigError("trees", "expected an integer ≥ 1; got 0", 0),
      );
    });
  });
}
