/**
 * @file Sampling p(A | B): latents of missing sources drawn by the reverse process, given those that are known. What is
 * missing may be a whole source or pixels of one, and of several sources at once: each is conditioned on the others as
 * they stand at the step.
 */
import type { Image, Progress } from "../scene/index.ts";
import type { Compute, NdArray } from "../tensor/index.ts";
import type { Csdiff } from "./csdiff.ts";
import { denoiserProgram, stepInput } from "./denoiser-program.ts";
import { ddimStep, noiseSchedule } from "./noise.ts";
import type { SymDiffuserOptions } from "./options.ts";
import { stitched } from "./stitch.ts";

export const knownLatents = ["clean", "noised"] as const;

/** How latents are sampled. */
export interface SamplingOptions {
  /** Steps of the reverse process. @default 20 */
  readonly steps: number;
  /** Samples, whose latents or class probabilities are averaged. @default 4 */
  readonly draws: number;
  /**
   * How known latents are given: noised to the step, as in training, or clean at every step. Clean ones say more: what is
   * sampled follows them twice as closely (docs/generation.md).
   *
   * @default "clean"
   */
  readonly known: (typeof knownLatents)[number];
}

export const usualSampling: SamplingOptions = { steps: 20, draws: 4, known: "clean" };

/** Pixels of a source that are not known, 1 in `[H, W]`; null where all are known. */
export type Missing = Uint8Array | null;

/** The steps visited, evenly from the last, T − 1, down. @param total `T` @param count at most `total` */
export function samplingSteps(total: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => Math.round(total * (1 - at / count)) - 1);
}

/** Largest value of a clean latent, in its standard deviations: what an estimate lacks at high noise grows from step to step. */
const largest = 3;
const clipped = (value: number): number => Math.min(largest, Math.max(-largest, value));

/** How far tiles are shifted at a step of the process: by the golden ratio, which spreads borders evenly; not where one tile does. */
function shiftAt(step: number, length: number, core: number): number {
  const golden = (Math.sqrt(5) - 1) / 2;
  return length <= core ? 0 : Math.floor(((step * golden) % 1) * core);
}

/** Pixels where any source is missing. */
export function anyMissing(missing: readonly Missing[], pixels: number): Uint8Array {
  const any = new Uint8Array(pixels);
  for (const mask of missing) if (mask !== null) for (let at = 0; at < pixels; at++) any[at]! |= mask[at]!;
  return any;
}

/** Latents noised to a level, in place of those known. @param into  `[H, W, C]`; missing pixels stay */
function noiseKnown(
  { channels, data }: Image,
  noise: Float32Array,
  missing: Missing,
  level: number,
  into: Float32Array,
) {
  const [signal, share] = [Math.sqrt(level), Math.sqrt(1 - level)];
  for (let at = 0; at < data.length; at++) {
    if (missing !== null && missing[Math.floor(at / channels)] === 1) continue;
    into[at] = signal * data[at]! + share * noise[at]!;
  }
}

/**
 * The latents with their missing pixels sampled by DDIM, tile by tile at every step. Tiles lie elsewhere at every step, so
 * that their borders leave no seams.
 *
 * @param latents  one a source, `[H, W, C_s]`; numbers at missing pixels do not matter
 * @param noises   standard normal, of the same shapes: what known latents are noised with, and what missing ones begin
 *                 as
 * @param text     `[K, E]`
 * @see Song et al. 2021, eq. 12 with σ = 0; SymDiffuser eq. 4; clipping: Saharia et al. 2022, section 2.3
 */
export async function sampleLatents(
  network: Csdiff,
  latents: readonly Image[],
  missing: readonly Missing[],
  noises: readonly Float32Array[],
  text: NdArray,
  options: SymDiffuserOptions,
  { steps, known }: Pick<SamplingOptions, "steps" | "known">,
  compute: Compute,
  progress: Progress = () => {},
): Promise<Image[]> {
  const { patch, steps: total } = options.network;
  const { core } = options.features;
  const { height, width } = latents[0]!;
  const sampled = latents.flatMap((_, source) => (missing[source]?.includes(1) ? [source] : []));
  if (sampled.length === 0) return [...latents];
  const channels = latents.map((latent) => latent.channels);
  const program = await denoiserProgram(network, channels, text, options, compute, true, (halves) =>
    Object.fromEntries(sampled.map((source) => [`e.${source}`, halves[source]!.estimate])),
  );
  const schedule = noiseSchedule(options.schedule, total);
  const visited = samplingSteps(total, Math.min(steps, total));
  const anywhere = anyMissing(missing, height * width);
  const region = { row: 0, col: 0, height, width };
  const states: Float32Array[] = noises.map((noise) => noise.slice());
  const size = sampled.reduce((sum, source) => sum + channels[source]!, 0);
  const into = new Float32Array(height * width * size);
  const outputs = sampled.map((source) => `e.${source}`);
  for (const [at, t] of visited.entries()) {
    const level = known === "clean" ? 1 : schedule.alphaBar[t]!;
    for (const [source, latent] of latents.entries()) {
      noiseKnown(latent, noises[source]!, missing[source]!, level, states[source]!);
    }
    const inputs = latents.map((latent, source) => [`x.${source}`, { ...latent, data: states[source]! }] as const);
    const shift = [shiftAt(at, height, core), shiftAt(at + 1, width, core)] as const;
    const stitching = { region, valid: anywhere, into, channels: size, offset: 0, shift };
    const feeds = { t: stepInput(t) };
    const report: Progress = (done, all) => progress(at * all + done, visited.length * all);
    const tiles = Object.fromEntries(inputs);
    await stitched(program, tiles, outputs, latents[0]!, patch, core, stitching, feeds, report);
    let offset = 0;
    for (const source of sampled) {
      const estimate = channelsOf(into, size, offset, channels[source]!);
      const { prediction } = options.pretraining;
      const clean = ddimStep(states[source]!, estimate, t, -1, schedule, prediction).map(clipped);
      states[source] = ddimStep(states[source]!, clean, t, visited[at + 1] ?? -1, schedule, "latent");
      offset += channels[source]!;
    }
  }
  await program.release();
  return latents.map((latent, source) => {
    const mask = missing[source]!;
    if (mask === null) return latent;
    const state = states[source]!;
    const data = latent.data.map((value, at) => (mask[Math.floor(at / latent.channels)] === 1 ? state[at]! : value));
    return { ...latent, data };
  });
}

/** Some channels of a map. @param map `[n, size]` @returns `[n, count]` */
function channelsOf(map: Float32Array, size: number, offset: number, count: number): Float32Array {
  const own = new Float32Array((map.length / size) * count);
  for (let from = offset, to = 0; to < own.length; from += size, to += count) {
    own.set(map.subarray(from, from + count), to);
  }
  return own;
}
