/** @file McNemar's test: do two classifications of the same test pixels differ by more than chance? */
import { ShapeError } from "../tensor/index.ts";

/** Result of {@link mcnemar}. */
export interface McNemar {
  /** Pixels that only the first got right. */
  readonly onlyFirst: number;
  /** Pixels that only the second got right. */
  readonly onlySecond: number;
  /** (onlyFirst − onlySecond) / √(onlyFirst + onlySecond), positive where the first is better; 0 without disagreement. */
  readonly z: number;
  /** Two-sided, from the exact binomial distribution. */
  readonly pValue: number;
}

/**
 * Compare two classifications of the same labelled pixels; pixels whose truth is 0 are left out.
 *
 * @param pixels  count only these indices, as a split's `test`; default all
 * @see McNemar 1947; Foody 2004, "Thematic map comparison"
 */
export function mcnemar(
  truth: ArrayLike<number>,
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  pixels?: ArrayLike<number>,
): McNemar {
  if (first.length !== truth.length || second.length !== truth.length) {
    throw new ShapeError(
      "mcnemar",
      `expected two predictions as long as the truth, ${truth.length}; got ${first.length} and ${second.length}`,
      [[truth.length], [first.length], [second.length]],
    );
  }
  let onlyFirst = 0;
  let onlySecond = 0;
  const length = pixels === undefined ? truth.length : pixels.length;
  for (let position = 0; position < length; position++) {
    const pixel = pixels === undefined ? position : pixels[position]!;
    if (truth[pixel] === 0) continue;
    const firstIsRight = first[pixel] === truth[pixel];
    if (firstIsRight === (second[pixel] === truth[pixel])) continue;
    if (firstIsRight) onlyFirst++;
    else onlySecond++;
  }
  const disagreements = onlyFirst + onlySecond;
  return {
    onlyFirst,
    onlySecond,
    z: disagreements === 0 ? 0 : (onlyFirst - onlySecond) / Math.sqrt(disagreements),
    pValue: Math.min(1, 2 * halfBinomialTail(disagreements, Math.min(onlyFirst, onlySecond))),
  };
}

/** P(X ≤ k) for X ~ Binomial(n, ½), k ≤ n/2. */
function halfBinomialTail(n: number, k: number): number {
  // The largest term first, in logarithms, C(n, k)·2⁻ⁿ; then downwards until terms no longer count.
  let logarithm = -n * Math.LN2;
  for (let i = 1; i <= k; i++) logarithm += Math.log((n - k + i) / i);
  let term = 1;
  let total = 1;
  for (let i = k; i > 0 && term > total * 1e-17; i--) {
    term *= i / (n - i + 1);
    total += term;
  }
  return Math.exp(logarithm + Math.log(total));
}
