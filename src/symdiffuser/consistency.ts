/**
 * @file How well each source goes with the others: the error of p(A | B) when noise is taken from A given B. It is large
 * where A is not what B lets expect: clouds, shadows, changes, sources that do not lie upon each other.
 */
import type { Image, Progress, Scene } from "../scene/index.ts";
import { type Compute, childKey, type Key, keyOf, type NdArray } from "../tensor/index.ts";
import type { Csdiff } from "./csdiff.ts";
import { denoiserProgram, positionNoises, stepInput } from "./denoiser-program.ts";
import { sceneLatents } from "./latent.ts";
import type { SymDiffuserModel } from "./model.ts";
import { ddimStep, noiseSchedule } from "./noise.ts";
import type { SymDiffuserOptions } from "./options.ts";
import { stitched } from "./stitch.ts";

export interface ConsistencyOptions {
  /** Diffusion steps at which a source is noised, as shares of `T`. @default [0.3, 0.5, 0.7] */
  readonly levels: readonly number[];
  /** Draws of noise that are averaged. @default 4 */
  readonly draws: number;
}

export const usualConsistency: ConsistencyOptions = { levels: [0.3, 0.5, 0.7], draws: 4 };

/**
 * Mean square error of every source's denoised latent, over channels, steps and draws; the others are given clean.
 *
 * @param latents  one a source, `[H, W, C_s]`
 * @param valid    `[H, W]`, null where every pixel is valid
 * @param text     `[K, E]`
 * @returns        `[H, W]` a source; 0 where tiles hold no valid pixel
 */
export async function denoisingErrors(
  network: Csdiff,
  latents: readonly Image[],
  valid: Uint8Array | null,
  text: NdArray,
  key: Key,
  options: SymDiffuserOptions,
  { levels, draws }: ConsistencyOptions,
  compute: Compute,
  progress: Progress = () => {},
): Promise<Float32Array[]> {
  const { patch, steps } = options.network;
  const schedule = noiseSchedule(options.schedule, steps);
  const lengths = latents.map(({ channels }) => channels);
  const runs = latents.length * levels.length * draws;
  const errors: Float32Array[] = [];
  let run = 0;
  for (const [source, latent] of latents.entries()) {
    const { height, width, channels, data } = latent;
    const program = await denoiserProgram(network, lengths, text, options, compute, true, (halves) => ({
      e: halves[source]!.estimate,
    }));
    const error = new Float32Array(height * width);
    const estimate = new Float32Array(data.length);
    const region = { row: 0, col: 0, height, width };
    const stitching = { region, valid, into: estimate, channels, offset: 0 };
    for (let draw = 0; draw < draws; draw++) {
      const noise = positionNoises(latents, childKey(childKey(key, "consistency"), draw), region)[source]!;
      for (const level of levels) {
        const t = Math.min(steps - 1, Math.round(level * steps));
        const alphaBar = schedule.alphaBar[t]!;
        const [signal, share] = [Math.sqrt(alphaBar), Math.sqrt(1 - alphaBar)];
        const noisy = data.map((value, at) => signal * value + share * noise[at]!);
        const images = latents.map((one, at) => [`x.${at}`, at === source ? { ...one, data: noisy } : one] as const);
        const report: Progress = (done, all) => progress(run * all + done, runs * all);
        const feeds = { t: stepInput(t) };
        const inputs = Object.fromEntries(images);
        await stitched(program, inputs, ["e"], latent, patch, options.features.core, stitching, feeds, report);
        const clean = ddimStep(noisy, estimate, t, -1, schedule, options.pretraining.prediction);
        const weight = 1 / (channels * levels.length * draws);
        for (let at = 0; at < data.length; at++) {
          const pixel = Math.floor(at / channels);
          if (valid?.[pixel] !== 0) error[pixel]! += weight * (clean[at]! - data[at]!) ** 2;
        }
        run++;
      }
    }
    await program.release();
    errors.push(error);
  }
  return errors;
}

/** The same for a model and a scene with all its sources. @throws DataError if it lacks some */
export async function consistencyErrors(
  { pretrained, options, latents: encoders, text, seed }: SymDiffuserModel,
  scene: Scene,
  how: ConsistencyOptions,
  compute: Compute,
  progress: Progress = () => {},
): Promise<Float32Array[]> {
  const latents = await sceneLatents(scene, encoders, options.network.patch, compute);
  return denoisingErrors(pretrained, latents, scene.valid, text, keyOf(seed), options, how, compute, progress);
}
