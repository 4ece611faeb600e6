/** @file Where heads disagree: how much of the uncertainty is that of the model, which more training pixels can reduce. */
import { add, log, logSoftmax, max, mul, neg, reshape, softmax, sub, sum, type Tensor } from "../tensor/index.ts";

/** Probabilities below are held to be this, where a logarithm is taken; p·ln p is 0 there. */
const leastProbability = 1e-30;

const average = (values: readonly Tensor[]): Tensor =>
  mul(
    values.reduce((a, b) => add(a, b)),
    1 / values.length,
  );

/** −Σ p·ln p over the last axis, `[n, K] → [n]`. */
function entropy(p: Tensor, logP: Tensor): Tensor {
  return reshape(neg(sum(mul(p, logP), [-1])), [p.shape[0]!]);
}

/**
 * The mean of heads' class probabilities, and their disagreement: the mutual information of class and head, entropy of
 * the mean − mean of the entropies, in nats; 0 where all heads say the same, at most ln K.
 *
 * @param logits  of each head, `[n, K]`
 * @returns       `[n, K]` and `[n]`
 * @see Houlsby et al. 2011, "Bayesian active learning"; Lakshminarayanan et al. 2017, "Deep ensembles"
 */
export function pooled(logits: readonly Tensor[]): { readonly probabilities: Tensor; readonly disagreement: Tensor } {
  const each = logits.map((one) => softmax(one));
  const probabilities = average(each);
  const total = entropy(probabilities, log(max(probabilities, leastProbability)));
  const own = average(each.map((one, head) => entropy(one, logSoftmax(logits[head]!))));
  return { probabilities, disagreement: max(sub(total, own), 0) };
}
