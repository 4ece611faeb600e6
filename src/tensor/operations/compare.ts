/** @file Comparison, choice and change of element type: no gradient flows through a condition. */
import { ShapeError } from "../errors.ts";
import type { Operation } from "../operation.ts";
import { apply, asTensors, type Operand, type Spec, type Tensor } from "../tensor.ts";
import { broadcastShape, broadcastStrides, offsets } from "./layout.ts";

function comparison(name: string, onnx: string, kernel: (a: number, b: number) => boolean): Operation {
  return {
    name,
    infer: ([a, b]) => [{ shape: broadcastShape(name, a!.shape, b!.shape), dtype: "bool" }],
    gradient: () => [null, null],
    lower: ({ emit, inputs }) => [emit.node(onnx, inputs)],
    reference: ({ inputs: [a, b], inputSpecs, outputSpecs: [y] }) => {
      const offsetsA = offsets(y!.shape, broadcastStrides(inputSpecs[0]!.shape, y!.shape));
      const offsetsB = offsets(y!.shape, broadcastStrides(inputSpecs[1]!.shape, y!.shape));
      return [Float64Array.from(offsetsA, (offset, at) => (kernel(a![offset]!, b![offsetsB[at]!]!) ? 1 : 0))];
    },
  };
}

const onnxType = { f32: 1, i32: 6, bool: 9 } as const;

const table = {
  equal: comparison("equal", "Equal", (a, b) => a === b),
  greater: comparison("greater", "Greater", (a, b) => a > b),
  less: comparison("less", "Less", (a, b) => a < b),
  where: {
    name: "where",
    infer: ([condition, a, b]) => {
      if (condition!.dtype !== "bool")
        throw new ShapeError("where", `expected a bool condition; got ${condition!.dtype}`);
      const shape = broadcastShape("where", condition!.shape, broadcastShape("where", a!.shape, b!.shape));
      return [{ shape, dtype: a!.dtype }];
    },
    gradient: ({ inputs: [condition, a, b], cotangents: [g] }, t) => [
      null,
      t.sumTo(t.where(condition!, g!, 0), a!.shape),
      t.sumTo(t.where(condition!, 0, g!), b!.shape),
    ],
    lower: ({ emit, inputs }) => [emit.node("Where", inputs)],
    reference: ({ inputs, inputSpecs, outputSpecs: [y] }) => {
      const [condition, a, b] = inputSpecs.map(({ shape }, at) => {
        const from = offsets(y!.shape, broadcastStrides(shape, y!.shape));
        return (element: number) => inputs[at]![from[element]!]!;
      });
      return [
        Float64Array.from(
          {
            length: offsets(
              y!.shape,
              y!.shape.map(() => 0),
            ).length,
          },
          (_, at) => (condition!(at) ? a!(at) : b!(at)),
        ),
      ];
    },
  },
  cast: {
    name: "cast",
    infer: ([x], { dtype }) => [{ shape: x!.shape, dtype: dtype as Spec["dtype"] }],
    gradient: () => [null],
    lower: ({ emit, inputs, attributes }) => [
      emit.node("Cast", inputs, { to: onnxType[attributes["dtype"] as Spec["dtype"]] }),
    ],
    reference: ({ inputs: [x], attributes }) => {
      const { dtype } = attributes;
      return [
        x!.map((value) => (dtype === "bool" ? Number(value !== 0) : dtype === "i32" ? Math.trunc(value) : value)),
      ];
    },
  },
} satisfies Readonly<Record<string, Operation>>;

/** This file's operations by name. */
export const compareOperations: Readonly<Record<string, Operation>> = table;

/** a = b, `bool`. */
export const equal = (a: Operand, b: Operand): Tensor => apply(table.equal, asTensors(a, b));
/** a > b, `bool`. */
export const greater = (a: Operand, b: Operand): Tensor => apply(table.greater, asTensors(a, b));
/** a < b, `bool`. */
export const less = (a: Operand, b: Operand): Tensor => apply(table.less, asTensors(a, b));
/** a where the condition holds, else b; broadcast. */
export const where = (condition: Tensor, a: Operand, b: Operand): Tensor =>
  apply(table.where, [condition, ...asTensors(a, b)]);
/** Another element type; bool → 0 or 1, f32 → i32 cuts towards zero. */
export const cast = (x: Tensor, dtype: Spec["dtype"]): Tensor =>
  x.dtype === dtype ? x : apply(table.cast, [x], { dtype });
