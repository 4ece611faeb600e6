import { describe, it } from "node:test";
import { definePatchNetwork } from "../../src/baselines/network/method.ts";
import { mft } from "../../src/baselines/networks/mft.ts";
import { describeClassifier, easyScene } from "../support/describe-classifier.ts";
import { assertNetwork, assertSizes } from "../support/golden-network.ts";

describe("MFT", () => {
  it("agrees with PyTorch, forward and gradients", () => assertNetwork(mft, "mft", 1e-4, "mft"));

  it("has the published number of parameters", () =>
    assertSizes(mft, [
      [[63, 1], 6, 272_358],
      [[144, 1], 15, 321_903],
      [[180, 4], 7, 351_911],
      [[244, 4], 8, 403_176],
    ]));
});

const small = definePatchNetwork({ ...mft, recipe: { ...mft.recipe, patch: 5 } });
describeClassifier(small, { options: { epochs: 18 }, scene: easyScene(12, 18), perClass: 8, right: 0.6 });
