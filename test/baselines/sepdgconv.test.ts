import { describe, it } from "node:test";
import { definePatchNetwork } from "../../src/baselines/network/method.ts";
import { sepDgConvOf, sepdgconv } from "../../src/baselines/networks/sepdgconv.ts";
import { describeClassifier, easyScene } from "../support/describe-classifier.ts";
import { assertNetwork, assertSizes } from "../support/golden-network.ts";

describe("SepDGConv", () => {
  it("agrees with PyTorch, forward and gradients", () => assertNetwork(sepDgConvOf(4), "sepdgconv", 1e-4, "sepdgconv"));

  it("has the published number of parameters", () =>
    assertSizes(sepdgconv, [
      [[64, 2], 11, 11_379_861], // 11.38 million
      [[244, 4], 8, 11_949_074], // 11.95 million
      [[180, 4], 7, 11_747_857], // 11.75 million
    ]));
});

const narrow = sepDgConvOf(8);
const small = definePatchNetwork({ ...narrow, recipe: { ...narrow.recipe, patch: 5 } });
describeClassifier(small, { options: { epochs: 20 }, scene: easyScene(12, 20), perClass: 8, right: 0.4 });
