/** @file Losses: one number, `[]`. */
import { add, dims, div, logSoftmax, max, mean, mul, neg, reshape, sub, sum, type Tensor } from "../tensor/index.ts";

/**
 * Mean of (a − b)² over all elements, or over those of valid tokens.
 *
 * @param a      `[B, N, C]`, or any shape without `valid`
 * @param valid  1 or 0 a token, `[B, N]`; null where all are valid
 */
export function meanSquaredError(a: Tensor, b: Tensor, valid: Tensor | null = null): Tensor {
  const difference = sub(a, b);
  return tokenMean(mul(difference, difference), valid);
}

/**
 * Mean over all elements, or over those of valid tokens.
 *
 * @param x      `[B, N, C]`, or any shape without `valid`
 * @param valid  1 or 0 a token, `[B, N]`; null where all are valid
 */
export function tokenMean(x: Tensor, valid: Tensor | null): Tensor {
  if (!valid) return reshape(mean(x), []);
  const { B, N } = dims("x", x, "B N C");
  const perToken = mul(reshape(mean(x, [-1]), [B, N]), valid);
  return reshape(div(sum(perToken), max(sum(valid), 1)), []);
}

/**
 * Mean cross-entropy with label smoothing: targets are (1 − s)·onehot + s/K.
 *
 * @param logits     `[n, K]`
 * @param oneHot     `[n, K]`, 1 at the true class
 * @param smoothing  s, 0 ≤ s < 1
 * @param weight     how much each row counts, mean 1, `[n]`; null where all count the same
 * @see Szegedy et al. 2016
 */
export function crossEntropy(logits: Tensor, oneHot: Tensor, smoothing = 0, weight: Tensor | null = null): Tensor {
  const { n, K } = dims("logits", logits, "n K");
  dims("oneHot", oneHot, "n K", { n, K });
  const targets = add(mul(oneHot, 1 - smoothing), smoothing / K);
  const likelihood = mul(targets, logSoftmax(logits));
  const weighted = weight ? mul(likelihood, reshape(weight, [n, 1])) : likelihood;
  return reshape(neg(mul(sum(weighted), 1 / n)), []);
}
