/** @file Reading and adding rows by index. */
import { ShapeError } from "../errors.ts";
import { ndarray, sizeOf } from "../ndarray.ts";
import type { Operation } from "../operation.ts";
import { apply, type Tensor } from "../tensor.ts";

const table = {
  gather: {
    name: "gather",
    infer: ([table, indices]) => {
      if (indices!.dtype !== "i32") throw new ShapeError("gather", `expected i32 indices; got ${indices!.dtype}`);
      return [{ shape: [...indices!.shape, ...table!.shape.slice(1)], dtype: table!.dtype }];
    },
    gradient: ({ inputs: [table, indices], cotangents: [g] }, t) => [
      t.scatterAdd(indices!, g!, table!.shape[0]!),
      null,
    ],
    lower: ({ emit, inputs }) => [emit.node("Gather", inputs, { axis: 0 })],
    reference: ({ inputs: [table, indices], inputSpecs, outputSpecs: [y] }) => {
      const row = sizeOf(inputSpecs[0]!.shape.slice(1));
      const result = new Float64Array(sizeOf(y!.shape));
      for (const [at, index] of indices!.entries())
        result.set(table!.subarray(index * row, (index + 1) * row), at * row);
      return [result];
    },
  },
  scatterAdd: {
    name: "scatterAdd",
    infer: ([indices, rows], { count }) => [
      { shape: [count as number, ...rows!.shape.slice(indices!.shape.length)], dtype: "f32" },
    ],
    gradient: ({ inputs: [indices], cotangents: [g] }, t) => [null, t.gather(g!, indices!)],
    // As a product with one-hot rows: ONNX Runtime's ScatterND adds in no fixed order, which would cost bit-equality.
    lower: ({ emit, inputs, inputSpecs, outputSpecs: [y], attributes }) => {
      const count = attributes["count"] as number;
      const places = sizeOf(inputSpecs[0]!.shape);
      const row = sizeOf(y!.shape.slice(1));
      const flat = emit.node("Reshape", [inputs[0]!, emit.integers([places, 1])]);
      const range = emit.initializer(
        ndarray(
          Int32Array.from({ length: count }, (_, at) => at),
          [1, count],
          "i32",
        ),
      );
      const oneHot = emit.node("Cast", [emit.node("Equal", [flat, range])], { to: 1 });
      const rows = emit.node("Reshape", [inputs[1]!, emit.integers([places, row])], { allowzero: 1 });
      const product = emit.node("Gemm", [oneHot, rows], { transA: 1 });
      return [emit.node("Reshape", [product, emit.integers(y!.shape)], { allowzero: 1 })];
    },
    reference: ({ inputs: [indices, rows], outputSpecs: [y] }) => {
      const row = sizeOf(y!.shape.slice(1));
      const result = new Float64Array(sizeOf(y!.shape));
      for (const [at, index] of indices!.entries()) {
        for (let k = 0; k < row; k++) result[index * row + k]! += rows![at * row + k]!;
      }
      return [result];
    },
  },
} satisfies Readonly<Record<string, Operation>>;

/** This file's operations by name. */
export const gatherOperations: Readonly<Record<string, Operation>> = table;

/**
 * Rows by index: `result[…, :] = rows[indices[…], :]`.
 *
 * @param rows     `[n, …]`
 * @param indices  `i32`, any shape, 0 ≤ index < n
 */
export const gather = (rows: Tensor, indices: Tensor): Tensor => apply(table.gather, [rows, indices]);

/**
 * Sums of rows by index, gather's transpose: `result[k, :] = Σ rows[…, :] where indices[…] = k`.
 *
 * @param indices  `i32`, the leading axes of `rows`
 * @returns        `[count, …]`
 */
export const scatterAdd = (indices: Tensor, rows: Tensor, count: number): Tensor =>
  apply(table.scatterAdd, [indices, rows], { count });
