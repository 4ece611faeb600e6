/** @file The forward process: how a clean latent becomes noise, and the deterministic way back. */
import { add, constant, dims, gather, mul, type NdArray, ndarray, reshape, type Tensor } from "../tensor/index.ts";

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

/** √ᾱ and √(1 − ᾱ) by step + 1, so that row 0 is the clean latent; each `[T + 1, 1]`. */
function levels({ alphaBar }: NoiseSchedule): readonly [NdArray, NdArray] {
  const withClean = [1, ...alphaBar];
  const column = (values: readonly number[]): NdArray => ndarray(values, [values.length, 1]);
  return [column(withClean.map(Math.sqrt)), column(withClean.map((value) => Math.sqrt(1 - value)))];
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
  const row = add(t, 1);
  const [signal, noise] = levels(schedule).map((table) => reshape(gather(constant(table), row), [B, 1, 1])) as [
    Tensor,
    Tensor,
  ];
  return add(mul(signal, x0), mul(noise, eps));
}

/**
 * One deterministic step of the reverse process, from step `t` to an earlier one:
 * x₀ = (xₜ − √(1 − ᾱₜ)·ε̂)/√ᾱₜ, x_t′ = √ᾱ_t′·x₀ + √(1 − ᾱ_t′)·ε̂.
 *
 * @param x      noised latent at step `t`, any shape
 * @param noise  ε̂, the estimate for it, same shape
 * @param to     the step to reach, −1 for clean
 * @see Song et al. 2021, eq. 12 with σ = 0
 */
export function ddimStep(
  x: Float32Array,
  noise: Float32Array,
  t: number,
  to: number,
  { alphaBar }: NoiseSchedule,
): Float32Array {
  const from = alphaBar[t]!;
  const target = to < 0 ? 1 : alphaBar[to]!;
  // x_t′ = a·x + b·ε̂, with x₀ eliminated.
  const a = Math.sqrt(target / from);
  const b = Math.sqrt(1 - target) - a * Math.sqrt(1 - from);
  return x.map((value, at) => a * value + b * noise[at]!);
}
