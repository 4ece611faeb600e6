/**
 * @file Pooling: the largest or mean value of windows that move over the spatial axes. Windows are products of ranges,
 * so that one axis is pooled after the other, by operations that exist.
 */
import { ShapeError } from "../errors.ts";
import { ndarray } from "../ndarray.ts";
import type { Tensor } from "../tensor.ts";
import { constant } from "../tensor.ts";
import { add, max, mul } from "./elementwise.ts";
import { concat, pad, reshape, slice } from "./movement.ts";
import { broadcastTo } from "./reduce.ts";

/** How windows lie; one number for all spatial axes, or one for each. */
export interface PoolingOptions {
  /** Step between two windows. @default the window's size */
  readonly stride?: number | readonly number[];
  /** Places before and after each spatial axis that windows may reach into. @default 0 */
  readonly padding?: number | readonly number[];
}

/** Elements `first`, `first + stride` … of an axis, `count` of them. */
function everyNth(x: Tensor, axis: number, first: number, stride: number, count: number): Tensor {
  const { shape } = x;
  const missing = first + count * stride - shape[axis]!;
  const along = (value: number, other: readonly number[]): number[] =>
    shape.map((_, at) => (at === axis ? value : other[at]!));
  const nothing = shape.map(() => 0);
  const long = stride > 1 && missing > 0 ? pad(x, nothing, along(missing, nothing)) : x;
  const part = slice(long, along(first, nothing), along(first + count * stride, shape));
  if (stride === 1) return part;
  const [before, after] = [shape.slice(0, axis), shape.slice(axis + 1)];
  const folded = reshape(part, [...before, count, stride, ...after]);
  const firsts = slice(
    folded,
    folded.shape.map(() => 0),
    [...before, count, 1, ...after],
  );
  return reshape(firsts, [...before, count, ...after]);
}

/** Copies of a number before and after an axis. */
function framed(x: Tensor, axis: number, count: number, value: number): Tensor {
  if (count === 0) return x;
  const frame = broadcastTo(
    constant(ndarray([value], [])),
    x.shape.map((length, at) => (at === axis ? count : length)),
  );
  return concat([frame, x, frame], axis);
}

/** Pool every spatial axis. @param outside  what windows find beyond the border */
function pooled(
  name: string,
  x: Tensor,
  size: number | readonly number[],
  { stride = size, padding = 0 }: PoolingOptions,
  outside: number,
  joined: (later: Tensor, earlier: Tensor) => Tensor,
): Tensor {
  const rank = x.shape.length - 2;
  const each = (value: number | readonly number[]): readonly number[] =>
    typeof value === "number" ? new Array<number>(rank).fill(value) : value;
  const [sizes, strides, paddings] = [each(size), each(stride), each(padding)];
  let result = x;
  // The last axis first: of equal values the first in row-major order is then the one that counts.
  for (let at = rank - 1; at >= 0; at--) {
    const [window, step, edge] = [sizes[at]!, strides[at]!, paddings[at]!];
    const count = Math.floor((x.shape[at + 2]! + 2 * edge - window) / step) + 1;
    const isWhole = [window, step, edge].every(Number.isInteger) && window >= 1 && step >= 1 && edge >= 0;
    if (!isWhole || count < 1 || edge > window / 2) {
      const got = `window ${window}, stride ${step}, padding ${edge} on [${x.shape.join(", ")}]`;
      throw new ShapeError(name, `expected windows that fit, with padding of at most half of them; got ${got}`, [
        x.shape,
      ]);
    }
    const wide = framed(result, at + 2, edge, outside);
    const parts = Array.from({ length: window }, (_, first) => everyNth(wide, at + 2, first, step, count));
    result = parts.reduceRight(joined);
  }
  return result;
}

/**
 * The largest value of each window; of equal ones the first takes the gradient.
 *
 * @param x     `[B, C, …]`
 * @param size  of a window; one number for all spatial axes, or one for each
 * @returns     `[B, C, …]`
 * @throws ShapeError if no window fits
 */
export function maxPool(x: Tensor, size: number | readonly number[], options: PoolingOptions = {}): Tensor {
  // Of two equal operands, `max` gives the gradient to the second.
  return pooled("maxPool", x, size, options, Number.NEGATIVE_INFINITY, (later, earlier) => max(later, earlier));
}

/**
 * The mean of each window; places beyond the border count as zeros.
 *
 * @param x     `[B, C, …]`
 * @param size  of a window; one number for all spatial axes, or one for each
 * @returns     `[B, C, …]`
 * @throws ShapeError if no window fits
 */
export function averagePool(x: Tensor, size: number | readonly number[], options: PoolingOptions = {}): Tensor {
  const rank = x.shape.length - 2;
  const count = typeof size === "number" ? size ** rank : size.reduce((product, one) => product * one, 1);
  const sums = pooled("averagePool", x, size, options, 0, (a, b) => add(a, b));
  return mul(sums, 1 / count);
}
