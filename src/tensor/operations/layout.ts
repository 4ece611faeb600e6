/** @file Row-major arithmetic on shapes, shared by shape rules and reference kernels. */
import { ShapeError } from "../errors.ts";
import { type Shape, sizeOf } from "../ndarray.ts";

/** Distance in elements between neighbours along each axis. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/** The shape that two shapes broadcast to, by NumPy's rule. @throws ShapeError */
export function broadcastShape(op: string, a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const lengthA = a[axis - rank + a.length] ?? 1;
    const lengthB = b[axis - rank + b.length] ?? 1;
    if (lengthA !== lengthB && lengthA !== 1 && lengthB !== 1) {
      throw new ShapeError(op, `shapes do not broadcast; got [${a.join(", ")}] and [${b.join(", ")}]`, [a, b]);
    }
    shape.push(lengthA === 1 ? lengthB : lengthA);
  }
  return shape;
}

/** For every element of `shape`, in order, its offset in an array of strides `strides` (0 = repeated axis). */
export function offsets(shape: Shape, strides: readonly number[], start = 0): Int32Array {
  const result = new Int32Array(sizeOf(shape));
  const index = new Array<number>(shape.length).fill(0);
  let offset = start;
  for (let at = 0; at < result.length; at++) {
    result[at] = offset;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      offset += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      offset -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}

/** Strides that read an array of shape `from` as if it had been broadcast to `to`. */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const own = stridesOf(from);
  return to.map((_, axis) => {
    const at = axis - to.length + from.length;
    return at < 0 || from[at] === 1 ? 0 : own[at]!;
  });
}

/** Axes counted from 0, ascending and distinct; −1 is the last. @throws ShapeError */
export function normalAxes(op: string, axes: readonly number[], rank: number): number[] {
  const normal = axes.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
  if (normal.some((axis, at) => axis < 0 || axis >= rank || axis === normal[at - 1])) {
    throw new ShapeError(op, `expected distinct axes of a tensor of rank ${rank}; got [${axes.join(", ")}]`);
  }
  return normal;
}
