/** @file Moving numbers without changing them: reshape, concat, split, slice, pad. */
import { ShapeError } from "../errors.ts";
import { isSameShape, type Shape, sizeOf } from "../ndarray.ts";
import type { Operation } from "../operation.ts";
import { apply, applyAll, constant, type Tensor } from "../tensor.ts";
import { normalAxes, offsets, stridesOf } from "./layout.ts";
import { sum } from "./reduce.ts";

/** Numbers as (before, along, after) an axis. */
function around(shape: Shape, axis: number): { readonly before: number; readonly after: number } {
  return { before: sizeOf(shape.slice(0, axis)), after: sizeOf(shape.slice(axis + 1)) };
}

const table = {
  reshape: {
    name: "reshape",
    infer: ([x], { shape }) => {
      const isWhole = (shape as Shape).every((length) => Number.isInteger(length) && length >= 0);
      if (!isWhole || sizeOf(shape as Shape) !== sizeOf(x!.shape)) {
        throw new ShapeError(
          "reshape",
          `expected ${sizeOf(x!.shape)} elements as in [${x!.shape.join(", ")}]; got [${(shape as Shape).join(", ")}]`,
          [x!.shape, shape as Shape],
        );
      }
      return [{ shape: shape as Shape, dtype: x!.dtype }];
    },
    gradient: ({ inputs: [x], cotangents: [g] }, t) => [t.reshape(g!, x!.shape)],
    lower: ({ emit, inputs, attributes }) => [
      emit.node("Reshape", [...inputs, emit.integers(attributes["shape"] as Shape)], { allowzero: 1 }),
    ],
    reference: ({ inputs: [x] }) => [x!],
  },
  concat: {
    name: "concat",
    infer: (inputs, { axis }) => {
      const first = inputs[0]!;
      const fits = inputs.every(
        ({ shape, dtype }) =>
          dtype === first.dtype &&
          shape.length === first.shape.length &&
          shape.every((length, at) => at === axis || length === first.shape[at]),
      );
      if (!fits) {
        const shapes = inputs.map(({ shape }) => shape);
        throw new ShapeError(
          "concat",
          `expected shapes equal but for axis ${axis as number}; got ${shapes.map((shape) => `[${shape.join(", ")}]`).join(" and ")}`,
          shapes,
        );
      }
      const length = inputs.reduce((total, { shape }) => total + shape[axis as number]!, 0);
      return [{ shape: first.shape.map((own, at) => (at === axis ? length : own)), dtype: first.dtype }];
    },
    gradient: ({ inputs, attributes, cotangents: [g] }, t) => {
      const axis = attributes["axis"] as number;
      return t.split(
        g!,
        axis,
        inputs.map(({ shape }) => shape[axis]!),
      );
    },
    lower: ({ emit, inputs, attributes }) => [emit.node("Concat", inputs, { axis: attributes["axis"] as number })],
    reference: ({ inputs, inputSpecs, outputSpecs: [y], attributes }) => {
      const axis = attributes["axis"] as number;
      const { before, after } = around(y!.shape, axis);
      const result = new Float64Array(sizeOf(y!.shape));
      let to = 0;
      for (let block = 0; block < before; block++) {
        for (const [which, input] of inputs.entries()) {
          const run = inputSpecs[which]!.shape[axis]! * after;
          result.set(input.subarray(block * run, (block + 1) * run), to);
          to += run;
        }
      }
      return [result];
    },
  },
  split: {
    name: "split",
    infer: ([x], { axis, lengths }) => {
      const parts = lengths as readonly number[];
      if (parts.reduce((a, b) => a + b, 0) !== x!.shape[axis as number]) {
        throw new ShapeError(
          "split",
          `expected lengths that sum to ${x!.shape[axis as number]}; got [${parts.join(", ")}]`,
          [x!.shape],
        );
      }
      return parts.map((length) => ({
        shape: x!.shape.map((own, at) => (at === axis ? length : own)),
        dtype: x!.dtype,
      }));
    },
    gradient: ({ outputs, attributes, cotangents }, t) => [
      t.concat(
        cotangents.map((g, at) => g ?? t.zerosLike(outputs[at]!)),
        attributes["axis"] as number,
      ),
    ],
    lower: ({ emit, inputs, attributes, outputSpecs }) => {
      const { axis, lengths } = attributes as { readonly axis: number; readonly lengths: readonly number[] };
      if (emit.has("Split")) {
        return emit.nodeWithOutputs("Split", [...inputs, emit.integers(lengths)], outputSpecs.length, { axis });
      }
      let end = 0;
      return lengths.map((length) => {
        end += length;
        return emit.node("Slice", [...inputs, ...[[end - length], [end], [axis]].map(emit.integers)]);
      });
    },
    reference: ({ inputs: [x], inputSpecs, outputSpecs, attributes }) => {
      const axis = attributes["axis"] as number;
      const { before, after } = around(inputSpecs[0]!.shape, axis);
      const whole = inputSpecs[0]!.shape[axis]! * after;
      let start = 0;
      return outputSpecs.map(({ shape }) => {
        const run = shape[axis]! * after;
        const part = new Float64Array(sizeOf(shape));
        for (let block = 0; block < before; block++) {
          part.set(x!.subarray(block * whole + start, block * whole + start + run), block * run);
        }
        start += run;
        return part;
      });
    },
  },
  slice: {
    name: "slice",
    infer: ([x], { starts, ends }) => {
      const from = starts as readonly number[];
      const to = ends as readonly number[];
      const fits =
        from.length === x!.shape.length &&
        x!.shape.every((length, at) => 0 <= from[at]! && from[at]! <= to[at]! && to[at]! <= length);
      if (!fits) {
        throw new ShapeError(
          "slice",
          `range [${from.join(", ")}]–[${to.join(", ")}] is not in [${x!.shape.join(", ")}]`,
          [x!.shape],
        );
      }
      return [{ shape: from.map((start, at) => to[at]! - start), dtype: x!.dtype }];
    },
    gradient: ({ inputs: [x], attributes, cotangents: [g] }, t) => {
      const starts = attributes["starts"] as readonly number[];
      const ends = attributes["ends"] as readonly number[];
      return [
        t.pad(
          g!,
          starts,
          ends.map((end, at) => x!.shape[at]! - end),
        ),
      ];
    },
    lower: ({ emit, inputs, attributes }) => [
      emit.node("Slice", [
        ...inputs,
        emit.integers(attributes["starts"] as number[]),
        emit.integers(attributes["ends"] as number[]),
      ]),
    ],
    reference: ({ inputs: [x], inputSpecs, outputSpecs: [y], attributes }) => {
      const strides = stridesOf(inputSpecs[0]!.shape);
      const start = (attributes["starts"] as readonly number[]).reduce(
        (offset, at, axis) => offset + at * strides[axis]!,
        0,
      );
      return [Float64Array.from(offsets(y!.shape, strides, start), (offset) => x![offset]!)];
    },
  },
  pad: {
    name: "pad",
    infer: ([x], { before, after }) => [
      {
        shape: x!.shape.map((length, at) => length + (before as number[])[at]! + (after as number[])[at]!),
        dtype: x!.dtype,
      },
    ],
    gradient: ({ inputs: [x], attributes, cotangents: [g] }, t) => {
      const before = attributes["before"] as readonly number[];
      return [
        t.slice(
          g!,
          before,
          before.map((length, at) => length + x!.shape[at]!),
        ),
      ];
    },
    lower: ({ emit, inputs, attributes }) => [
      emit.node("Pad", [
        ...inputs,
        emit.integers([...(attributes["before"] as number[]), ...(attributes["after"] as number[])]),
      ]),
    ],
    reference: ({ inputs: [x], inputSpecs, outputSpecs: [y], attributes }) => {
      const strides = stridesOf(y!.shape);
      const start = (attributes["before"] as readonly number[]).reduce(
        (offset, at, axis) => offset + at * strides[axis]!,
        0,
      );
      const result = new Float64Array(sizeOf(y!.shape));
      for (const [at, to] of offsets(inputSpecs[0]!.shape, strides, start).entries()) result[to] = x![at]!;
      return [result];
    },
  },
} satisfies Readonly<Record<string, Operation>>;

/** This file's operations by name. */
export const movementOperations: Readonly<Record<string, Operation>> = table;

/** The same numbers, in order, in another shape; one length may be −1 and is then computed. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const known = shape.reduce((product, length) => (length === -1 ? product : product * length), 1);
  const full = shape.map((length) => (length === -1 ? sizeOf(x.shape) / known : length));
  return isSameShape(full, x.shape) ? x : apply(table.reshape, [x], { shape: full });
}

/** Tensors one after the other along an axis. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const [normal] = normalAxes("concat", [axis], tensors[0]!.shape.length);
  return tensors.length === 1 ? tensors[0]! : apply(table.concat, tensors, { axis: normal! });
}

/** Parts of the given lengths along an axis. */
export function split(x: Tensor, axis: number, lengths: readonly number[]): readonly Tensor[] {
  const [normal] = normalAxes("split", [axis], x.shape.length);
  return lengths.length === 1 ? [x] : applyAll(table.split, [x], { axis: normal!, lengths });
}

/** The part from `starts` to before `ends`, one number an axis. */
export function slice(x: Tensor, starts: readonly number[], ends: readonly number[]): Tensor {
  return apply(table.slice, [x], { starts, ends });
}

/** Zeros added before and after, one number an axis. */
export function pad(x: Tensor, before: readonly number[], after: readonly number[]): Tensor {
  return apply(table.pad, [x], { before, after });
}

/** Zeros of the shape of a tensor. */
export function zerosLike(x: Tensor): Tensor {
  return constant({ dtype: "f32", shape: x.shape, data: new Float32Array(sizeOf(x.shape)) });
}

/** Sum over the axes along which `shape` would have to be broadcast to reach the shape of `x`: broadcasting's transpose. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (isSameShape(x.shape, shape)) return x;
  const extra = x.shape.length - shape.length;
  const axes = x.shape.flatMap((length, axis) =>
    axis < extra || (shape[axis - extra] === 1 && length !== 1) ? [axis] : [],
  );
  return reshape(sum(x, axes), shape);
}
