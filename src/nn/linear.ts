/** @file Linear layer and learned tables. */
import {
  add,
  childKey,
  dims,
  type Key,
  matMul,
  type NdArray,
  ndarray,
  normal,
  reshape,
  type Shape,
  type Tensor,
  uniform,
  zeros,
} from "../tensor/index.ts";
import type { Symbolic } from "./parameters.ts";

/** x·W + b. */
export interface Linear {
  /** `[in, out]` */
  readonly weight: NdArray<"f32">;
  /** `[out]` */
  readonly bias: NdArray<"f32">;
}

/** Uniform in ±1/√in, weights and bias, as PyTorch initialises its linear layers. */
export function initLinear(key: Key, inputs: number, outputs: number): Linear {
  const bound = 1 / Math.sqrt(inputs);
  return {
    weight: uniform(childKey(key, "weight"), [inputs, outputs], -bound, bound),
    bias: uniform(childKey(key, "bias"), [outputs], -bound, bound),
  };
}

/** A linear layer that starts by adding nothing. */
export function initZeroLinear(inputs: number, outputs: number): Linear {
  return { weight: zeros([inputs, outputs]), bias: zeros([outputs]) };
}

/**
 * x·W + b over the last axis.
 *
 * @param x  `[…, in]`
 * @returns  `[…, out]`
 */
export function linear({ weight, bias }: Symbolic<Linear>, x: Tensor): Tensor {
  const inputs = x.shape.at(-1)!;
  const { O } = dims("linear.weight", weight, "I O", { I: inputs });
  // Two axes, so that product and bias are one ONNX Gemm.
  const flat = reshape(x, [-1, inputs]);
  return reshape(add(matMul(flat, weight), bias), [...x.shape.slice(0, -1), O]);
}

/** A learned table, normal with deviation 0.02. @see Bao et al. 2023 */
export function initTable(key: Key, shape: Shape): NdArray<"f32"> {
  const table = normal(key, shape);
  return ndarray(
    table.data.map((value) => value * 0.02),
    shape,
  );
}
