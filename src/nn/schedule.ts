/** @file Learning rate over the steps of a training. */

/** How the learning rate moves: a linear warm-up, then half a cosine down to a floor. */
export interface RateSchedule {
  /** The highest rate, reached at the end of the warm-up. */
  readonly rate: number;
  readonly steps: number;
  /** Share of the steps that warm up. */
  readonly warmUp: number;
  /** The last rate, as a share of `rate`. */
  readonly floor: number;
}

/** The rate of step `step`, 0 ≤ step < steps. @see Loshchilov & Hutter 2017 */
export function rateAt({ rate, steps, warmUp, floor }: RateSchedule, step: number): number {
  const warm = Math.round(warmUp * steps);
  if (step < warm) return (rate * (step + 1)) / warm;
  const share = steps - warm <= 1 ? 1 : (step - warm) / (steps - warm - 1);
  return rate * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * share)));
}
