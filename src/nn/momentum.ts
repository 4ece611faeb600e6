/** @file Gradient descent with momentum, on flat vectors inside the training graph. */
import { add, mul, sub, type Tensor } from "../tensor/index.ts";
import type { AdamState } from "./adamw.ts";

/**
 * One update: m ← μm + g, p ← p − η·m, as PyTorch's SGD. The second moment stays as it is.
 *
 * @param gradient  `[n]`
 * @param rate      learning rate η, `[]`, or one for each parameter, `[n]`
 * @param momentum  μ
 * @see Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning"
 */
export function momentumUpdate(
  { parameters, first, second }: AdamState,
  gradient: Tensor,
  rate: Tensor,
  momentum: number,
): AdamState {
  const moved = add(mul(first, momentum), gradient);
  return { parameters: sub(parameters, mul(rate, moved)), first: moved, second };
}
