/** @file How far probabilities can be trusted: how often the chosen class is right where it is held so probable. */
import { DataError, ShapeError } from "../tensor/index.ts";

/** Pixels whose chosen class is about equally probable; the means of none are null. */
export interface ReliabilityBin {
  readonly count: number;
  /** Mean probability of the chosen class. */
  readonly confidence: number | null;
  /** Share of the pixels whose chosen class is the true one. */
  readonly accuracy: number | null;
}

/** Probabilities compared with the truth. */
export interface Reliability {
  readonly pixels: number;
  /** Mean distance of confidence and accuracy over the bins, weighted by their pixels, 0…1. */
  readonly expectedCalibrationError: number;
  /** Mean −ln p of the true class. */
  readonly negativeLogLikelihood: number;
  /** Bin m of M holds confidences in ((m − 1)/M, m/M]. */
  readonly bins: readonly ReliabilityBin[];
}

/** A true class is never held less probable than this, so that its logarithm is finite. */
const leastProbability = 1e-12;

/** Pixels of a table of probabilities `[n, K]`. @throws ShapeError if it does not go with `n` true classes */
export function rowsOf(what: string, probabilities: Float32Array, classOf: ArrayLike<number>, classes: number): number {
  const rows = classOf.length;
  if (probabilities.length !== rows * classes) {
    throw new ShapeError(what, `expected ${rows} × ${classes} probabilities; got ${probabilities.length}`, [
      [rows, classes],
      [probabilities.length],
    ]);
  }
  if (rows === 0) throw new DataError(what, "expected at least one labelled pixel; got none");
  return rows;
}

/** The class of the largest probability in row `row` of `[n, K]`, the first of several. */
export function mostProbable(probabilities: Float32Array, row: number, classes: number): number {
  let best = 0;
  for (let k = 1; k < classes; k++) {
    if (probabilities[row * classes + k]! > probabilities[row * classes + best]!) best = k;
  }
  return best;
}

/** Entropy −Σ p·ln p of each row of `[n, K]`, in nats; NaN where there are no probabilities. */
export function entropies(probabilities: Float32Array, classes: number): Float32Array {
  return Float32Array.from({ length: probabilities.length / classes }, (_, row) => {
    let sum = 0;
    for (let at = row * classes; at < (row + 1) * classes; at++) {
      const p = probabilities[at]!;
      if (p !== 0) sum -= p * Math.log(p);
    }
    return sum;
  });
}

/**
 * Reliability of probabilities, and the expected calibration error Σₘ |Bₘ|/n · |accuracy(Bₘ) − confidence(Bₘ)|.
 *
 * @param probabilities  `[n, K]`, each row summing to 1
 * @param classOf        true class of each row, 0 … K − 1
 * @throws ShapeError if the two do not go together; DataError for no pixel
 * @see Guo et al. 2017, "On calibration of modern neural networks", eq. 3
 */
export function reliability(
  probabilities: Float32Array,
  classOf: ArrayLike<number>,
  classes: number,
  binCount = 15,
): Reliability {
  const pixels = rowsOf("reliability", probabilities, classOf, classes);
  const counts = new Float64Array(binCount);
  const [confidences, hits] = [new Float64Array(binCount), new Float64Array(binCount)];
  let loss = 0;
  for (let row = 0; row < pixels; row++) {
    const best = mostProbable(probabilities, row, classes);
    const confidence = probabilities[row * classes + best]!;
    const bin = Math.min(binCount - 1, Math.max(0, Math.ceil(confidence * binCount) - 1));
    counts[bin]!++;
    confidences[bin]! += confidence;
    if (best === classOf[row]) hits[bin]!++;
    loss -= Math.log(Math.max(leastProbability, probabilities[row * classes + classOf[row]!]!));
  }
  const bins = Array.from(counts, (count, at): ReliabilityBin => {
    if (count === 0) return { count, confidence: null, accuracy: null };
    return { count, confidence: confidences[at]! / count, accuracy: hits[at]! / count };
  });
  const gaps = counts.reduce((sum, _, at) => sum + Math.abs(confidences[at]! - hits[at]!), 0);
  return { pixels, expectedCalibrationError: gaps / pixels, negativeLogLikelihood: loss / pixels, bins };
}
