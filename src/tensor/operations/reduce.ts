/** @file Reductions over axes, and their transpose: broadcasting. */
import { ShapeError } from "../errors.ts";
import { isSameShape, type Shape, sizeOf } from "../ndarray.ts";
import type { Operation } from "../operation.ts";
import { type Attributes, apply, type Tensor } from "../tensor.ts";
import { broadcastShape, broadcastStrides, normalAxes, offsets } from "./layout.ts";

/** The shape with the reduced axes kept at length 1. */
function keptShape(shape: Shape, axes: readonly number[]): number[] {
  return shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
}

function reduction(
  name: string,
  onnx: string,
  start: number,
  step: (accumulated: number, value: number) => number,
  finish: (accumulated: number, count: number) => number,
  gradient: (x: Tensor, y: Tensor, g: Tensor, count: number, t: Parameters<Operation["gradient"]>[1]) => Tensor,
): Operation {
  const axesOf = (attributes: Attributes): readonly number[] => attributes["axes"] as readonly number[];
  return {
    name,
    // Invariant: reduced axes are kept with length 1; `reshape` drops them, at no cost.
    infer: ([x], attributes) => [{ shape: keptShape(x!.shape, axesOf(attributes)), dtype: x!.dtype }],
    gradient: ({ inputs: [x], outputs: [y], cotangents: [g] }, t) => [
      gradient(x!, y!, g!, sizeOf(x!.shape) / Math.max(1, sizeOf(y!.shape)), t),
    ],
    lower: ({ emit, inputs, attributes }) => [
      emit.node(onnx, [...inputs, emit.integers(axesOf(attributes))], { keepdims: 1 }),
    ],
    reference: ({ inputs: [x], inputSpecs, outputSpecs: [y] }) => {
      const result = new Float64Array(sizeOf(y!.shape)).fill(start);
      const into = offsets(inputSpecs[0]!.shape, broadcastStrides(y!.shape, inputSpecs[0]!.shape));
      for (let at = 0; at < x!.length; at++) result[into[at]!] = step(result[into[at]!]!, x![at]!);
      return [result.map((value) => finish(value, x!.length / Math.max(1, result.length)))];
    },
  };
}

const table = {
  sum: reduction(
    "sum",
    "ReduceSum",
    0,
    (sum, x) => sum + x,
    (sum) => sum,
    (x, _y, g, _n, t) => t.broadcastTo(g, x.shape),
  ),
  mean: reduction(
    "mean",
    "ReduceMean",
    0,
    (sum, x) => sum + x,
    (sum, count) => sum / count,
    (x, _y, g, count, t) => t.broadcastTo(t.mul(g, 1 / count), x.shape),
  ),
  // Equal maxima share the gradient equally only if there is one; ties are not split.
  maximum: reduction(
    "maximum",
    "ReduceMax",
    -Infinity,
    Math.max,
    (value) => value,
    (x, y, g, _n, t) => t.mul(g, t.cast(t.equal(x, y), "f32")),
  ),
  broadcastTo: {
    name: "broadcastTo",
    infer: ([x], { shape }) => {
      const target = shape as Shape;
      if (!isSameShape(broadcastShape("broadcastTo", x!.shape, target), target)) {
        throw new ShapeError("broadcastTo", `cannot widen [${x!.shape.join(", ")}] to [${target.join(", ")}]`, [
          x!.shape,
          target,
        ]);
      }
      return [{ shape: target, dtype: x!.dtype }];
    },
    gradient: ({ inputs: [x], cotangents: [g] }, t) => [t.sumTo(g!, x!.shape)],
    lower: ({ emit, inputs, attributes }) => [
      emit.node("Expand", [...inputs, emit.integers(attributes["shape"] as Shape)]),
    ],
    reference: ({ inputs: [x], inputSpecs, outputSpecs: [y] }) => [
      Float64Array.from(offsets(y!.shape, broadcastStrides(inputSpecs[0]!.shape, y!.shape)), (offset) => x![offset]!),
    ],
  },
} satisfies Readonly<Record<string, Operation>>;

/** This file's operations by name. */
export const reduceOperations: Readonly<Record<string, Operation>> = table;

function reduce(operation: Operation, x: Tensor, axes: readonly number[] | undefined): Tensor {
  const normal = normalAxes(operation.name, axes ?? x.shape.map((_, axis) => axis), x.shape.length);
  return normal.length === 0 ? x : apply(operation, [x], { axes: normal });
}

/** Sum over axes (default all), which stay with length 1. */
export const sum = (x: Tensor, axes?: readonly number[]): Tensor => reduce(table.sum, x, axes);
/** Mean over axes (default all), which stay with length 1. */
export const mean = (x: Tensor, axes?: readonly number[]): Tensor => reduce(table.mean, x, axes);
/** Largest value over axes (default all), which stay with length 1. */
export const maximum = (x: Tensor, axes?: readonly number[]): Tensor => reduce(table.maximum, x, axes);

/** Repeat along axes of length 1, and new leading axes, up to a shape. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  return isSameShape(x.shape, shape) ? x : apply(table.broadcastTo, [x], { shape });
}
