/** @file Coupled symbiotic diffusion (CSDiff): one denoiser a source, each conditioned on another source's noised latent. */
import { initLinear, initTable, type Linear, linear, meanSquaredError, type Symbolic } from "../nn/index.ts";
import { add, childKey, type Key, mul, type NdArray, sub, type Tensor } from "../tensor/index.ts";
import { type ConcatCoupling, concatCoupling, initConcatCoupling, initMpb, type Mpb, mpb } from "./mpb.ts";
import { type NoiseSchedule, noised, type Prediction, predictionTarget } from "./noise.ts";
import { initTci, type Tci, tci } from "./tci.ts";
import { initUvit, type Uvit, type UvitSize, uvit } from "./uvit.ts";

/** How a source learns of the others. `attention` is the paper's MPB; the others are its ablations (table 4). */
export const perceptions = ["attention", "concat", "none"] as const;
/** Which sources a source learns of: the next one, closing a ring, or all in turn. */
export const couplings = ["chain", "all"] as const;

export interface CsdiffOptions extends UvitSize {
  /** Side `P` of a tile in pixels; a tile has N = P² tokens. @default 12 */
  readonly patch: number;
  /** Diffusion steps `T`. @default 1000 */
  readonly steps: number;
  readonly coupling: (typeof couplings)[number];
  readonly perception: (typeof perceptions)[number];
  /** Task-oriented condition injection. @default true */
  readonly tci: boolean;
}

/** Parameters of one source's half. */
export interface SourceDenoiser {
  readonly embed: Linear;
  /** `[N, C]` */
  readonly position: NdArray<"f32">;
  /** One for each source it is conditioned on, in that order. */
  readonly mpb: readonly Mpb[];
  /** The same for the ablation without MPB's attention. */
  readonly concat: readonly ConcatCoupling[];
  /** At most one. */
  readonly tci: readonly Tci[];
  readonly denoiser: Uvit;
}

/** All sources' halves. */
export type Csdiff = readonly SourceDenoiser[];

/** Indices of the sources that source `own` is conditioned on. @see SymDiffuser, "chained conditional distribution" */
export function conditionsOf(own: number, sources: number, coupling: CsdiffOptions["coupling"]): number[] {
  const others = Array.from({ length: sources - 1 }, (_, step) => (own + step + 1) % sources);
  return coupling === "chain" ? others.slice(0, 1) : others;
}

/**
 * @param channels   latent channels `C_s` of each source
 * @param textWidth  length of a class's text embedding
 */
export function initCsdiff(key: Key, channels: readonly number[], textWidth: number, options: CsdiffOptions): Csdiff {
  const { patch, width, perception, coupling } = options;
  return channels.map((latent, source) => {
    const own = childKey(childKey(key, "source"), source);
    const conditions = conditionsOf(source, channels.length, coupling);
    const each = <T>(name: string, init: (key: Key) => T): T[] =>
      conditions.map((_, at) => init(childKey(childKey(own, name), at)));
    return {
      embed: initLinear(childKey(own, "embed"), latent, width),
      position: initTable(childKey(own, "position"), [patch * patch, width]),
      mpb: perception === "attention" ? each("mpb", (child) => initMpb(child, width)) : [],
      concat: perception === "concat" ? each("concat", (child) => initConcatCoupling(child, width)) : [],
      tci: options.tci ? [initTci(childKey(own, "tci"), width, textWidth)] : [],
      denoiser: initUvit(childKey(own, "denoiser"), options, latent),
    };
  });
}

/** What one source's half gives. */
export interface Denoised {
  /** Tokens after perception and condition injection, `[B, N, C]`. */
  readonly fused: Tensor;
  /** Normalised tokens of the denoiser's last block, `[B, N, C]`. */
  readonly features: Tensor;
  /** What the denoiser was trained to estimate, the noise if nothing else, `[B, N, C_s]`. */
  readonly estimate: Tensor;
}

/** What the denoisers are told beside noised latents. */
export interface Condition {
  /** Class of each token, `i32 [B, N]`, 0 = unknown; null: unknown everywhere. */
  readonly ids: Tensor | null;
  /** Text embeddings of the classes, `[K, E]`. */
  readonly text: Tensor;
  /**
   * Whether sources see each other: 1 or 0 for each tile, `[B, 1, 1]`, or the same for all. Where they do not, a denoiser
   * knows p(A) instead of p(A | B). @default true
   */
  readonly coupled?: Tensor | boolean;
}

/**
 * All sources denoised at one step, each conditioned on others at the same step.
 *
 * @param latents  noised latents, `[B, N, C_s]` each
 * @param t        step, `i32 [B]`, −1 for clean
 * @see SymDiffuser eqs. 4 and 7
 */
export function denoise(
  weights: Symbolic<Csdiff>,
  latents: readonly Tensor[],
  t: Tensor,
  condition: Condition,
  { coupling, heads, steps }: CsdiffOptions,
): readonly Denoised[] {
  const embedded = latents.map((latent, source) =>
    add(linear(weights[source]!.embed, latent), weights[source]!.position),
  );
  const { coupled = true } = condition;
  return weights.map((half, source) => {
    const own = embedded[source]!;
    let fused = own;
    const conditions = coupled === false ? [] : conditionsOf(source, latents.length, coupling);
    for (const [at, other] of conditions.entries()) {
      if (half.mpb[at]) fused = mpb(half.mpb[at], fused, embedded[other]!, heads);
      if (half.concat[at]) fused = concatCoupling(half.concat[at], fused, embedded[other]!);
    }
    if (typeof coupled !== "boolean" && fused !== own) fused = add(own, mul(coupled, sub(fused, own)));
    if (half.tci[0]) fused = tci(half.tci[0], fused, condition.ids, condition.text, heads);
    return { fused, ...uvit(half.denoiser, fused, t, heads, steps) };
  });
}

/**
 * Σ_s mean((ε_s − ε̂_s)²): noise every source to the same step with noise of its own, and estimate it, or what stands for
 * it by `prediction`.
 *
 * @param latents  clean latents, `[B, N, C_s]` each
 * @param noise    standard normal, shapes of `latents`
 * @param t        step, `i32 [B]`
 * @param valid    1 where a token is valid, `[B, N]`: others do not count; null where all are
 * @see SymDiffuser eq. 5
 */
export function csdiffLoss(
  weights: Symbolic<Csdiff>,
  latents: readonly Tensor[],
  noise: readonly Tensor[],
  t: Tensor,
  condition: Condition,
  schedule: NoiseSchedule,
  options: CsdiffOptions,
  valid: Tensor | null = null,
  prediction: Prediction = "noise",
): Tensor {
  const noisy = latents.map((latent, source) => noised(latent, noise[source]!, t, schedule));
  return denoise(weights, noisy, t, condition, options)
    .map(({ estimate }, source) => {
      const target = predictionTarget(prediction, latents[source]!, noise[source]!, t, schedule);
      return meanSquaredError(estimate, target, valid);
    })
    .reduce((total, loss) => add(total, loss));
}
