import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { baselineOf } from "../../src/baselines/index.ts";
import { commonSubspace } from "../../src/baselines/ucsl.ts";
import { ndarray } from "../../src/tensor/index.ts";
import { describeClassifier, easyScene } from "../support/describe-classifier.ts";
import { assertClose } from "../support/golden.ts";

// One pixel alone, with no surroundings, does not say more on that scene.
describeClassifier(baselineOf("ucsl"), { options: {}, scene: easyScene(20, 30), perClass: 8, right: 0.8 });

describe("UCSL", () => {
  it("finds the subspace and the classes of NumPy and SciPy", async () => {
    const golden = JSON.parse(readFileSync(new URL("../golden/ucsl.json", import.meta.url), "utf8")) as {
      readonly [name in "sources" | "train" | "labels" | "projection" | "test" | "predicted"]: number[];
    };
    const { sources, train, labels, test, predicted } = golden;
    const columns = sources.reduce((a, b) => a + b);
    const tableOf = (values: number[]) => {
      return { rows: values.length / columns, columns, data: Float32Array.from(values), sources };
    };
    const learned = await commonSubspace.learn(tableOf(train), Int32Array.from(labels), 3, {});
    const { shape, data } = learned.arrays()["projection"]!;
    assert.deepEqual(shape, [columns, 20]);
    assertClose(ndarray([...data], shape), ndarray(golden.projection, shape), 1e-5, "projection");
    const shares = learned.probabilities(tableOf(test));
    assert.deepEqual(
      predicted.map((_, at) => shares.subarray(at * 3, at * 3 + 3).indexOf(1)),
      predicted,
    );
  });
});
