import { describe, it } from "node:test";
import { definePatchNetwork } from "../../src/baselines/network/method.ts";
import { dstd } from "../../src/baselines/networks/dstd.ts";
import { describeClassifier, easyScene } from "../support/describe-classifier.ts";
import { assertNetwork, assertSizes } from "../support/golden-network.ts";

describe("DSTD", () => {
  it("agrees with PyTorch, forward and gradients", () => assertNetwork(dstd, "dstd", 1e-4, "dstd"));

  it("has the published number of parameters", () => assertSizes(dstd, [[[144, 8], 15, 421_683]]));
});

const small = definePatchNetwork({ ...dstd, recipe: { ...dstd.recipe, patch: 4, batch: 12 } });
describeClassifier(small, { options: { epochs: 12 }, scene: easyScene(12, 18), perClass: 8, right: 0.6 });
