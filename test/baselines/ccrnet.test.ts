import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { baselineOf } from "../../src/baselines/index.ts";
import { ccrnet } from "../../src/baselines/networks/ccrnet.ts";
import { countParameters } from "../../src/nn/index.ts";
import { add, constant, ndarray } from "../../src/tensor/index.ts";
import { describeClassifier, easyScene } from "../support/describe-classifier.ts";
import { assertNetwork } from "../support/golden-network.ts";

describe("CCR-Net", () => {
  it("agrees with PyTorch in logits and loss, forward and gradients", () => {
    // Every sample is said to be of the first class.
    const oneHot = constant(
      ndarray(
        Array.from({ length: 24 }, (_, at) => (at % 4 === 0 ? 1 : 0)),
        [6, 4],
      ),
    );
    const shares = constant(ndarray([1, 0, 0, 0], [4]));
    const withLoss: typeof ccrnet = {
      ...ccrnet,
      logits: (weights, patches, pass, task) =>
        add(
          ccrnet.logits(weights, patches, pass, task),
          ccrnet.loss!(weights, { ...patches, oneHot, shares }, pass, task),
        ),
    };
    return assertNetwork(withLoss, "ccrnet", 1e-4, "ccrnet");
  });

  it("has the published number of parameters, but for 40 224 that the published code makes in vain", () => {
    const source = (name: string, bands: number) => ({ name, kind: "other", bands, channels: bands }) as const;
    const task = { sources: [source("hsi", 144), source("lidar", 1)], classes: 15, patch: 7 };
    assert.equal(countParameters(ccrnet.init({ high: 0, low: 0 }, task)), 108_095 - 40_224);
  });
});

describeClassifier(baselineOf("ccrnet"), {
  options: { epochs: 60 },
  scene: easyScene(20, 30),
  perClass: 10,
  right: 0.8,
});
