/** @file Contract of every operation: shapes, ONNX Runtime = interpreter, gradients = central differences, empty axes. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  add,
  childKey,
  compile,
  constant,
  gradients,
  interpret,
  keyOf,
  mul,
  type NdArray,
  normal,
  reshape,
  type Spec,
  sum,
  type Tensor,
  trace,
  uniform,
} from "../../src/tensor/index.ts";

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

const f64 = (array: NdArray): NdArray => ({ dtype: "f64", shape: array.shape, data: Float64Array.from(array.data) });

function valuesOf({ inputs, values }: OpCase): NdArray[] {
  return inputs.map((spec, at) => values?.(spec, at) ?? normal(childKey(keyOf(7), at), spec.shape));
}

/** Numbers bounded away from zero, for logarithms, roots and divisors. */
export const positive = (spec: Spec, at: number): NdArray => uniform(childKey(keyOf(11), at), spec.shape, 0.5, 2);

export function describeOp(operation: string, cases: readonly OpCase[]): void {
  describe(`operation ${operation}`, () => {
    for (const example of cases) {
      const specs = Object.fromEntries(example.inputs.map((spec, at) => [`x${at}`, spec]));
      const tensors = (inputs: Readonly<Record<string, Tensor>>): Tensor[] =>
        example.inputs.map((_, at) => inputs[`x${at}`]!);
      const values = valuesOf(example);
      const feeds = Object.fromEntries(values.map((value, at) => [`x${at}`, value]));
      const graph = trace(specs, (inputs) =>
        Object.fromEntries(example.call(tensors(inputs)).map((output, at) => [`y${at}`, output])),
      );

      it(`${example.name}: shapes, and ONNX Runtime agrees with the interpreter`, async () => {
        const expected = interpret(graph, feeds);
        const program = await compile(graph, { threads: 1 });
        const got = await program.run(feeds);
        for (const [at, shape] of example.shapes.entries()) {
          assert.deepEqual(got[`y${at}`]!.shape, shape);
          for (const [where, value] of expected[`y${at}`]!.data.entries()) {
            const difference = Math.abs(got[`y${at}`]!.data[where]! - value);
            assert.ok(
              difference <= 1e-4 * Math.max(1, Math.abs(value)),
              `y${at}[${where}]: ${got[`y${at}`]!.data[where]} ≠ ${value}`,
            );
          }
        }
        await program.release();
      });

      if (example.differentiable === false) continue;
      it(`${example.name}: gradient agrees with central differences`, async () => {
        const weights = [...graph.outputs.values()].map((output, at) => normal(childKey(keyOf(13), at), output.shape));
        const loss = (inputs: Readonly<Record<string, Tensor>>): Tensor => {
          const outputs = example.call(tensors(inputs));
          // A square makes the cotangent depend on the output, so that a wrong cotangent cannot pass.
          const terms = outputs.map((output, at) => sum(mul(mul(output, output), constant(weights[at]!))));
          return terms.map((term) => reshape(term, [])).reduce((a, b) => add(a, b));
        };
        const smooth = example.inputs.flatMap((spec, at) => (spec.dtype === "f32" ? [at] : []));
        const whole = trace(specs, (inputs) => {
          const value = loss(inputs);
          const found = gradients(
            value,
            smooth.map((at) => inputs[`x${at}`]!),
          );
          return { loss: value, ...Object.fromEntries(found.map((g, at) => [`g${smooth[at]}`, g])) };
        });
        const lossOnly = trace(specs, (inputs) => ({ loss: loss(inputs) }));
        const doubles = Object.fromEntries(values.map((v, at) => [`x${at}`, v.dtype === "f32" ? f64(v) : v]));
        const results = interpret(whole, doubles);
        const step = 1e-5;
        for (const at of smooth) {
          const base = doubles[`x${at}`]!;
          for (let where = 0; where < base.data.length; where++) {
            const moved = (by: number): number => {
              const data = Float64Array.from(base.data);
              data[where]! += by;
              return interpret(lossOnly, { ...doubles, [`x${at}`]: { dtype: "f64", shape: base.shape, data } })["loss"]!
                .data[0]!;
            };
            // Fourth order: the truncation error stays far below the tolerance.
            const slope = (8 * (moved(step) - moved(-step)) - (moved(2 * step) - moved(-2 * step))) / (12 * step);
            const got = results[`g${at}`]!.data[where]!;
            assert.ok(
              Math.abs(got - slope) <= 1e-6 * Math.max(1, Math.abs(slope)),
              `∂x${at}[${where}]: gradient ${got}, central difference ${slope}`,
            );
          }
        }
        const program = await compile(whole, { threads: 1 });
        const run = await program.run(feeds);
        for (const [name, expected] of Object.entries(interpret(whole, feeds))) {
          for (const [where, value] of expected.data.entries()) {
            const got = run[name]!.data[where]!;
            assert.ok(
              Math.abs(got - value) <= 1e-4 * Math.max(1, Math.abs(value)),
              `${name}[${where}]: ${got} ≠ ${value}`,
            );
          }
        }
        await program.release();
      });
    }
  });
}
