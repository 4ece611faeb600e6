import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { makeSplit, type Scene } from "../../src/scene/index.ts";
import {
  fitSymDiffuser,
  modelCheckpoint,
  modelFromCheckpoint,
  openTextEncoder,
  type SymDiffuserOptions,
  symDiffuserClassifier,
  textEncoders,
} from "../../src/symdiffuser/index.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/tensor/index.ts";
import { tiny, tinyScene, workOf } from "../support/tiny-method.ts";

const whole = tinyScene();
const scene: Scene = { ...whole, sources: whole.sources.slice(1) };
const short: SymDiffuserOptions = {
  ...tiny,
  pretraining: { ...tiny.pretraining, steps: 4 },
  head: { ...tiny.head, steps: 4, count: 1 },
};
const split = makeSplit(scene, "perClass:6", 0);

/** The scene with another label at every pixel but those of training. */
function permuted(): Scene {
  const classes = scene.labels!.classes.length;
  const data = Uint16Array.from(scene.labels!.data, (label) => (label === 0 ? 1 : (label % classes) + 1));
  for (const pixel of split.train) data[pixel] = scene.labels!.data[pixel]!;
  return { ...scene, labels: { ...scene.labels!, data } };
}

/** All bytes of the model trained on a scene, and of its map, drawn by the model as it comes back from its file. */
async function trained(
  on: Scene,
  options: SymDiffuserOptions,
): Promise<{ readonly model: Buffer; readonly map: Buffer }> {
  const model = await fitSymDiffuser(on, split, options, 3, await openTextEncoder(options.text), workOf());
  const bytes = encodeSafetensors(modelCheckpoint(model));
  const stored = modelFromCheckpoint(decodeSafetensors(bytes, "model"), "model");
  assert.equal(stored.options.text.prompt, options.text.prompt);
  const probabilities = await symDiffuserClassifier(stored, workOf()).predict(on);
  return { model: Buffer.from(bytes), map: Buffer.from(probabilities.buffer) };
}

describe("labels of pixels that are not of training", () => {
  const folder = join(import.meta.dirname, "..", "golden", "clip");
  for (const encoder of textEncoders) {
    it(`change no bit of features, model and map, with text by ${encoder} (leak rule)`, async () => {
      const options = { ...short, text: { encoder, folder, prompt: "land covered by [class]" } };
      const [before, after] = [await trained(scene, options), await trained(permuted(), options)];
      assert.ok(before.model.equals(after.model));
      assert.ok(before.map.equals(after.map));
    });
  }
});
