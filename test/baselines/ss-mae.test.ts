import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { definePatchNetwork } from "../../src/baselines/network/method.ts";
import type { PatchNetwork } from "../../src/baselines/network/network.ts";
import { autoencoderOf, type SsMaeSizes, ssMae, ssMaeOf } from "../../src/baselines/networks/ss-mae.ts";
import type { Parameters } from "../../src/nn/index.ts";
import { makeSplit } from "../../src/scene/index.ts";
import { add, constant, ndarray, type Shape, type Tensor, zeros } from "../../src/tensor/index.ts";
import { describeClassifier, easyScene } from "../support/describe-classifier.ts";
import { assertNetwork, assertSizes } from "../support/golden-network.ts";
import { workOf } from "../support/tiny-method.ts";

const sizes: SsMaeSizes = { width: 16, heads: 2, headWidth: 8, depth: 2, components: 16 };
const network = ssMaeOf(sizes);
const small = definePatchNetwork({ ...network, recipe: { ...network.recipe, patch: 3, batch: 24, rate: 3e-3 } });
const scene = easyScene(12, 18);

/** Hides every third token, from the second on. */
function everyThird([B, N]: Shape): Tensor {
  const seen = Float32Array.from({ length: B! * N! }, (_, at) => ((at % N!) % 3 === 1 ? 0 : 1));
  return constant(ndarray(seen, [B!, N!, 1]));
}

/** A network whose logits are the error of the first training, `[B, 1]`. */
function withoutLabels({ init, loss }: ReturnType<typeof autoencoderOf>): PatchNetwork<ReturnType<typeof init>> {
  const { prepare, recipe } = network;
  return {
    ...{ name: "autoencoder", title: "", paper: "", sources: [2, 2], recipe, prepare, init },
    logits: (weights, { patches }, pass, task) => {
      const nothing = constant(zeros([patches[0]!.shape[0]!, 1]));
      const examples = { patches, oneHot: nothing, shares: nothing };
      return add(nothing, loss(weights, examples, { ...pass, mask: everyThird }, task));
    },
  };
}

describe("SS-MAE", () => {
  it("agrees with PyTorch, forward and gradients", () => assertNetwork(network, "ss-mae", 1e-4, "ss-mae", 4));

  it("agrees with PyTorch in the error of hidden tokens, which PyTorch leaves out", () =>
    assertNetwork(withoutLabels(autoencoderOf(sizes)), "autoencoder", 1e-4, "ss-mae", 4));

  it("has the published number of parameters, but for a head that the published code never uses", () =>
    assertSizes(ssMae, [
      [[244, 4], 8, 4_951_849 - 133_384],
      [[180, 4], 7, 4_922_108 - 133_127],
      // The published code sees 4 of the 8 bands in its convolutions.
      [[144, 8], 15, 4_911_204 + 2304 - 135_183],
    ]));

  it("learns as many parameters without labels as are published, but for those that the published code never uses", () =>
    assertSizes(withoutLabels(autoencoderOf()), [
      [[244, 4], 8, 7_875_735 - 78_162],
      [[180, 4], 7, 7_782_167 - 61_650],
      [[144, 8], 15, 7_738_455 - 53_394],
    ]));

  it("goes on from what it has learned without labels", async () => {
    const start = new Map<string, Parameters>();
    const learned = new Map<string, Parameters>();
    const { runStage, ...work } = workOf();
    await small.fit(scene, makeSplit(scene, "perClass:8", 0), {
      ...work,
      epochs: 30,
      runStage: async (stage) => {
        start.set(stage.name, stage.parameters);
        const parameters = await runStage({ ...stage, schedule: { ...stage.schedule, steps: 3 } });
        learned.set(stage.name, parameters);
        return parameters;
      },
    });
    assert.deepEqual([...start.keys()], ["ss-mae.pretraining", "ss-mae"]);
    const [before, after, next] = [
      start.get("ss-mae.pretraining")!,
      learned.get("ss-mae.pretraining")!,
      start.get("ss-mae")!,
    ] as Record<string, Parameters>[];
    for (const name of ["pixels", "bands", "norm"]) {
      assert.notDeepEqual(after![name], before![name]);
      assert.deepEqual(next![name], after![name]);
    }
  });
});

describeClassifier(small, { options: { epochs: 24 }, scene, perClass: 8, right: 0.6 });
