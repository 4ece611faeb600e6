import { describe, it } from "node:test";
import { definePatchNetwork } from "../../src/baselines/network/method.ts";
import { exvit } from "../../src/baselines/networks/exvit.ts";
import { describeClassifier, easyScene } from "../support/describe-classifier.ts";
import { assertNetwork, assertSizes } from "../support/golden-network.ts";

describe("ExViT", () => {
  it("agrees with PyTorch, forward and gradients", () => assertNetwork(exvit, "exvit", 1e-4, "exvit"));

  it("has the published number of parameters", () =>
    assertSizes(exvit, [
      [[144, 1], 15, 239_914],
      [[144, 8], 15, 240_096],
      [[180, 4], 7, 240_408],
    ]));
});

/** Of few layers. */
const shallow: typeof exvit = {
  ...exvit,
  recipe: { ...exvit.recipe, patch: 3, rate: 2e-3 },
  init: (key, task) => {
    const { branches, joint, ...others } = exvit.init(key, task);
    const few = branches.map(({ layers, ...branch }) => ({ ...branch, layers: layers.slice(0, 1) }));
    return { ...others, branches: few, joint: joint.slice(0, 1) };
  },
};
const small = definePatchNetwork(shallow);
describeClassifier(small, { options: { epochs: 16 }, scene: easyScene(12, 18), perClass: 8, right: 0.6 });
