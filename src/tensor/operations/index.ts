/** @file All functions of tensors, and the table of all operations. */
import type { Operation } from "../operation.ts";
import { attendOperations } from "./attend.ts";
import { compareOperations } from "./compare.ts";
import { convolutionOperations } from "./convolution.ts";
import { elementwiseOperations } from "./elementwise.ts";
import { gatherOperations } from "./gather.ts";
import { matMulOperations } from "./matmul.ts";
import { movementOperations } from "./movement.ts";
import { normaliseOperations } from "./normalise.ts";
import { reduceOperations } from "./reduce.ts";

export { attend } from "./attend.ts";
export { cast, equal, greater, less, where } from "./compare.ts";
export { type ConvolutionOptions, conv, convTranspose } from "./convolution.ts";
export {
  abs,
  add,
  div,
  erf,
  exp,
  gelu,
  log,
  max,
  min,
  mul,
  neg,
  pow,
  relu,
  sigmoid,
  silu,
  sqrt,
  sub,
  tanh,
} from "./elementwise.ts";
export { gather, scatterAdd } from "./gather.ts";
export { type MatMulOptions, matMul, transpose } from "./matmul.ts";
export { concat, pad, reshape, slice, split, sumTo, zerosLike } from "./movement.ts";
export { layerNorm, logSoftmax, softmax } from "./normalise.ts";
export { averagePool, maxPool, type PoolingOptions } from "./pooling.ts";
export { broadcastTo, maximum, mean, sum } from "./reduce.ts";

/** Every operation by name. */
export const operations: ReadonlyMap<string, Operation> = new Map(
  Object.entries({
    ...elementwiseOperations,
    ...compareOperations,
    ...matMulOperations,
    ...convolutionOperations,
    ...reduceOperations,
    ...movementOperations,
    ...gatherOperations,
    ...normaliseOperations,
    ...attendOperations,
  }),
);
