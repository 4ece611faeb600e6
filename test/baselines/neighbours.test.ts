import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nearestNeighbours } from "../../src/baselines/neighbours.ts";
import { ConfigError } from "../../src/tensor/index.ts";
import { farthest, reference, tableFrom } from "./reference.ts";

const train = tableFrom(reference.train);
const classes = Int32Array.from(reference.trainClasses);

describe("k nearest neighbours", () => {
  it("gives the probabilities of scikit-learn's", async () => {
    const learned = await nearestNeighbours.learn(train, classes, 3, {});
    const got = learned.probabilities(tableFrom(reference.test));
    assert.ok(farthest(got, reference.neighbours.flat()) < 1e-6);
  });

  it("takes what there is where neighbours are fewer than asked for", async () => {
    const few = tableFrom([[0], [1], [5]]);
    const learned = await nearestNeighbours.learn(few, Int32Array.of(0, 0, 1), 2, { neighbours: 9 });
    assert.ok(farthest(learned.probabilities(tableFrom([[5]])), [2 / 3, 1 / 3]) < 1e-6);
  });

  it("refuses no neighbours", async () => {
    await assert.rejects(
      nearestNeighbours.learn(train, classes, 3, { neighbours: 0 }),
      new ConfigError("neighbours", "expected an integer ≥ 1; got 0", 0),
    );
  });
});
