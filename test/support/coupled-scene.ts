/** @file Two latents of which each is a function of the other, and a small network that has learned them. */

import { contextFeatures, type Image } from "../../src/scene/index.ts";
import { type Csdiff, initCsdiff } from "../../src/symdiffuser/csdiff.ts";
import { type SymDiffuserOptions, small } from "../../src/symdiffuser/index.ts";
import { noiseSchedule } from "../../src/symdiffuser/noise.ts";
import { pretrainingStage } from "../../src/symdiffuser/pretrain.ts";
import { keyOf, type NdArray, normal, zeros } from "../../src/tensor/index.ts";
import { workOf } from "./tiny-method.ts";

export const side = 40;
const grid = { height: side, width: side, channels: 1 };

/** Standardised smooth noise, and a saturating function of it. */
export function coupledLatents(): Image[] {
  const noise = normal(keyOf(1), [side * side]).data;
  const windows = { mean: [5], deviation: [] };
  const data = contextFeatures(noise, { ...grid, valid: null }, windows, [0, side]).map((value) => 5 * value);
  return [
    { ...grid, data },
    { ...grid, data: data.map((value) => 1.2 * Math.tanh(1.5 * value)) },
  ];
}

export const coupledOptions: SymDiffuserOptions = {
  ...small,
  network: { ...small.network, width: 16, heads: 2, patch: 6, tci: false },
  pretraining: { ...small.pretraining, prediction: "latent", alone: 0, stepPower: 1, steps: 250, rate: 3e-3 },
  features: { ...small.features, core: 4 },
};

export const noText: NdArray = zeros([2, 16]);

/** Denoisers trained on the latents for a few seconds. */
export function coupledNetwork(latents: readonly Image[]): Promise<Csdiff> {
  const { network, pretraining } = coupledOptions;
  const start = initCsdiff(keyOf(3), [1, 1], 16, network);
  const data = { ...grid, latents, valid: null, trainingLabels: new Uint16Array(side * side) };
  const schedule = noiseSchedule("linear", network.steps);
  return workOf().runStage(
    pretrainingStage("csdiff", keyOf(4), data, start, noText, schedule, network, pretraining),
  ) as Promise<Csdiff>;
}
