/**
 * @file Temperature scaling: probabilities pᵢ become pᵢ^(1/T) / Σⱼ pⱼ^(1/T). One number T, fitted on pixels that the heads
 * were not trained with, takes back confidence that they have not earned (T > 1), or gives more (T < 1).
 *
 * @see Guo et al. 2017, "On calibration of modern neural networks"; Rahaman & Thiery 2021, "Uncertainty quantification
 *   and deep ensembles": heads are averaged first, then scaled
 */

/** Temperatures that are looked at. */
const [coldest, hottest] = [0.1, 10];
const halvings = 50;
/** A probability counts as no less, so that its logarithm is finite. */
const leastProbability = 1e-12;

/**
 * The temperature between 0.1 and 10 with the least mean −ln p of the true classes.
 *
 * @param probabilities  `[n, K]`
 * @param classOf        true class of each row, 0 … K − 1
 */
export function fitTemperature(probabilities: Float32Array, classOf: ArrayLike<number>, classes: number): number {
  const logs = Float64Array.from(probabilities, (p) => Math.log(Math.max(leastProbability, p)));
  /** By which the likelihood still grows with β = 1/T: Σ (ln p of the truth − its mean under β); falls with β. */
  const slope = (beta: number): number => {
    let total = 0;
    for (let row = 0, from = 0; row < classOf.length; row++, from += classes) {
      let largest = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < classes; k++) largest = Math.max(largest, logs[from + k]!);
      let [weights, weighted] = [0, 0];
      for (let k = 0; k < classes; k++) {
        const weight = Math.exp(beta * (logs[from + k]! - largest));
        weights += weight;
        weighted += weight * logs[from + k]!;
      }
      total += logs[from + classOf[row]!]! - weighted / weights;
    }
    return total;
  };
  let [low, high] = [Math.log(1 / hottest), Math.log(1 / coldest)];
  for (let step = 0; step < halvings; step++) {
    const middle = (low + high) / 2;
    if (slope(Math.exp(middle)) > 0) low = middle;
    else high = middle;
  }
  return Math.exp(-(low + high) / 2);
}

/** The step from 1 down to the number below it, in f32. */
const ulp = 2 ** -24;

/**
 * Scale probabilities `[n, K]`, in place. The most probable class stays the first of the largest, also where rounding
 * makes two classes equal.
 *
 * @param temperature  T > 0; 1 leaves them as they are
 */
export function tempered(probabilities: Float32Array, classes: number, temperature: number): Float32Array {
  if (temperature === 1) return probabilities;
  const power = 1 / temperature;
  for (let from = 0; from < probabilities.length; from += classes) {
    const row = probabilities.subarray(from, from + classes);
    let best = 0;
    for (let k = 1; k < classes; k++) if (row[k]! > row[best]!) best = k;
    const largest = row[best]!;
    let sum = 0;
    for (let k = 0; k < classes; k++) sum += (row[k]! / largest) ** power;
    for (let k = 0; k < classes; k++) row[k] = (row[k]! / largest) ** power / sum;
    for (let k = 0; k < best; k++) if (row[k]! >= row[best]!) row[k] = row[best]! * (1 - ulp);
  }
  return probabilities;
}
