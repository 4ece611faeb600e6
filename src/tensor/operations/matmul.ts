/** @file Matrix products. */
import { ShapeError } from "../errors.ts";
import { type Shape, sizeOf } from "../ndarray.ts";
import type { Emit } from "../onnx.ts";
import type { Operation } from "../operation.ts";
import { apply, type Tensor } from "../tensor.ts";
import { broadcastShape, broadcastStrides, offsets, stridesOf } from "./layout.ts";

function shapeOfProduct(a: Shape, b: Shape, transposeA: boolean, transposeB: boolean): number[] {
  const refuse = (): never => {
    const flags = `${transposeA ? " transposed" : ""} and [${b.join(", ")}]${transposeB ? " transposed" : ""}`;
    throw new ShapeError("matMul", `inner axes differ; got [${a.join(", ")}]${flags}`, [a, b]);
  };
  if (a.length < 2 || b.length < 2) refuse();
  const [rowsA, colsA] = a.slice(-2) as [number, number];
  const [rowsB, colsB] = b.slice(-2) as [number, number];
  if ((transposeA ? rowsA : colsA) !== (transposeB ? colsB : rowsB)) refuse();
  const batch = broadcastShape("matMul", a.slice(0, -2), b.slice(0, -2));
  return [...batch, transposeA ? colsA : rowsA, transposeB ? rowsB : colsB];
}

/** The last two axes swapped, by a node of its own. */
export function swapped(emit: Emit, name: string, rank: number): string {
  const perm = Array.from({ length: rank }, (_, axis) => axis);
  return emit.node("Transpose", [name], { perm: [...perm.slice(0, -2), rank - 1, rank - 2] });
}

const table = {
  matMul: {
    name: "matMul",
    infer: ([a, b], { transposeA, transposeB }) => [
      { shape: shapeOfProduct(a!.shape, b!.shape, transposeA === true, transposeB === true), dtype: "f32" },
    ],
    gradient: ({ inputs: [a, b], cotangents: [g], attributes: { transposeA, transposeB } }, t) => {
      const da = transposeA
        ? t.matMul(b!, g!, { transposeA: transposeB === true, transposeB: true })
        : t.matMul(g!, b!, { transposeB: transposeB !== true });
      const db = transposeB
        ? t.matMul(g!, a!, { transposeA: true, transposeB: transposeA === true })
        : t.matMul(a!, g!, { transposeA: transposeA !== true });
      return [t.sumTo(da, a!.shape), t.sumTo(db, b!.shape)];
    },
    lower: ({ emit, inputs, inputSpecs, attributes: { transposeA, transposeB } }) => {
      if (!transposeA && !transposeB) return [emit.node("MatMul", inputs)];
      const flags = { transA: Number(transposeA === true), transB: Number(transposeB === true) };
      if (inputSpecs.every(({ shape }) => shape.length === 2)) return [emit.node("Gemm", inputs, flags)];
      if (emit.has("FusedMatMul")) return [emit.node("FusedMatMul", inputs, flags, { domain: "com.microsoft" })];
      const [a, b] = inputs as [string, string];
      const [rankA, rankB] = inputSpecs.map(({ shape }) => shape.length) as [number, number];
      return [
        emit.node("MatMul", [transposeA ? swapped(emit, a, rankA) : a, transposeB ? swapped(emit, b, rankB) : b]),
      ];
    },
    reference: ({ inputs: [a, b], inputSpecs, outputSpecs: [y], attributes: { transposeA, transposeB } }) => {
      const [shapeA, shapeB] = inputSpecs.map(({ shape }) => shape) as [Shape, Shape];
      const batch = y!.shape.slice(0, -2);
      const [rows, cols] = y!.shape.slice(-2) as [number, number];
      const inner = transposeA ? shapeA.at(-2)! : shapeA.at(-1)!;
      const matrix = (shape: Shape): number => shape.at(-2)! * shape.at(-1)!;
      const startsA = offsets(batch, broadcastStrides(shapeA.slice(0, -2), batch));
      const startsB = offsets(batch, broadcastStrides(shapeB.slice(0, -2), batch));
      const [rowA, innerA] = transposeA ? [1, shapeA.at(-1)!] : [shapeA.at(-1)!, 1];
      const [innerB, colB] = transposeB ? [1, shapeB.at(-1)!] : [shapeB.at(-1)!, 1];
      const result = new Float64Array(sizeOf(y!.shape));
      let at = 0;
      for (let which = 0; which < startsA.length; which++) {
        for (let row = 0; row < rows; row++) {
          for (let col = 0; col < cols; col++) {
            let sum = 0;
            const fromA = startsA[which]! * matrix(shapeA) + row * rowA;
            const fromB = startsB[which]! * matrix(shapeB) + col * colB;
            for (let k = 0; k < inner; k++) sum += a![fromA + k * innerA]! * b![fromB + k * innerB]!;
            result[at++] = sum;
          }
        }
      }
      return [result];
    },
  },
  transpose: {
    name: "transpose",
    infer: ([x], { order }) => {
      const axes = order as readonly number[];
      if (
        axes.length !== x!.shape.length ||
        new Set(axes).size !== axes.length ||
        axes.some((axis) => !(axis in x!.shape))
      ) {
        throw new ShapeError("transpose", `expected an order of ${x!.shape.length} axes; got [${axes.join(", ")}]`, [
          x!.shape,
        ]);
      }
      return [{ shape: axes.map((axis) => x!.shape[axis]!), dtype: x!.dtype }];
    },
    gradient: ({ attributes, cotangents: [g] }, t) => {
      const order = attributes["order"] as readonly number[];
      return [
        t.transpose(
          g!,
          order.map((_, axis) => order.indexOf(axis)),
        ),
      ];
    },
    lower: ({ emit, inputs, attributes }) => [
      emit.node("Transpose", inputs, { perm: attributes["order"] as number[] }),
    ],
    reference: ({ inputs: [x], inputSpecs, outputSpecs: [y], attributes }) => {
      const strides = stridesOf(inputSpecs[0]!.shape);
      const order = attributes["order"] as readonly number[];
      return [
        Float64Array.from(
          offsets(
            y!.shape,
            order.map((axis) => strides[axis]!),
          ),
          (offset) => x![offset]!,
        ),
      ];
    },
  },
} satisfies Readonly<Record<string, Operation>>;

/** This file's operations by name. */
export const matMulOperations: Readonly<Record<string, Operation>> = table;

/** Which operand of a product is read transposed in its last two axes. */
export interface MatMulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/**
 * Matrix product of the last two axes, the others broadcast.
 *
 * @param a  `[…, n, k]`, or `[…, k, n]` with `transposeA`
 * @param b  `[…, k, m]`, or `[…, m, k]` with `transposeB`
 * @returns  `[…, n, m]`
 */
export function matMul(a: Tensor, b: Tensor, { transposeA = false, transposeB = false }: MatMulOptions = {}): Tensor {
  return apply(table.matMul, [a, b], { transposeA, transposeB });
}

/** Axes in another order: axis `i` of the result is axis `order[i]` of `x`. */
export function transpose(x: Tensor, order: readonly number[]): Tensor {
  return apply(table.transpose, [x], { order });
}
