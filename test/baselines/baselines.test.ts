import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { baselineOf, baselines, et, gbt, knn, knnPixel, rf, svm } from "../../src/baselines/index.ts";
import { makeSplit } from "../../src/scene/index.ts";
import { ConfigError, DataError } from "../../src/tensor/index.ts";
import { describeClassifier, easyScene } from "../support/describe-classifier.ts";
import { accuracies, hasScene, labelsOf, openReal, realSplit } from "./real-scenes.ts";

describeClassifier(rf, { options: { trees: 40 } });
describeClassifier(et, { options: { trees: 20 } });
describeClassifier(gbt, { options: { rounds: 20 } });
describeClassifier(svm, { options: {} });
describeClassifier(knn, { options: {} });
describeClassifier(knnPixel, { options: {} });

describe("baselines", () => {
  it("are found by name", () => {
    for (const [name, method] of baselines) assert.equal(method.name, name);
    assert.equal(baselineOf("svm"), svm);
    assert.throws(
      () => baselineOf("constructor"),
      new ConfigError(
        "method",
        `expected one of ${[...baselines.keys()].join(", ")}; got "constructor"`,
        "constructor",
      ),
    );
  });

  it("refuse unlabelled training pixels", async () => {
    const scene = easyScene();
    const split = makeSplit(scene, "perClass:20", 0);
    const train = Int32Array.from([...split.train, 7 * scene.width]);
    await assert.rejects(
      svm.fit(scene, { ...split, train }, {}),
      new DataError("perClass:20", `expected labelled training pixels; got pixel ${7 * scene.width}, which is not`),
    );
  });
});

/**
 * Overall and average accuracy that scikit-learn reaches on the same split and features, of forests the mean over three
 * seeds. All methods on all scenes and more splits: scripts/golden/baselines.py compare.
 */
const real = [
  // Both solve the same convex problem to the same tolerance.
  { kind: svm, name: "terramesh-433D", expected: { oa: 64.27, aa: 70.05 }, tolerance: { oa: 0.1, aa: 0.2 } },
  // Forests of different seeds differ by half a point of OA; classes of few pixels by more.
  { kind: rf, name: "muufl-lidar", expected: { oa: 67.66, aa: 66.7 }, tolerance: { oa: 1.5, aa: 2 } },
];

describe("baselines on real scenes", () => {
  for (const { kind, name, expected, tolerance } of real) {
    const skip = hasScene(name) ? false : `${name} is not at hand in ../shared/data`;
    it(`${kind.name} reaches scikit-learn's accuracy on ${name}`, { skip }, async () => {
      const scene = await openReal(name);
      const split = realSplit(name, scene, 0);
      const classifier = await kind.fit(scene, split, {});
      const predicted = labelsOf(await classifier.predict(scene), scene.labels!.classes.length);
      const got = accuracies(scene, split, predicted);
      for (const score of ["oa", "aa"] as const) {
        const off = Math.abs(got[score] - expected[score]);
        assert.ok(off < tolerance[score], `${score}: expected ${expected[score]}; got ${got[score]}`);
      }
    });
  }
});
