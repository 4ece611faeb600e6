/** @file Examples of every operation: what the contract of an operation is checked on, here and by other programs. */
import * as t from "../../src/tensor/index.ts";
import { type Graph, type NdArray, ndarray, type Spec, type Tensor } from "../../src/tensor/index.ts";

/** One way to call an operation. */
export interface OpCase {
  readonly name: string;
  readonly inputs: readonly Spec[];
  readonly call: (inputs: readonly Tensor[]) => readonly Tensor[];
  /** Numbers for the inputs; default standard normal. */
  readonly values?: (spec: Spec, at: number) => NdArray;
  /** Shapes of the outputs. */
  readonly shapes: readonly (readonly number[])[];
  /** False where the operation is a step function or has integer inputs only. */
  readonly differentiable?: boolean;
}

/** Numbers bounded away from zero, for logarithms, roots and divisors. */
export const positive = (spec: Spec, at: number): NdArray => t.uniform(t.childKey(t.keyOf(11), at), spec.shape, 0.5, 2);

/** The inputs of an example, `x0`, `x1`, … */
export function specsOf({ inputs }: OpCase): Record<string, Spec> {
  return Object.fromEntries(inputs.map((spec, at) => [`x${at}`, spec]));
}

/** Numbers for its inputs. */
export function feedsOf({ inputs, values }: OpCase): Record<string, NdArray> {
  const numbers = inputs.map((spec, at) => values?.(spec, at) ?? t.normal(t.childKey(t.keyOf(7), at), spec.shape));
  return Object.fromEntries(numbers.map((array, at) => [`x${at}`, array]));
}

/** The outputs of an example, `y0`, `y1`, … */
export function outputsOf({ inputs, call }: OpCase, named: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const outputs = call(inputs.map((_, at) => named[`x${at}`]!));
  return Object.fromEntries(outputs.map((output, at) => [`y${at}`, output]));
}

/** An example as a graph. */
export function graphOf(example: OpCase): Graph {
  return t.trace(specsOf(example), (inputs) => outputsOf(example, inputs));
}

/** Its gradients as a graph, `g0` for `x0`, of a loss that depends on every output; `loss` itself is an output, too. */
export function gradientGraphOf(example: OpCase): Graph {
  return t.trace(specsOf(example), (inputs) => {
    const terms = Object.values(outputsOf(example, inputs)).map((output, at) => {
      const weights = t.constant(t.normal(t.childKey(t.keyOf(13), at), output.shape));
      // A square makes the cotangent depend on the output, so that a wrong cotangent cannot pass.
      return t.reshape(t.sum(t.mul(t.mul(output, output), weights)), []);
    });
    const loss = terms.reduce((a, b) => t.add(a, b));
    const smooth = Object.keys(inputs).filter((name) => inputs[name]!.dtype === "f32");
    const found = t.gradients(
      loss,
      smooth.map((name) => inputs[name]!),
    );
    return { loss, ...Object.fromEntries(smooth.map((name, at) => [name.replace("x", "g"), found[at]!])) };
  });
}

const f32 = (...shape: number[]): Spec => ({ shape, dtype: "f32" });
const i32 = (...shape: number[]): Spec => ({ shape, dtype: "i32" });
const indices = (spec: Spec, at: number): NdArray =>
  spec.dtype === "i32"
    ? ndarray([2, 0, 2, 1, 0, 2].slice(0, t.sizeOf(spec.shape)), spec.shape, "i32")
    : t.normal(t.childKey(t.keyOf(3), at), spec.shape);

const unary = (call: (x: Tensor) => Tensor, more: Partial<OpCase> = {}): OpCase[] => [
  { name: "2-D", inputs: [f32(3, 4)], call: ([x]) => [call(x!)], shapes: [[3, 4]], ...more },
  { name: "empty", inputs: [f32(0, 4)], call: ([x]) => [call(x!)], shapes: [[0, 4]], ...more },
];
const binary = (call: (a: Tensor, b: Tensor) => Tensor, more: Partial<OpCase> = {}): OpCase[] => [
  { name: "same shape", inputs: [f32(3, 4), f32(3, 4)], call: ([a, b]) => [call(a!, b!)], shapes: [[3, 4]], ...more },
  { name: "row", inputs: [f32(2, 3, 4), f32(4)], call: ([a, b]) => [call(a!, b!)], shapes: [[2, 3, 4]], ...more },
  { name: "both widen", inputs: [f32(3, 1), f32(1, 4)], call: ([a, b]) => [call(a!, b!)], shapes: [[3, 4]], ...more },
  { name: "scalar", inputs: [f32(), f32(2, 2)], call: ([a, b]) => [call(a!, b!)], shapes: [[2, 2]], ...more },
];
const step = { differentiable: false } as const;

/** Every operation of the table, each in the ways that differ. */
export const operationCases: Readonly<Record<string, readonly OpCase[]>> = {
  add: binary(t.add),
  sub: binary(t.sub),
  mul: binary(t.mul),
  div: binary(t.div, { values: positive }),
  pow: [{ name: "cube", inputs: [f32(3, 4)], call: ([x]) => [t.pow(x!, 3)], values: positive, shapes: [[3, 4]] }],
  max: binary(t.max),
  min: binary(t.min),
  neg: unary(t.neg),
  exp: unary(t.exp),
  log: unary(t.log, { values: positive }),
  sqrt: unary(t.sqrt, { values: positive }),
  tanh: unary(t.tanh),
  sigmoid: unary(t.sigmoid),
  relu: unary(t.relu),
  abs: unary(t.abs),
  erf: unary(t.erf),
  gelu: unary(t.gelu),
  equal: binary((a, b) => t.cast(t.equal(a, b), "f32"), step),
  greater: binary((a, b) => t.cast(t.greater(a, b), "f32"), step),
  less: binary((a, b) => t.cast(t.less(a, b), "f32"), step),
  where: binary((a, b) => t.where(t.greater(b, 0), a, t.mul(b, 2))),
  cast: [
    {
      name: "to i32 and back",
      inputs: [f32(5)],
      call: ([x]) => [t.cast(t.cast(t.mul(x!, 10), "i32"), "f32")],
      shapes: [[5]],
      ...step,
    },
  ],
  matMul: [
    { name: "2-D", inputs: [f32(3, 4), f32(4, 2)], call: ([a, b]) => [t.matMul(a!, b!)], shapes: [[3, 2]] },
    {
      name: "2-D, a transposed",
      inputs: [f32(4, 3), f32(4, 2)],
      call: ([a, b]) => [t.matMul(a!, b!, { transposeA: true })],
      shapes: [[3, 2]],
    },
    {
      name: "2-D, both transposed",
      inputs: [f32(4, 3), f32(2, 4)],
      call: ([a, b]) => [t.matMul(a!, b!, { transposeA: true, transposeB: true })],
      shapes: [[3, 2]],
    },
    {
      name: "batched",
      inputs: [f32(2, 2, 3, 4), f32(2, 2, 4, 2)],
      call: ([a, b]) => [t.matMul(a!, b!)],
      shapes: [[2, 2, 3, 2]],
    },
    {
      name: "batched, a transposed",
      inputs: [f32(2, 4, 3), f32(2, 4, 2)],
      call: ([a, b]) => [t.matMul(a!, b!, { transposeA: true })],
      shapes: [[2, 3, 2]],
    },
    {
      name: "batched, b transposed",
      inputs: [f32(2, 3, 4), f32(2, 2, 4)],
      call: ([a, b]) => [t.matMul(a!, b!, { transposeB: true })],
      shapes: [[2, 3, 2]],
    },
    {
      name: "batch broadcast",
      inputs: [f32(2, 3, 4), f32(4, 2)],
      call: ([a, b]) => [t.matMul(a!, b!)],
      shapes: [[2, 3, 2]],
    },
    { name: "empty rows", inputs: [f32(0, 4), f32(4, 2)], call: ([a, b]) => [t.matMul(a!, b!)], shapes: [[0, 2]] },
  ],
  conv: [
    {
      name: "one axis, dilated, padded",
      inputs: [f32(2, 3, 7), f32(4, 3, 2)],
      call: ([x, w]) => [t.conv(x!, w!, { dilation: 3, padding: 1 })],
      shapes: [[2, 4, 6]],
    },
    {
      name: "two axes, padded",
      inputs: [f32(2, 2, 4, 5), f32(3, 2, 3, 3)],
      call: ([x, w]) => [t.conv(x!, w!, { padding: 1 })],
      shapes: [[2, 3, 4, 5]],
    },
    {
      name: "two axes, in groups, with a rest of the stride",
      inputs: [f32(2, 4, 6, 5), f32(6, 2, 3, 2)],
      call: ([x, w]) => [t.conv(x!, w!, { stride: 2, padding: [1, 0], groups: 2 })],
      shapes: [[2, 6, 3, 2]],
    },
    {
      name: "each channel alone",
      inputs: [f32(2, 3, 4, 4), f32(3, 1, 3, 3)],
      call: ([x, w]) => [t.conv(x!, w!, { padding: 1, groups: 3 })],
      shapes: [[2, 3, 4, 4]],
    },
    {
      name: "three axes",
      inputs: [f32(1, 2, 5, 3, 4), f32(2, 2, 3, 2, 3)],
      call: ([x, w]) => [t.conv(x!, w!, { stride: [2, 1, 1], padding: [1, 0, 1] })],
      shapes: [[1, 2, 3, 2, 4]],
    },
    {
      name: "empty batch",
      inputs: [f32(0, 2, 4, 4), f32(3, 2, 3, 3)],
      call: ([x, w]) => [t.conv(x!, w!)],
      shapes: [[0, 3, 2, 2]],
      ...step,
    },
  ],
  convTranspose: [
    {
      name: "two axes, with a rest of the stride",
      inputs: [f32(2, 4, 3, 2), f32(4, 2, 3, 2)],
      call: ([y, w]) => [t.convTranspose(y!, w!, [6, 5], { stride: 2, padding: [1, 0] })],
      shapes: [[2, 2, 6, 5]],
    },
    {
      name: "one axis, in groups",
      inputs: [f32(2, 4, 4), f32(4, 2, 3)],
      call: ([y, w]) => [t.convTranspose(y!, w!, [8], { stride: 2, padding: 1, dilation: 1, groups: 2 })],
      shapes: [[2, 4, 8]],
    },
  ],
  transpose: [
    { name: "3-D", inputs: [f32(2, 3, 4)], call: ([x]) => [t.transpose(x!, [2, 0, 1])], shapes: [[4, 2, 3]] },
  ],
  sum: [
    { name: "inner axis", inputs: [f32(2, 3, 4)], call: ([x]) => [t.sum(x!, [1])], shapes: [[2, 1, 4]] },
    { name: "all", inputs: [f32(3, 4)], call: ([x]) => [t.sum(x!)], shapes: [[1, 1]] },
  ],
  mean: [{ name: "last axis", inputs: [f32(2, 3, 4)], call: ([x]) => [t.mean(x!, [-1])], shapes: [[2, 3, 1]] }],
  maximum: [{ name: "last axis", inputs: [f32(3, 4)], call: ([x]) => [t.maximum(x!, [-1])], shapes: [[3, 1]] }],
  broadcastTo: [
    {
      name: "new and wider axes",
      inputs: [f32(3, 1)],
      call: ([x]) => [t.broadcastTo(x!, [2, 3, 4])],
      shapes: [[2, 3, 4]],
    },
  ],
  reshape: [{ name: "with −1", inputs: [f32(2, 6)], call: ([x]) => [t.reshape(x!, [3, -1])], shapes: [[3, 4]] }],
  concat: [
    { name: "three", inputs: [f32(2, 3), f32(2, 1), f32(2, 2)], call: (xs) => [t.concat(xs, 1)], shapes: [[2, 6]] },
  ],
  split: [
    {
      name: "three",
      inputs: [f32(2, 6)],
      call: ([x]) => t.split(x!, 1, [3, 1, 2]),
      shapes: [
        [2, 3],
        [2, 1],
        [2, 2],
      ],
    },
    { name: "one part unused", inputs: [f32(6)], call: ([x]) => [t.split(x!, 0, [2, 4])[1]!], shapes: [[4]] },
  ],
  slice: [{ name: "2-D", inputs: [f32(4, 5)], call: ([x]) => [t.slice(x!, [1, 0], [3, 4])], shapes: [[2, 4]] }],
  pad: [{ name: "2-D", inputs: [f32(2, 3)], call: ([x]) => [t.pad(x!, [1, 0], [0, 2])], shapes: [[3, 5]] }],
  gather: [
    {
      name: "rows",
      inputs: [f32(3, 4), i32(2, 2)],
      values: indices,
      call: ([x, at]) => [t.gather(x!, at!)],
      shapes: [[2, 2, 4]],
    },
  ],
  scatterAdd: [
    {
      name: "repeated rows",
      inputs: [i32(4), f32(4, 2)],
      values: indices,
      call: ([at, x]) => [t.scatterAdd(at!, x!, 3)],
      shapes: [[3, 2]],
    },
  ],
  softmax: unary(t.softmax),
  logSoftmax: unary(t.logSoftmax),
  attend: [
    {
      name: "heads",
      inputs: [f32(2, 2, 3, 4), f32(2, 2, 5, 4), f32(2, 2, 5, 2)],
      call: ([q, k, v]) => [t.attend(q!, k!, v!)],
      shapes: [[2, 2, 3, 2]],
    },
    {
      name: "with a mask",
      inputs: [f32(2, 3, 4), f32(2, 5, 4), f32(2, 5, 2)],
      call: ([q, k, v]) => [t.attend(q!, k!, v!, t.constant(t.normal(t.keyOf(4), [1, 3, 5])))],
      shapes: [[2, 3, 2]],
    },
  ],
  layerNorm: [
    {
      name: "3-D",
      inputs: [f32(2, 3, 4)],
      call: ([x]) => [t.layerNorm(x!)],
      shapes: [[2, 3, 4]],
    },
  ],
};
