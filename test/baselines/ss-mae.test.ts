import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { definePatchNetwork } from "../../src/baselines/network/method.ts";
import { type SsMaeSizes, ssMae, ssMaeOf } from "../../src/baselines/networks/ss-mae.ts";
import type { Parameters } from "../../src/nn/index.ts";
import { makeSplit } from "../../src/scene/index.ts";
import { describeClassifier, easyScene } from "../support/describe-classifier.ts";
import { assertNetwork, assertSizes } from "../support/golden-network.ts";
import { workOf } from "../support/tiny-method.ts";

const sizes: SsMaeSizes = { width: 16, heads: 2, headWidth: 8, depth: 2, components: 6, maps: 20 };
const network = ssMaeOf(sizes);
const small = definePatchNetwork({ ...network, recipe: { ...network.recipe, patch: 3, batch: 24, rate: 3e-3 } });
const scene = easyScene(12, 18);

describe("SS-MAE", () => {
  it("agrees with PyTorch, forward and gradients", () => assertNetwork(network, "ss-mae", 1e-4, "ss-mae"));

  it("has 4.94 and 4.90 million parameters, where 4.95 and 4.92 are published", () =>
    assertSizes(ssMae, [
      [[244, 4], 8, 4_936_249],
      [[180, 4], 7, 4_904_845],
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
    for (const name of ["pixels", "bands"]) {
      assert.notDeepEqual(after![name], before![name]);
      assert.deepEqual(next![name], after![name]);
    }
  });
});

describeClassifier(small, { options: { epochs: 24 }, scene, perClass: 8, right: 0.6 });
