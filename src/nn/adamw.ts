/** @file AdamW with global-norm clipping, on flat vectors inside the training graph. */
import { add, div, min, mul, reshape, sqrt, sub, sum, type Tensor } from "../tensor/index.ts";

/** Settings that stay the same over a training. */
export interface AdamW {
  /** Decay of the first and second moment. @default [0.9, 0.99] */
  readonly betas: readonly [number, number];
  /** Decoupled weight decay. @default 0.03 */
  readonly weightDecay: number;
  /** Largest global gradient norm; larger ones are scaled down to it. @default 1 */
  readonly clipNorm: number;
  /** μ of gradient descent with momentum, which then takes the place of all else here; see `momentumUpdate`. */
  readonly momentum?: number;
  /** Share of the learning rate that parts of the tree of parameters have, by the part's name; 1 where none is given. */
  readonly rateShares?: Readonly<Record<string, number>>;
}

const epsilon = 1e-8;

/** Vectors of the optimiser, all `[n]`. */
export interface AdamState {
  readonly parameters: Tensor;
  readonly first: Tensor;
  readonly second: Tensor;
}

/**
 * One update: g ← g·min(1, c/‖g‖), m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g²,
 * p ← p·(1 − η·λ) − η·(m/(1 − β₁ᵗ)) / (√(v/(1 − β₂ᵗ)) + ε).
 *
 * @param gradient     `[n]`
 * @param rate         learning rate η, `[]`, or one for each parameter, `[n]`
 * @param corrections  1/(1 − β₁ᵗ) and 1/(1 − β₂ᵗ), `[2]`
 * @param decay        1 where weight decay applies, `[n]`
 * @returns            the new state, and the gradient's norm before clipping, `[]`
 * @see Loshchilov & Hutter 2019
 */
export function adamwUpdate(
  { parameters, first, second }: AdamState,
  gradient: Tensor,
  rate: Tensor,
  corrections: readonly [Tensor, Tensor],
  decay: Tensor,
  { betas: [beta1, beta2], weightDecay, clipNorm }: AdamW,
): AdamState & { readonly gradientNorm: Tensor } {
  const gradientNorm = reshape(sqrt(sum(mul(gradient, gradient))), []);
  // Numbers that all parameters share are put together first: a pass over the vector costs more than all else.
  const clip = min(div(clipNorm, add(gradientNorm, 1e-6)), 1);
  const newFirst = add(mul(first, beta1), mul(gradient, mul(clip, 1 - beta1)));
  const newSecond = add(mul(second, beta2), mul(mul(gradient, gradient), mul(mul(clip, clip), 1 - beta2)));
  const root = sqrt(corrections[1]);
  const direction = div(newFirst, add(sqrt(newSecond), div(epsilon, root)));
  const step = mul(direction, mul(rate, div(corrections[0], root)));
  const kept = mul(parameters, sub(1, mul(decay, mul(rate, weightDecay))));
  return { parameters: sub(kept, step), first: newFirst, second: newSecond, gradientNorm };
}
