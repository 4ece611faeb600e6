import { describe, it } from "node:test";
import { baselineOf } from "../../src/baselines/index.ts";
import { sal2rn } from "../../src/baselines/networks/sal2rn.ts";
import { describeClassifier, easyScene } from "../support/describe-classifier.ts";
import { assertNetwork, assertSizes, withLoss } from "../support/golden-network.ts";

describe("Sal²RN", () => {
  it("agrees with PyTorch in logits and loss, forward and gradients", () =>
    assertNetwork(withLoss(sal2rn), "sal2rn", 1e-4, "sal2rn", 4));

  it("has the published number of parameters, but for 576 that the published code never uses", () =>
    assertSizes(sal2rn, [[[63, 1], 6, 908_325 - 576]]));
});

describeClassifier(baselineOf("sal2rn"), {
  options: { epochs: 12 },
  scene: easyScene(12, 20),
  perClass: 8,
  right: 0.6,
});
