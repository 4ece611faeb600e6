import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { makeSplit, type Scene } from "../../src/scene/index.ts";
import {
  fitSymDiffuser,
  hashedTextEncoder,
  modelCheckpoint,
  modelFromCheckpoint,
  type SymDiffuserModel,
  type SymDiffuserOptions,
  symDiffuserClassifier,
} from "../../src/symdiffuser/index.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/tensor/index.ts";
import { tiny, tinyScene, workOf } from "../support/tiny-method.ts";

const scene = tinyScene();
const split = makeSplit(scene, "perClass:6", 0);
const K = scene.labels!.classes.length;
const fit = (options: SymDiffuserOptions, on: Scene = scene, names: string[] = []): Promise<SymDiffuserModel> =>
  fitSymDiffuser(on, split, options, 3, hashedTextEncoder(16), workOf(names));
const predict = (model: SymDiffuserModel, on: Scene = scene): Promise<Float32Array> =>
  symDiffuserClassifier(model, workOf()).predict(on);
const bits = (values: Float32Array): Buffer => Buffer.from(values.buffer);

function assertProbabilities(values: Float32Array, pixels: number): void {
  assert.equal(values.length, pixels * K);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const total = values.subarray(pixel * K, (pixel + 1) * K).reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(total - 1) < 1e-4, `pixel ${pixel}: ${total}`);
  }
}

describe("the whole method", () => {
  it("runs its stages in the paper's order and gives probabilities", async () => {
    const names: string[] = [];
    const model = await fit(tiny, scene, names);
    assert.deepEqual(names, ["csdiff", "head.0", "head.1"]);
    assertProbabilities(await predict(model), scene.height * scene.width);
  });

  it("gives the same bits for the same seed, and for rows as for the whole scene", async () => {
    const [first, second] = [await fit(tiny), await fit(tiny)];
    const whole = await predict(first);
    assert.ok(bits(whole).equals(bits(await predict(second))));
    const rows = await symDiffuserClassifier(first, workOf()).predict(scene, [16, 32]);
    assert.deepEqual(rows, whole.slice(16 * scene.width * K, 32 * scene.width * K));
  });

  it("comes back from its checkpoint with the same bits", async () => {
    for (const kind of ["auto", "pca", "vit", "vae"] as const) {
      const model = await fit({ ...tiny, latent: { ...tiny.latent, kind } });
      const bytes = encodeSafetensors(modelCheckpoint(model, { note: "kept" }));
      const checkpoint = decodeSafetensors(bytes, "model.safetensors");
      assert.equal(checkpoint.metadata["note"], "kept");
      const again = modelFromCheckpoint(checkpoint, "model.safetensors");
      assert.ok(bits(await predict(again)).equals(bits(await predict(model))), kind);
    }
  });

  it("refuses a checkpoint that is no model, or not whole", async () => {
    const whole = modelCheckpoint(await fit(tiny));
    const refused = (checkpoint: typeof whole, message: string): void =>
      assert.throws(() => modelFromCheckpoint(checkpoint, "x"), { name: "FormatError", message });
    refused({ arrays: {}, metadata: {} }, "x: expected a model of format symdiffuser/1; got no model");
    const { "network.0.embed.bias": _, ...arrays } = whole.arrays;
    refused({ ...whole, arrays }, "x: expected a whole model; network.0.embed.bias: expected f32 [8]; got none");
  });

  it("works with two sources, and with coupling to all others", async () => {
    const two: Scene = { ...scene, sources: scene.sources.slice(0, 2) };
    assertProbabilities(await predict(await fit(tiny, two), two), two.height * two.width);
    const all = await fit({ ...tiny, network: { ...tiny.network, coupling: "all" } });
    assertProbabilities(await predict(all), scene.height * scene.width);
  });

  it("works in the paper's way, one tile a pixel, with a fine-tuned backbone and several steps", async () => {
    const names: string[] = [];
    const features = { ...tiny.features, steps: [-1, 50] };
    const model = await fit({ ...tiny, mode: "centre", backbone: "finetune", features }, scene, names);
    assert.deepEqual(names, ["csdiff", "finetune", "head.0", "head.1"]);
    assertProbabilities(await predict(model), scene.height * scene.width);
  });

  it("shows the latents alone to the last heads, as many as have that share", async () => {
    const features = { ...tiny.features, from: "both" } as const;
    const model = await fit({ ...tiny, features, head: { ...tiny.head, count: 3, trees: 6, latentShare: 0.5 } });
    assert.deepEqual(
      model.heads.map((head) => head.in.length),
      [2, 2, 1],
    );
    const again = modelFromCheckpoint(modelCheckpoint(model), "model.safetensors");
    const found = await predict(model);
    assertProbabilities(found, scene.height * scene.width);
    assert.ok(bits(await predict(again)).equals(bits(found)));
  });

  it("averages probabilities over a window when asked to", async () => {
    const [plain, smooth] = [await fit(tiny), await fit({ ...tiny, smoothing: 3 })];
    const [a, b] = [await predict(plain), await predict(smooth)];
    assertProbabilities(b, scene.height * scene.width);
    const at = 10 * scene.width + 10;
    let mean = 0;
    for (const row of [-1, 0, 1]) for (const col of [-1, 0, 1]) mean += a[(at + row * scene.width + col) * K]! / 9;
    assert.ok(Math.abs(b[at * K]! - mean) < 1e-5);
  });

  it("is not moved by the numbers under missing pixels", async () => {
    const valid = new Uint8Array(scene.height * scene.width).fill(1);
    for (let pixel = 0; pixel < 200; pixel++) valid[pixel * 7] = 0;
    const holed = (value: number): Scene => ({
      ...scene,
      valid,
      sources: scene.sources.map((source) => {
        const data = Float32Array.from(source.raster.data);
        const { bands } = source.raster;
        for (const [pixel, kept] of valid.entries()) if (!kept) data.fill(value, pixel * bands, (pixel + 1) * bands);
        return { ...source, raster: { ...source.raster, data, valid } };
      }),
    });
    const usable = { ...split, train: split.train.filter((pixel) => valid[pixel] === 1) };
    const results = [];
    for (const value of [Number.NaN, 1e30]) {
      const on = holed(value);
      const model = await fitSymDiffuser(on, usable, tiny, 3, hashedTextEncoder(16), workOf());
      results.push(await predict(model, on));
    }
    assert.ok(results[0]!.every((p, at) => valid[Math.floor(at / K)] === 0 || Number.isFinite(p)));
    assert.ok(bits(results[0]!).equals(bits(results[1]!)));
  });

  it("refuses scenes it cannot work on, with one sentence", async () => {
    const model = await fit(tiny);
    const without: Scene = { ...scene, name: "other", sources: scene.sources.slice(1) };
    await assert.rejects(predict(model, without), {
      name: "DataError",
      message: 'other: expected a source "msi"; got lidar, sar',
    });
    const single: Scene = { ...scene, name: "one", sources: scene.sources.slice(0, 1) };
    await assert.rejects(fit(tiny, single), { name: "DataError", message: "one: expected two or more sources; got 1" });
    await assert.rejects(fit(tiny, { ...scene, name: "bare", labels: null }), {
      name: "DataError",
      message: "bare: expected a scene with labels; got none",
    });
  });
});
