import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decisions, learnSupportVectors, scores, trainSupportVectors } from "../../src/baselines/support-vectors.ts";
import { ConfigError } from "../../src/tensor/index.ts";
import { farthest, greatest, reference, share, tableFrom } from "./reference.ts";

describe("support vectors", () => {
  const train = tableFrom(reference.train);
  const test = tableFrom(reference.test);
  const classes = Int32Array.from(reference.trainClasses);

  it("decides as scikit-learn's SVC", async () => {
    const machine = await trainSupportVectors(train, classes, 3, {});
    // Both solvers stop within 1e-3 of the optimum, at different places; decisions reach from −8 to 8.
    assert.ok(farthest(decisions(machine, test), reference.svc.decisions.flat()) < 0.02);
    const scored = scores(machine, test);
    assert.ok(farthest(scored, reference.svc.scores.flat()) < 0.005);
    assert.ok(share(greatest(scored, 3), reference.svc.predictions) >= 0.99);
  });

  it("gives no probability to a class without rows", async () => {
    const without = Int32Array.from(classes, (k) => (k === 2 ? 3 : k));
    const learned = await learnSupportVectors(train, without, 5, {});
    const whole = learned.probabilities(test);
    assert.ok(
      Array.from({ length: test.rows }, (_, row) => whole[row * 5 + 2]! + whole[row * 5 + 4]!).every((p) => p === 0),
    );
    const predicted = greatest(whole, 5).map((k) => (k === 3 ? 2 : k));
    assert.ok(share(predicted, reference.svc.predictions) >= 0.99);
  });

  it("tells rows apart that a straight line cannot", async () => {
    const corners = tableFrom([
      [0, 0],
      [1, 1],
      [0, 1],
      [1, 0],
    ]);
    const learned = await learnSupportVectors(corners, Int32Array.of(0, 0, 1, 1), 2, {});
    assert.deepEqual(greatest(learned.probabilities(corners), 2), [0, 0, 1, 1]);
  });

  it("learns nothing from rows that are all the same", async () => {
    const same = tableFrom([
      [2, 3],
      [2, 3],
      [2, 3],
    ]);
    const learned = await learnSupportVectors(same, Int32Array.of(0, 1, 0), 2, {});
    assert.ok(learned.probabilities(same).every(Number.isFinite));
  });

  it("refuses a cost that is not above 0", async () => {
    await assert.rejects(
      learnSupportVectors(train, classes, 3, { cost: 0 }),
      new ConfigError("cost", "expected a number > 0; got 0", 0),
    );
  });
});
