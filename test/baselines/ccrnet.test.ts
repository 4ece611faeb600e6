import { describe, it } from "node:test";
import { baselineOf } from "../../src/baselines/index.ts";
import { ccrnet } from "../../src/baselines/networks/ccrnet.ts";
import { describeClassifier, easyScene } from "../support/describe-classifier.ts";
import { assertNetwork, assertSizes, withLoss } from "../support/golden-network.ts";

describe("CCR-Net", () => {
  it("agrees with PyTorch in logits and loss, forward and gradients", () =>
    assertNetwork(withLoss(ccrnet), "ccrnet", 1e-4, "ccrnet"));

  it("has as many parameters as its head says", () =>
    assertSizes(ccrnet, [
      [[144, 1], 15, 67_359],
      [[144, 21], 15, 70_239],
      [[180, 4], 7, 72_711],
    ]));
});

describeClassifier(baselineOf("ccrnet"), {
  options: { epochs: 30 },
  scene: easyScene(20, 30),
  perClass: 8,
  right: 0.8,
});
