/** @file Elementwise arithmetic, with NumPy broadcasting for two operands. */
import { ShapeError } from "../errors.ts";
import type { Operation } from "../operation.ts";
import { apply, asTensors, type Operand, type Tensor } from "../tensor.ts";
import { broadcastShape, broadcastStrides, offsets } from "./layout.ts";

type Rule = Operation["gradient"];

function unary(
  name: string,
  onnx: string,
  kernel: (x: number) => number,
  gradient: (x: Tensor, y: Tensor, g: Tensor, t: Parameters<Rule>[1]) => Tensor,
): Operation {
  return {
    name,
    infer: ([x]) => [{ shape: x!.shape, dtype: x!.dtype }],
    gradient: ({ inputs: [x], outputs: [y], cotangents: [g] }, t) => [gradient(x!, y!, g!, t)],
    lower: ({ emit, inputs }) => [emit.node(onnx, inputs)],
    reference: ({ inputs: [x] }) => [x!.map(kernel)],
  };
}

function binary(
  name: string,
  onnx: string,
  kernel: (a: number, b: number) => number,
  gradient: (
    a: Tensor,
    b: Tensor,
    y: Tensor,
    g: Tensor,
    t: Parameters<Rule>[1],
  ) => readonly [Tensor | null, Tensor | null],
): Operation {
  return {
    name,
    infer: ([a, b]) => {
      if (a!.dtype !== b!.dtype)
        throw new ShapeError(name, `expected one element type; got ${a!.dtype} and ${b!.dtype}`);
      return [{ shape: broadcastShape(name, a!.shape, b!.shape), dtype: a!.dtype }];
    },
    gradient: ({ inputs: [a, b], outputs: [y], cotangents: [g] }, t) => {
      const [da, db] = gradient(a!, b!, y!, g!, t);
      return [da && t.sumTo(da, a!.shape), db && t.sumTo(db, b!.shape)];
    },
    lower: ({ emit, inputs }) => [emit.node(onnx, inputs)],
    reference: ({ inputs: [a, b], inputSpecs, outputSpecs: [y] }) => {
      const offsetsA = offsets(y!.shape, broadcastStrides(inputSpecs[0]!.shape, y!.shape));
      const offsetsB = offsets(y!.shape, broadcastStrides(inputSpecs[1]!.shape, y!.shape));
      return [Float64Array.from(offsetsA, (offset, at) => kernel(a![offset]!, b![offsetsB[at]!]!))];
    },
  };
}

/**
 * The error function to full double precision: a power series near 0, a continued fraction far from it.
 *
 * @see Abramowitz & Stegun 7.1.6 and 7.1.14
 */
export function errorFunction(x: number): number {
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let term = a;
    let sum = a;
    for (let n = 1; n < 80; n++) {
      term *= (2 * a * a) / (2 * n + 1);
      sum += term;
    }
    return (Math.sign(x) * 2 * sum * Math.exp(-a * a)) / Math.sqrt(Math.PI);
  }
  let fraction = a;
  for (let n = 120; n >= 1; n--) fraction = a + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / fraction);
}

const table = {
  add: binary(
    "add",
    "Add",
    (a, b) => a + b,
    (_a, _b, _y, g) => [g, g],
  ),
  sub: binary(
    "sub",
    "Sub",
    (a, b) => a - b,
    (_a, _b, _y, g, t) => [g, t.neg(g)],
  ),
  mul: binary(
    "mul",
    "Mul",
    (a, b) => a * b,
    (a, b, _y, g, t) => [t.mul(g, b), t.mul(g, a)],
  ),
  div: binary(
    "div",
    "Div",
    (a, b) => a / b,
    (_a, b, y, g, t) => {
      const da = t.div(g, b);
      return [da, t.neg(t.mul(da, y))];
    },
  ),
  // The exponent is taken as fixed: a gradient for it would need log(base).
  pow: binary(
    "pow",
    "Pow",
    (a, b) => a ** b,
    (a, b, _y, g, t) => [t.mul(g, t.mul(b, t.pow(a, t.sub(b, 1)))), null],
  ),
  max: binary("max", "Max", Math.max, (a, b, _y, g, t) => {
    const first = t.cast(t.greater(a, b), "f32");
    return [t.mul(g, first), t.mul(g, t.sub(1, first))];
  }),
  min: binary("min", "Min", Math.min, (a, b, _y, g, t) => {
    const first = t.cast(t.less(a, b), "f32");
    return [t.mul(g, first), t.mul(g, t.sub(1, first))];
  }),
  neg: unary(
    "neg",
    "Neg",
    (x) => -x,
    (_x, _y, g, t) => t.neg(g),
  ),
  exp: unary("exp", "Exp", Math.exp, (_x, y, g, t) => t.mul(g, y)),
  log: unary("log", "Log", Math.log, (x, _y, g, t) => t.div(g, x)),
  sqrt: unary("sqrt", "Sqrt", Math.sqrt, (_x, y, g, t) => t.div(t.mul(g, 0.5), y)),
  tanh: unary("tanh", "Tanh", Math.tanh, (_x, y, g, t) => t.mul(g, t.sub(1, t.mul(y, y)))),
  sigmoid: unary(
    "sigmoid",
    "Sigmoid",
    (x) => 1 / (1 + Math.exp(-x)),
    (_x, y, g, t) => t.mul(g, t.mul(y, t.sub(1, y))),
  ),
  relu: unary(
    "relu",
    "Relu",
    (x) => Math.max(x, 0),
    (x, _y, g, t) => t.mul(g, t.cast(t.greater(x, 0), "f32")),
  ),
  abs: unary("abs", "Abs", Math.abs, (x, _y, g, t) =>
    t.mul(g, t.sub(t.cast(t.greater(x, 0), "f32"), t.cast(t.less(x, 0), "f32"))),
  ),
  erf: unary("erf", "Erf", errorFunction, (x, _y, g, t) =>
    t.mul(g, t.mul(t.exp(t.neg(t.mul(x, x))), 2 / Math.sqrt(Math.PI))),
  ),
  // x·Φ(x) with Φ the normal distribution function; the gradient is Φ(x) + x·φ(x).
  gelu: unary(
    "gelu",
    "Gelu",
    (x) => 0.5 * x * (1 + errorFunction(x * Math.SQRT1_2)),
    (x, _y, g, t) => {
      const scaled = t.mul(x, Math.SQRT1_2);
      const twiceDistribution = t.add(t.erf(scaled), 1);
      const density = t.exp(t.neg(t.mul(scaled, scaled)));
      return t.mul(g, t.add(t.mul(twiceDistribution, 0.5), t.mul(x, t.mul(density, 1 / Math.sqrt(2 * Math.PI)))));
    },
  ),
} satisfies Readonly<Record<string, Operation>>;

/** This file's operations by name. */
export const elementwiseOperations: Readonly<Record<string, Operation>> = table;

/** a + b, broadcast. */
export const add = (a: Operand, b: Operand): Tensor => apply(table.add, asTensors(a, b));
/** a − b, broadcast. */
export const sub = (a: Operand, b: Operand): Tensor => apply(table.sub, asTensors(a, b));
/** a · b, elementwise, broadcast. */
export const mul = (a: Operand, b: Operand): Tensor => apply(table.mul, asTensors(a, b));
/** a / b, broadcast. */
export const div = (a: Operand, b: Operand): Tensor => apply(table.div, asTensors(a, b));
/** aᵇ, broadcast; no gradient flows to the exponent. */
export const pow = (a: Operand, b: Operand): Tensor => apply(table.pow, asTensors(a, b));
/** The larger of a and b, broadcast; at a tie the gradient goes to b. */
export const max = (a: Operand, b: Operand): Tensor => apply(table.max, asTensors(a, b));
/** The smaller of a and b, broadcast; at a tie the gradient goes to b. */
export const min = (a: Operand, b: Operand): Tensor => apply(table.min, asTensors(a, b));
/** −x. */
export const neg = (x: Tensor): Tensor => apply(table.neg, [x]);
/** eˣ. */
export const exp = (x: Tensor): Tensor => apply(table.exp, [x]);
/** Natural logarithm. */
export const log = (x: Tensor): Tensor => apply(table.log, [x]);
/** √x. */
export const sqrt = (x: Tensor): Tensor => apply(table.sqrt, [x]);
/** Hyperbolic tangent. */
export const tanh = (x: Tensor): Tensor => apply(table.tanh, [x]);
/** 1 / (1 + e⁻ˣ). */
export const sigmoid = (x: Tensor): Tensor => apply(table.sigmoid, [x]);
/** max(x, 0). */
export const relu = (x: Tensor): Tensor => apply(table.relu, [x]);
/** |x|. */
export const abs = (x: Tensor): Tensor => apply(table.abs, [x]);
/** Error function. */
export const erf = (x: Tensor): Tensor => apply(table.erf, [x]);
/** x·Φ(x), exact. @see Hendrycks & Gimpel 2016 */
export const gelu = (x: Tensor): Tensor => apply(table.gelu, [x]);
/** x·sigmoid(x), also called swish. */
export const silu = (x: Tensor): Tensor => mul(x, sigmoid(x));
