/** @file Dropout: masks are drawn outside the graph, by key and step, and fed to it. */
import { eitherOf, type Key, mul, type NdArray, type Shape, type Tensor } from "../tensor/index.ts";

/** 0 with probability `rate`, else 1/(1 − rate). */
export function dropoutMask(key: Key, shape: Shape, rate: number): NdArray<"f32"> {
  return eitherOf(key, shape, rate, 0, 1 / (1 - rate));
}

/** x with some of its numbers taken away; as it is where there is no mask, as in prediction. */
export function dropout(x: Tensor, mask: Tensor | null): Tensor {
  return mask ? mul(x, mask) : x;
}
