import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { FeatureShape } from "../../src/symdiffuser/feature-shape.ts";
import { growTrees, joinTrees } from "../../src/symdiffuser/trees.ts";
import { keyOf } from "../../src/tensor/index.ts";

describe("forest beside the heads", () => {
  const shape: FeatureShape = { views: 1, tokens: 0, channels: 4, latents: 1 };
  const rows = Float32Array.of(0, 1, 2, 10, 11, 12);
  const classOf = Int32Array.of(0, 0, 0, 1, 1, 1);

  it("has its share of the say", async () => {
    const trees = await growTrees(keyOf(3), rows, classOf, 2, shape, { trees: 20, latentShare: 0 });
    const alone = trees!.probabilities({ rows: 2, columns: 1, data: Float32Array.of(-5, 20) });
    const heads = Float32Array.of(0.25, 0.75, 0.5, 0.5);
    const joined = heads.slice();
    joinTrees(joined, Float32Array.of(-5, 20), 2, trees, { treeShare: 0.75 });
    assert.deepEqual(
      joined,
      heads.map((p, at) => 0.25 * p + 0.75 * alone[at]!),
    );
    assert.ok(alone[0]! > 0.9 && alone[3]! > 0.9);
  });

  it("sees the latents alone in as many trees as have that share", async () => {
    // Two views of one feature and one latent; the features tell the classes apart, the latents do not.
    const both: FeatureShape = { views: 2, tokens: 1, channels: 1, latents: 1 };
    const table = Float32Array.from([...rows].flatMap((x) => [x, 1, -x, 1]));
    const asked = Float32Array.of(-5, 1, 5, 1, 20, 1, -20, 1);
    const said = async (latentShare: number): Promise<number[]> => {
      const trees = await growTrees(keyOf(3), table, classOf, 2, both, { trees: 20, latentShare });
      return Array.from(trees!.probabilities({ rows: 2, columns: 4, data: asked }));
    };
    assert.deepEqual(await said(1), [0.5, 0.5, 0.5, 0.5]);
    assert.deepEqual(await said(0), [1, 0, 0, 1]);
    assert.deepEqual(await said(0.5), [0.75, 0.25, 0.25, 0.75]);
  });

  it("says nothing where there is none", async () => {
    assert.equal(await growTrees(keyOf(3), rows, classOf, 2, shape, { trees: 0, latentShare: 0 }), null);
    const joined = Float32Array.of(0.25, 0.75);
    joinTrees(joined, Float32Array.of(1), 1, null, { treeShare: 0.5 });
    assert.deepEqual(joined, Float32Array.of(0.25, 0.75));
  });
});
