import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { boost } from "../../src/baselines/boosting.ts";
import { ConfigError } from "../../src/tensor/index.ts";
import { farthest, greatest, reference, share, tableFrom } from "./reference.ts";

const train = tableFrom(reference.train);
const test = tableFrom(reference.test);
const classes = Int32Array.from(reference.trainClasses);

describe("gradient boosting", () => {
  it("gives the probabilities of scikit-learn's after three rounds", async () => {
    const got = (await boost(train, classes, 3, { rounds: 3 })).probabilities(train);
    // Of splits that are equally good but for rounding, either may be taken.
    assert.ok(farthest(got, reference.boosting.early.flat()) < 0.01);
  });

  it("is right as often as scikit-learn's", async () => {
    const got = (await boost(train, classes, 3, {})).probabilities(test);
    const right = share(greatest(got, 3), reference.testClasses);
    assert.ok(Math.abs(right - reference.boosting.accuracy) <= 0.02, `got ${right}`);
  });

  it("gives a class without rows no probability", async () => {
    const got = (await boost(train, classes, 4, { rounds: 3 })).probabilities(test);
    assert.ok(got.every((value, at) => (at % 4 === 3 ? value === 0 : value > 0)));
  });

  it("refuses a number of rounds below 1", async () => {
    await assert.rejects(
      boost(train, classes, 3, { rounds: 0 }),
      new ConfigError("rounds", "expected an integer ≥ 1; got 0", 0),
    );
  });
});
