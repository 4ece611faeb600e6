import { describe, it } from "node:test";
import { definePatchNetwork } from "../../src/baselines/network/method.ts";
import { gltnet } from "../../src/baselines/networks/gltnet.ts";
import { describeClassifier, easyScene } from "../support/describe-classifier.ts";
import { assertNetwork, assertSizes, withLoss } from "../support/golden-network.ts";

describe("GLT-Net", () => {
  it("agrees with PyTorch in logits and loss, forward and gradients", () =>
    assertNetwork(withLoss(gltnet), "gltnet", 1e-4, "gltnet"));

  it("has the published number of parameters, but for 51 090 that the published code never uses", () =>
    assertSizes(gltnet, [
      [[64, 2], 11, 458_276 - 51_090],
      [[63, 1], 6, 453_748 - 51_090],
      [[144, 1], 15, 618_169 - 51_090],
    ]));
});

/** Of few layers. */
const shallow: typeof gltnet = {
  ...gltnet,
  recipe: { ...gltnet.recipe, patch: 6, rate: 5e-3 },
  init: (key, task) => {
    const { blocks, decoder, ...others } = gltnet.init(key, task);
    return { ...others, blocks: blocks.slice(0, 1), decoder: { ...decoder, blocks: decoder.blocks.slice(0, 1) } };
  },
};
const small = definePatchNetwork(shallow);
describeClassifier(small, { options: { epochs: 15 }, scene: easyScene(12, 20), perClass: 8, right: 0.4 });
