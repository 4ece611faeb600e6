import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  add,
  childKey,
  constant,
  gradients,
  greater,
  interpret,
  keyOf,
  matMul,
  mul,
  type NdArray,
  ndarray,
  normal,
  pow,
  reshape,
  ShapeError,
  type Spec,
  split,
  sum,
  type Tensor,
  tanh,
  trace,
  where,
} from "../../src/tensor/index.ts";

const f32 = (...shape: number[]): Spec => ({ shape, dtype: "f32" });

/** Gradients of a loss for all inputs, by the interpreter. */
function gradientsOf<Inputs extends Record<string, Spec>>(
  specs: Inputs,
  loss: (inputs: { readonly [Name in keyof Inputs]: Tensor }) => Tensor,
  feeds: Record<string, NdArray>,
): Record<string, number[]> {
  const graph = trace(specs, (inputs) => {
    const names = Object.keys(specs);
    const found = gradients(
      loss(inputs),
      names.map((name) => inputs[name]!),
    );
    for (const [at, name] of names.entries())
      assert.deepEqual(found[at]!.shape, specs[name]!.shape, `shape for ${name}`);
    return Object.fromEntries(names.map((name, at) => [name, found[at]!]));
  });
  return Object.fromEntries(Object.entries(interpret(graph, feeds)).map(([name, { data }]) => [name, [...data]]));
}

describe("gradients", () => {
  const x = ndarray([1, 2, 3], [3]);
  const y = ndarray([4, 5, 6], [3]);

  it("are zero for what the loss does not depend on", () => {
    const found = gradientsOf({ x: f32(3), y: f32(3) }, ({ x }) => sum(mul(x, x)), { x, y });
    assert.deepEqual(found, { x: [2, 4, 6], y: [0, 0, 0] });
  });

  it("are zero for all where the loss is a constant, or depends through a condition alone", () => {
    assert.deepEqual(
      gradientsOf({ x: f32(3) }, () => constant(3), { x }),
      { x: [0, 0, 0] },
    );
    const step = gradientsOf({ x: f32(3) }, ({ x }) => sum(where(greater(x, 2), constant(1), constant(0))), { x });
    assert.deepEqual(step, { x: [0, 0, 0] });
  });

  it("are one for the loss itself", () => {
    const graph = trace({ x: f32(3) }, ({ x }) => {
      const loss = sum(x);
      return { self: gradients(loss, [loss])[0]! };
    });
    assert.deepEqual([...interpret(graph, { x })["self"]!.data], [1]);
  });

  it("add up over all ways from an input to the loss", () => {
    // x·x + x·(x + 1): 4x + 1, whatever way each x came.
    const found = gradientsOf({ x: f32(3) }, ({ x }) => sum(add(mul(x, x), mul(x, add(x, 1)))), { x });
    assert.deepEqual(found, { x: [5, 9, 13] });
  });

  it("may be asked for in the middle of an expression, and for one tensor twice", () => {
    const graph = trace({ x: f32(3) }, ({ x }) => {
      const square = mul(x, x);
      const [middle, first, again] = gradients(sum(mul(square, square)), [square, x, x]) as [Tensor, Tensor, Tensor];
      return { middle, first, again };
    });
    const found = interpret(graph, { x });
    assert.deepEqual([...found["middle"]!.data], [2, 8, 18]);
    assert.deepEqual([...found["first"]!.data], [4, 32, 108]);
    assert.deepEqual([...found["again"]!.data], [4, 32, 108]);
  });

  it("reach an input through one of several outputs of a node", () => {
    const found = gradientsOf({ x: f32(3) }, ({ x }) => sum(mul(split(x, 0, [1, 2])[1]!, 5)), { x });
    assert.deepEqual(found, { x: [0, 5, 5] });
  });

  it("are expressions: their gradients are second derivatives", () => {
    const graph = trace({ x: f32(3) }, ({ x }) => {
      const [first] = gradients(sum(pow(x, 3)), [x]) as [Tensor];
      const [second] = gradients(sum(first), [x]) as [Tensor];
      return { second };
    });
    assert.deepEqual([...interpret(graph, { x })["second"]!.data], [6, 12, 18]);
  });

  it("do not care how a one-element loss is shaped", () => {
    for (const shape of [[], [1], [1, 1]]) {
      assert.deepEqual(
        gradientsOf({ x: f32(3) }, ({ x }) => reshape(sum(x), shape), { x }),
        { x: [1, 1, 1] },
      );
    }
  });

  it("refuse a loss that is not one number", () => {
    const loss = (shape: readonly number[], message: string): void => {
      assert.throws(
        () => trace({ x: { shape, dtype: "f32" } }, ({ x }) => ({ g: gradients(x, [x])[0]! })),
        (fault) => {
          assert.ok(fault instanceof ShapeError);
          assert.equal(fault.message, message);
          return true;
        },
      );
    };
    loss([2, 3], "gradients: expected a loss of one element; got [2, 3]");
    loss([0], "gradients: expected a loss of one element; got [0]");
  });

  it("go through expressions deeper than the call stack", () => {
    const depth = 20_000;
    const found = gradientsOf(
      { x: f32(1) },
      ({ x }) => {
        let value = x;
        for (let at = 0; at < depth; at++) value = add(value, x);
        return value;
      },
      { x: ndarray([1], [1]) },
    );
    assert.deepEqual(found, { x: [depth + 1] });
  });

  it("agree with central differences through a small network with shared weights", () => {
    const specs = { x: f32(4, 3), w: f32(3, 3) };
    const feeds: Record<string, NdArray> = {};
    for (const [name, { shape }] of Object.entries(specs)) {
      const { data } = normal(childKey(keyOf(1), name), shape);
      feeds[name] = { dtype: "f64", shape, data: Float64Array.from(data) };
    }
    const loss = ({ x, w }: { readonly x: Tensor; readonly w: Tensor }): Tensor => {
      const hidden = tanh(matMul(x, w));
      return sum(mul(tanh(matMul(hidden, w, { transposeB: true })), hidden));
    };
    const found = gradientsOf(specs, loss, feeds);
    const value = trace(specs, (inputs) => ({ loss: loss(inputs) }));
    const step = 1e-5;
    for (const [name, { shape, data }] of Object.entries(feeds)) {
      for (let at = 0; at < data.length; at++) {
        const moved = (by: number): number => {
          const changed = Float64Array.from(data);
          changed[at]! += by;
          return interpret(value, { ...feeds, [name]: { dtype: "f64", shape, data: changed } })["loss"]!.data[0]!;
        };
        const slope = (moved(step) - moved(-step)) / (2 * step);
        // The step's truncation error is of order step².
        assert.ok(Math.abs(found[name]![at]! - slope) < 1e-8, `∂${name}[${at}]: ${found[name]![at]} ≠ ${slope}`);
      }
    }
  });
});
