/** @file The forward process: how a clean latent becomes noise, and the deterministic way back. */
import { add, constant, dims, gather, mul, ndarray, reshape, sub, type Tensor } from "../tensor/index.ts";

/** ᾱₜ = Π(1 − β) for t = 0 … T − 1. By convention t = −1 is the clean latent, ᾱ = 1. */
export interface NoiseSchedule {
  /** `[T]` */
  readonly beta: Float64Array;
  /** `[T]` */
  readonly alphaBar: Float64Array;
}

/** Names of the schedules. */
export const noiseSchedules = ["linear", "cosine"] as const;
export type NoiseScheduleName = (typeof noiseSchedules)[number];

function fromBeta(beta: Float64Array): NoiseSchedule {
  let product = 1;
  return {
    beta,
    alphaBar: beta.map((value) => {
      product *= 1 - value;
      return product;
    }),
  };
}

const makers: Readonly<Record<NoiseScheduleName, (steps: number) => Float64Array>> = {
  // Ho et al. 2020, section 4: β from 10⁻⁴ to 0.02.
  linear: (steps) =>
    Float64Array.from({ length: steps }, (_, t) => 1e-4 + ((0.02 - 1e-4) * t) / Math.max(1, steps - 1)),
  // Nichol & Dhariwal 2021, eq. 17: offset 0.008, β at most 0.999.
  cosine: (steps) => {
    const curve = (t: number): number => Math.cos(((t / steps + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
    return Float64Array.from({ length: steps }, (_, t) => Math.min(1 - curve(t + 1) / curve(t), 0.999));
  },
};

/** A noise schedule of `steps` diffusion steps. */
export function noiseSchedule(name: NoiseScheduleName, steps: number): NoiseSchedule {
  return fromBeta(makers[name](steps));
}

/** √ᾱ and √(1 − ᾱ): how much of the clean latent and of the noise a noised latent holds. */
type Levels<T> = readonly [signal: T, noise: T];

/** Levels of the steps of a batch, `[B, 1, 1]` each. @param t `i32 [B]` */
function levelsOf(t: Tensor, { alphaBar }: NoiseSchedule): Levels<Tensor> {
  // By step + 1, so that row 0 is the clean latent.
  const withClean = [1, ...alphaBar];
  const at = (values: readonly number[]): Tensor =>
    reshape(gather(constant(ndarray(values, [values.length, 1])), add(t, 1)), [-1, 1, 1]);
  return [at(withClean.map(Math.sqrt)), at(withClean.map((value) => Math.sqrt(1 - value)))];
}

/** Levels of one step, −1 for clean. */
function levelsAt(t: number, { alphaBar }: NoiseSchedule): Levels<number> {
  const level = t < 0 ? 1 : alphaBar[t]!;
  return [Math.sqrt(level), Math.sqrt(1 - level)];
}

/**
 * Noise a clean latent to step `t`: xₜ = √ᾱₜ·x₀ + √(1 − ᾱₜ)·ε.
 *
 * @param x0   clean latent, `[B, N, C]`
 * @param eps  standard normal, `[B, N, C]`
 * @param t    step, `i32 [B]`, −1 ≤ t < T
 * @returns    `[B, N, C]`
 * @see Ho et al. 2020, eq. 4; SymDiffuser eq. 3
 */
export function noised(x0: Tensor, eps: Tensor, t: Tensor, schedule: NoiseSchedule): Tensor {
  const { B, N, C } = dims("x0", x0, "B N C");
  dims("eps", eps, "B N C", { B, N, C });
  const [signal, noise] = levelsOf(t, schedule);
  return add(mul(signal, x0), mul(noise, eps));
}

/** What a denoiser estimates: the noise ε, the clean latent x₀, or the velocity v = √ᾱₜ·ε − √(1 − ᾱₜ)·x₀. */
export const predictions = ["noise", "latent", "velocity"] as const;
export type Prediction = (typeof predictions)[number];

/**
 * What a denoiser is to estimate.
 *
 * @param x0   clean latent, `[B, N, C]`
 * @param eps  the noise in it, `[B, N, C]`
 * @param t    step, `i32 [B]`
 * @returns    `[B, N, C]`
 * @see Salimans & Ho 2022, section 4
 */
export function predictionTarget(
  prediction: Prediction,
  x0: Tensor,
  eps: Tensor,
  t: Tensor,
  schedule: NoiseSchedule,
): Tensor {
  if (prediction === "noise") return eps;
  if (prediction === "latent") return x0;
  const [signal, noise] = levelsOf(t, schedule);
  return sub(mul(signal, eps), mul(noise, x0));
}

/** a and b of x_t′ = a·xₜ + b·estimate, for the levels (s, n) at t and (s′, n′) at t′: x₀ and ε are eliminated. */
const reverse: Readonly<Record<Prediction, (from: Levels<number>, to: Levels<number>) => readonly [number, number]>> = {
  // x₀ = (xₜ − n·ε)/s
  noise: ([s, n], [toS, toN]) => [toS / s, toN - (toS * n) / s],
  // ε = (xₜ − s·x₀)/n
  latent: ([s, n], [toS, toN]) => [toN / n, toS - (toN * s) / n],
  // x₀ = s·xₜ − n·v, ε = n·xₜ + s·v
  velocity: ([s, n], [toS, toN]) => [toS * s + toN * n, toN * s - toS * n],
};

/**
 * One deterministic step of the reverse process, from step `t` to an earlier one: x_t′ = √ᾱ_t′·x₀ + √(1 − ᾱ_t′)·ε,
 * with the x₀ and ε that follow from what the denoiser estimates.
 *
 * @param x         noised latent at step `t` ≥ 0, any shape
 * @param estimate  what the denoiser makes of it, same shape
 * @param to        the step to reach, −1 for clean
 * @see Song et al. 2021, eq. 12 with σ = 0; Salimans & Ho 2022, appendix D
 */
export function ddimStep(
  x: Float32Array,
  estimate: Float32Array,
  t: number,
  to: number,
  schedule: NoiseSchedule,
  prediction: Prediction = "noise",
): Float32Array {
  const [a, b] = reverse[prediction](levelsAt(t, schedule), levelsAt(to, schedule));
  return x.map((value, at) => a * value + b * estimate[at]!);
}
