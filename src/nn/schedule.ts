/** @file Learning rate over the steps of a training. */

/** How the learning rate moves: a linear warm-up, then half a cosine down to a floor, and drops. */
export interface RateShape {
  /** Share of the steps that warm up. */
  readonly warmUp: number;
  /** The last rate of the cosine, as a share of the highest; 1: no cosine. */
  readonly floor: number;
  /** The rate is multiplied by a factor once these shares of the steps are done. */
  readonly drops?: { readonly at: readonly number[]; readonly factor: number };
}

/** The same with its numbers. */
export interface RateSchedule extends RateShape {
  /** The highest rate, reached at the end of the warm-up. */
  readonly rate: number;
  readonly steps: number;
}

/** One rate from the first step to the last. */
export const constantRate: RateShape = { warmUp: 0, floor: 1 };

/** Half a cosine down to 0. */
export const cosineRate: RateShape = { warmUp: 0, floor: 0 };

/** A rate that is multiplied by a factor again and again. @param every  share of the steps between two drops */
export function droppingRate(every: number, factor: number): RateShape {
  const at = Array.from({ length: Math.ceil(1 / every) - 1 }, (_, drop) => (drop + 1) * every);
  return { ...constantRate, drops: { at, factor } };
}

/** The rate of step `step`, 0 ≤ step < steps. @see Loshchilov & Hutter 2017 */
export function rateAt({ rate, steps, warmUp, floor, drops }: RateSchedule, step: number): number {
  const warm = Math.round(warmUp * steps);
  const dropped = drops ? drops.factor ** drops.at.filter((share) => step >= Math.round(share * steps)).length : 1;
  if (step < warm) return (dropped * rate * (step + 1)) / warm;
  const share = steps - warm <= 1 ? 1 : (step - warm) / (steps - warm - 1);
  return dropped * rate * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * share)));
}
