import { describe, it } from "node:test";
import { baselineOf } from "../../src/baselines/index.ts";
import { sal2rn } from "../../src/baselines/networks/sal2rn.ts";
import { describeClassifier, easyScene } from "../support/describe-classifier.ts";
import { assertNetwork, assertSizes } from "../support/golden-network.ts";

describe("Sal²RN", () => {
  it("agrees with PyTorch, forward and gradients", () => assertNetwork(sal2rn, "sal2rn", 1e-4, "sal2rn"));

  it("has as many parameters as its head says", () => assertSizes(sal2rn, [[[63, 1], 6, 823_741]]));
});

describeClassifier(baselineOf("sal2rn"), {
  options: { epochs: 12 },
  scene: easyScene(12, 20),
  perClass: 8,
  right: 0.6,
});
