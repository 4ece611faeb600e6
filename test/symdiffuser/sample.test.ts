import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Csdiff } from "../../src/symdiffuser/csdiff.ts";
import { small } from "../../src/symdiffuser/index.ts";
import { sampleLatents, samplingSteps } from "../../src/symdiffuser/sample.ts";
import { type NdArray, ndarray } from "../../src/tensor/index.ts";
import { assertClose, goldenCase, treeOf } from "../support/golden.ts";

const compute = { threads: 1, device: "cpu" } as const;

describe("sampling agrees with PyTorch over ten steps", () => {
  const options = {
    ...small,
    network: { ...small.network, width: 8, heads: 2, patch: 3 },
    features: { ...small.features, core: 3 },
  };
  const cases = [
    ["source", "of a missing source", "noised"],
    ["hole", "of a hole in a source", "noised"],
    ["clean", "given clean latents", "clean"],
  ] as const;
  for (const [name, what, known] of cases) {
    it(what, async () => {
      const arrays = goldenCase("sampling", `sampling.${name}`);
      const named = new Map<string, NdArray>();
      for (const [key, array] of goldenCase("sampling", "sampling")) {
        named.set(key.replace("param/", "").replace(/(mpb|tci)\./, "$1.0."), array);
      }
      const halves = treeOf(named as never) as unknown as readonly object[];
      const network = halves.map((half) => ({ concat: [], ...half })) as unknown as Csdiff;
      const of = (key: string): NdArray => arrays.get(`in/${key}`)!;
      const image = (source: number) => {
        const { data, shape } = of(`${source}.x0`);
        return { height: 3, width: 3, channels: shape[2]!, data: data as Float32Array };
      };
      const missing = [null, Uint8Array.from(of("missing").data)];
      const noises = [0, 1].map((source) => of(`${source}.eps`).data as Float32Array);
      assert.deepEqual(samplingSteps(1000, 10), [...of("t").data]);
      const [measured, sampled] = await sampleLatents(
        ...([
          network,
          [image(0), image(1)],
          missing,
          noises,
          of("text"),
          options,
          { steps: 10, known },
          compute,
        ] as const),
      );
      assert.deepEqual(measured!.data, image(0).data);
      assertClose(ndarray(sampled!.data, [18]), arrays.get("out")!, 1e-4, "sample");
    });
  }
});
