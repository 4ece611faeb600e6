import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { definePatchNetwork } from "../../src/baselines/network/method.ts";
import { macn } from "../../src/baselines/networks/macn.ts";
import { countParameters } from "../../src/nn/index.ts";
import { describeClassifier, easyScene } from "../support/describe-classifier.ts";
import { assertNetwork, withLoss } from "../support/golden-network.ts";

describe("MACN", () => {
  it("agrees with PyTorch in logits and loss, forward and gradients", () =>
    assertNetwork(withLoss(macn), "macn", 1e-4, "macn"));

  it("has the published number of parameters, but for 8192 that the published code never uses", () => {
    const source = (name: string, bands: number, channels: number) =>
      ({ name, kind: "other", bands, channels }) as const;
    const task = { sources: [source("hsi", 63, 30), source("lidar", 1, 1)], classes: 6, patch: 11 };
    assert.equal(countParameters(macn.init({ high: 0, low: 0 }, task)), 178_024 - 8192);
  });
});

const small = definePatchNetwork({ ...macn, recipe: { ...macn.recipe, patch: 7 } });
describeClassifier(small, { options: { epochs: 30 }, scene: easyScene(12, 18), perClass: 8, right: 0.6 });
