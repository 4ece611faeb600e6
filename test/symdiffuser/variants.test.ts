import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { makeSplit, type Scene, type Source, simulateScene } from "../../src/scene/index.ts";
import type { Csdiff } from "../../src/symdiffuser/csdiff.ts";
import {
  backbones,
  fitSymDiffuser,
  hashedTextEncoder,
  modelCheckpoint,
  modelFromCheckpoint,
  type SymDiffuserModel,
  type SymDiffuserOptions,
  symDiffuserClassifier,
  variants,
} from "../../src/symdiffuser/index.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/tensor/index.ts";
import { tiny, workOf } from "../support/tiny-method.ts";

const scene = simulateScene({ seed: 0, height: 24, width: 20, sources: ["hsi", "msi", "lidar"] });
const two: Scene = { ...scene, sources: scene.sources.slice(1) };
const split = makeSplit(scene, "perClass:3", 0);
const K = scene.labels!.classes.length;

/** Trained for a moment: what it learns does not matter. */
const quick: SymDiffuserOptions = {
  ...tiny,
  network: { ...tiny.network, skips: 0, patch: 4 },
  pretraining: { ...tiny.pretraining, steps: 2, batch: 2 },
  finetuning: { ...tiny.finetuning, steps: 2, batch: 2, probeSteps: 2 },
  features: { ...tiny.features, core: 4 },
  head: { ...tiny.head, steps: 2, count: 1 },
};
const fit = (more: Partial<SymDiffuserOptions>, on: Scene = two, stages: string[] = []): Promise<SymDiffuserModel> =>
  fitSymDiffuser(on, split, { ...quick, ...more }, 3, hashedTextEncoder(8), workOf(stages));

/** Probabilities of a scene, found to be some. */
async function predicted(model: SymDiffuserModel, on: Scene = two): Promise<Float32Array> {
  const values = await symDiffuserClassifier(model, workOf()).predict(on);
  assert.equal(values.length, on.height * on.width * K);
  for (let at = 0; at < values.length; at += K) {
    const total = values.subarray(at, at + K).reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(total - 1) < 1e-4, `pixel ${at / K}: ${total}`);
  }
  return values;
}

describe("the variants of the paper's ablation", () => {
  for (const [name, { network, features }] of Object.entries(variants)) {
    it(`${name} is trained, classifies, and comes back from its checkpoint`, async () => {
      const stages: string[] = [];
      const settings = { network: { ...quick.network, ...network }, features: { ...quick.features, ...features } };
      const model = await fit(settings, two, stages);
      assert.deepEqual(stages, name === "V1" ? ["head.0"] : ["csdiff", "head.0"]);
      const checkpoint = decodeSafetensors(encodeSafetensors(modelCheckpoint(model)), name);
      assert.deepEqual(await predicted(modelFromCheckpoint(checkpoint, name)), await predicted(model));
    });
  }

  it("V1 sees the latents of all sources side by side, in either mode", async () => {
    const features = { ...quick.features, ...variants.V1.features };
    const dense = await fit({ features });
    const channels = dense.latents.reduce((sum, latent) => sum + latent.channels, 0);
    const [only, ...others] = dense.heads[0]!.in;
    assert.deepEqual([only!.weight.shape, others], [[channels, quick.head.width], []]);
    // Three windows.
    assert.equal(dense.heads[0]!.embedding.shape[0], 3);
    await predicted(await fit({ features, mode: "centre" }));
  });
});

describe("backbone", () => {
  const stagesOf = {
    frozen: ["csdiff"],
    finetune: ["csdiff", "finetune"],
    "probe-finetune": ["csdiff", "probe", "finetune"],
    scratch: ["finetune"],
  } as const;
  const finetuning = { ...quick.finetuning, backboneShare: 0 };
  const found = new Map<string, Csdiff>();
  for (const backbone of backbones) {
    it(`${backbone}: has its stages`, async () => {
      const stages: string[] = [];
      const { network } = await fit({ backbone, finetuning }, two, stages);
      assert.deepEqual(stages, [...stagesOf[backbone], "head.0"]);
      found.set(backbone, network);
    });
  }

  it("makes other denoisers each way, but leaves them alone where they have a share of 0 of the rate", () => {
    const [frozen, finetuned, probed, scratch] = backbones.map((backbone) => found.get(backbone));
    assert.notDeepEqual(finetuned, frozen);
    assert.notDeepEqual(scratch, frozen);
    assert.notDeepEqual(scratch, finetuned);
    assert.deepEqual(probed, frozen);
  });
});

describe("any mix of sources", () => {
  /** A source of so many bands, whatever they show. */
  const source = (name: string, bands: number): Source => {
    const [like] = scene.sources as readonly [Source];
    const { height, width } = scene;
    const data = Float32Array.from({ length: height * width * bands }, (_, at) => {
      const [pixel, band] = [Math.floor(at / bands), at % bands];
      return like.raster.data[pixel * like.raster.bands + (band % like.raster.bands)]! + Math.sin(at);
    });
    const raster = { ...like.raster, bands, data, names: null, wavelengths: null };
    return { ...like, name, raster } as unknown as Source;
  };
  for (const coupling of ["chain", "all"] as const) {
    for (const bands of coupling === "chain" ? [[1, 3, 200]] : [[200, 1, 3, 1]]) {
      it(`of ${bands.join(", ")} bands, ${coupling}`, async () => {
        const mixed: Scene = { ...scene, sources: bands.map((count, at) => source(`s${at}`, count)) };
        const model = await fit({ network: { ...quick.network, coupling } }, mixed);
        const channels = bands.map((count) => (count === 200 ? quick.latent.channels : count));
        assert.deepEqual(
          model.latents.map((latent) => latent.channels),
          channels,
        );
        const others = coupling === "all" ? bands.length - 1 : 1;
        assert.ok(model.network.every(({ mpb }) => mpb.length === others));
        await predicted(model, mixed);
      });
    }
  }
});
