import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  cutRaster,
  cutValid,
  makeSplit,
  partsOf,
  type Rectangle,
  type Scene,
  simulateScene,
} from "../../src/scene/index.ts";
import {
  fitSymDiffuser,
  hashedTextEncoder,
  type SymDiffuserOptions,
  symDiffuserClassifier,
} from "../../src/symdiffuser/index.ts";
import { tiny, workOf } from "../support/tiny-method.ts";

const [height, width] = [61, 83];
const simulated = simulateScene({ seed: 0, height, width, sources: ["msi", "lidar"] });
/** A corner and a stripe are missing. */
const isMissing = (pixel: number): boolean =>
  (pixel % width > 60 && pixel < 30 * width) || (pixel % width) - Math.floor(pixel / width) === 7;
const valid = Uint8Array.from({ length: height * width }, (_, pixel) => Number(!isMissing(pixel)));
const scene: Scene = { ...simulated, valid };
const split = makeSplit(scene, "perClass:6", 0);
const K = scene.labels!.classes.length;

const cutScene = (part: Rectangle): Scene => ({
  ...scene,
  ...{ height: part.height, width: part.width, labels: null },
  sources: scene.sources.map((source) => ({ ...source, raster: cutRaster(source.raster, part) })),
  valid: cutValid(valid, width, part),
});

/** Trained for a moment: what it learns does not matter. */
const quick: SymDiffuserOptions = {
  ...tiny,
  latent: { ...tiny.latent, steps: 2 },
  pretraining: { ...tiny.pretraining, steps: 2 },
  head: { ...tiny.head, steps: 3 },
};
const { features, latent } = quick;

describe("a part of a scene", () => {
  const kinds: readonly (readonly [string, Partial<SymDiffuserOptions>])[] = [
    ["noisy features", { features: { ...features, steps: [-1, 100] } }],
    [
      "an autoencoder and another core",
      { latent: { ...latent, kind: "vit" }, features: { ...features, core: 5 }, smoothing: 5 },
    ],
    ["one tile a pixel", { mode: "centre", features: { ...features, steps: [50] } }],
  ];
  for (const [name, more] of kinds) {
    it(`has the probabilities of the whole: ${name}`, async () => {
      const options = { ...quick, ...more };
      const model = await fitSymDiffuser(scene, split, options, 3, hashedTextEncoder(16), workOf());
      const whole = await symDiffuserClassifier(model, workOf()).predict(scene);
      const classifier = symDiffuserClassifier(model, workOf());
      let worst = 0;
      for (const part of partsOf(scene, 33)) {
        const place = classifier.surroundings(part, scene);
        const { probabilities: own } = await classifier.predictPart(cutScene(place), place, part);
        for (let row = 0; row < part.height; row++) {
          for (let col = 0; col < part.width; col++) {
            const pixel = (part.row + row) * width + part.col + col;
            if (valid[pixel] === 0) continue;
            const from = (row * part.width + col) * K;
            const probabilities = own.subarray(from, from + K);
            const expected = whole.subarray(pixel * K, (pixel + 1) * K);
            worst = Math.max(worst, ...probabilities.map((one, k) => Math.abs(one - expected[k]!)));
          }
        }
      }
      assert.ok(worst < 1e-5, `differs by ${worst}`);
    });
  }
});
