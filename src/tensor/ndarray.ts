/** @file An `NdArray` is numbers with a shape, row-major. The symbolic counterpart, without numbers, is `Tensor`. */
import { ShapeError } from "./errors.ts";

export type Shape = readonly number[];

/** Element types an array may have, with the typed array that stores each. `bool` is stored as 0 and 1. */
export interface ArrayOf {
  f32: Float32Array;
  f64: Float64Array;
  i32: Int32Array;
  bool: Uint8Array;
}

export type DType = keyof ArrayOf;

/** `data` holds `shape` in row-major order: the last axis varies fastest. */
export interface NdArray<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: Shape;
  readonly data: ArrayOf[D];
}

const constructors: { readonly [D in DType]: new (size: number) => ArrayOf[D] } = {
  f32: Float32Array,
  f64: Float64Array,
  i32: Int32Array,
  bool: Uint8Array,
};

/** Number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/** An array of zeros. */
export function zeros<D extends DType = "f32">(shape: Shape, dtype: D = "f32" as D): NdArray<D> {
  return { dtype, shape, data: new constructors[dtype](sizeOf(shape)) };
}

/**
 * Numbers as an array.
 *
 * @param data  row-major values; a typed array is used as it is, a list is copied
 * @throws ShapeError if their count is not the product of `shape`
 */
export function ndarray<D extends DType = "f32">(
  data: ArrayOf[D] | readonly number[],
  shape: Shape,
  dtype: D = "f32" as D,
): NdArray<D> {
  if (data.length !== sizeOf(shape)) {
    throw new ShapeError("ndarray", `expected ${sizeOf(shape)} values for [${shape.join(", ")}]; got ${data.length}`, [
      shape,
    ]);
  }
  if (Array.isArray(data)) {
    const copy = zeros(shape, dtype);
    copy.data.set(data as readonly number[]);
    return copy;
  }
  return { dtype, shape, data: data as ArrayOf[D] };
}

/** The same shape everywhere: two shapes of equal rank and lengths. */
export function isSameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}
