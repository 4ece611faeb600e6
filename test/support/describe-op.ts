/** @file Contract of every operation: shapes, ONNX Runtime = interpreter, gradients = central differences, empty axes. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Arrays, compile, type Graph, interpret, type NdArray } from "../../src/tensor/index.ts";
import { feedsOf, gradientGraphOf, graphOf, type OpCase } from "./op-cases.ts";

const f64 = (array: NdArray): NdArray => ({ dtype: "f64", shape: array.shape, data: Float64Array.from(array.data) });

/** ONNX Runtime computes in single precision, the interpreter in double. */
async function assertRuns(graph: Graph, feeds: Arrays): Promise<Arrays> {
  const program = await compile(graph, { threads: 1 });
  const run = await program.run(feeds);
  await program.release();
  for (const [name, expected] of Object.entries(interpret(graph, feeds))) {
    for (const [where, value] of expected.data.entries()) {
      const got = run[name]!.data[where]!;
      const isClose = Math.abs(got - value) <= 1e-4 * Math.max(1, Math.abs(value));
      assert.ok(isClose, `${name}[${where}]: ${got} ≠ ${value}`);
    }
  }
  return run;
}

export function describeOp(operation: string, cases: readonly OpCase[]): void {
  describe(`operation ${operation}`, () => {
    for (const example of cases) {
      const feeds = feedsOf(example);

      it(`${example.name}: shapes, and ONNX Runtime agrees with the interpreter`, async () => {
        const got = await assertRuns(graphOf(example), feeds);
        for (const [at, shape] of example.shapes.entries()) assert.deepEqual(got[`y${at}`]!.shape, shape);
        assert.equal(Object.keys(got).length, example.shapes.length);
      });

      if (example.differentiable === false) continue;
      it(`${example.name}: gradient agrees with central differences`, async () => {
        const graph = gradientGraphOf(example);
        const doubles = Object.fromEntries(
          Object.entries(feeds).map(([name, array]) => [name, array.dtype === "f32" ? f64(array) : array]),
        );
        const results = interpret(graph, doubles);
        const lossOnly: Graph = { ...graph, outputs: new Map([["loss", graph.outputs.get("loss")!]]) };
        const step = 1e-5;
        for (const [name, base] of Object.entries(doubles)) {
          if (base.dtype !== "f64") continue;
          for (let where = 0; where < base.data.length; where++) {
            const moved = (by: number): number => {
              const data = Float64Array.from(base.data);
              data[where]! += by;
              return interpret(lossOnly, { ...doubles, [name]: { ...base, data } })["loss"]!.data[0]!;
            };
            // Fourth order: the truncation error stays far below the tolerance.
            const slope = (8 * (moved(step) - moved(-step)) - (moved(2 * step) - moved(-2 * step))) / (12 * step);
            const got = results[name.replace("x", "g")]!.data[where]!;
            assert.ok(
              Math.abs(got - slope) <= 1e-6 * Math.max(1, Math.abs(slope)),
              `∂${name}[${where}]: gradient ${got}, central difference ${slope}`,
            );
          }
        }
        await assertRuns(graph, feeds);
      });
    }
  });
}
