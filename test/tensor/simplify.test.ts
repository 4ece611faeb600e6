import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import * as t from "../../src/tensor/index.ts";
import {
  constant,
  type Graph,
  interpret,
  ndarray,
  ShapeError,
  type Spec,
  simplify,
  type Tensor,
  trace,
} from "../../src/tensor/index.ts";

const f32 = (...shape: number[]): Spec => ({ shape, dtype: "f32" });

/** How often each operation stands in a graph; inputs are not counted. */
function countsOf(graph: Graph): Record<string, number> {
  const nodes = new Set<Tensor["node"]>();
  const open = [...graph.outputs.values()].map(({ node }) => node);
  for (let node = open.pop(); node; node = open.pop()) {
    if (nodes.has(node)) continue;
    nodes.add(node);
    open.push(...node.inputs.map((input) => input.node));
  }
  const counts: Record<string, number> = {};
  for (const { operation } of nodes) {
    if (operation.name !== "input") counts[operation.name] = (counts[operation.name] ?? 0) + 1;
  }
  return counts;
}

const sizeOf = (graph: Graph): number => Object.values(countsOf(graph)).reduce((a, b) => a + b, 0);

/** Counts before and after, of an expression of x `[2, 3]` and y `[3]`. */
function shrinks(
  body: (x: Tensor, y: Tensor) => Tensor | readonly Tensor[],
  before: Record<string, number>,
  after: Record<string, number>,
): void {
  const graph = trace({ x: f32(2, 3), y: f32(3) }, ({ x, y }) => {
    const result = body(x, y);
    return Object.fromEntries(("node" in result ? [result] : result).map((output, at) => [`y${at}`, output]));
  });
  const simple = simplify(graph);
  assert.deepEqual(countsOf(graph), before, "before");
  assert.deepEqual(countsOf(simple), after, "after");
  const feeds = { x: t.normal(t.keyOf(1), [2, 3]), y: t.normal(t.keyOf(2), [3]) };
  assert.deepEqual(interpret(simple, feeds), interpret(graph, feeds));
}

describe("simplify", () => {
  it("computes equal expressions once", () => {
    shrinks(
      (x, y) => t.add(t.exp(t.mul(x, y)), t.exp(t.mul(x, y))),
      { mul: 2, exp: 2, add: 1 },
      { mul: 1, exp: 1, add: 1 },
    );
  });

  it("keeps expressions apart that differ in an attribute or a constant", () => {
    const parts = (x: Tensor): Tensor[] => [t.sum(x, [0]), t.sum(x, [1]), t.mul(x, 2), t.mul(x, 3)];
    shrinks(parts, { sum: 2, mul: 2, constant: 2 }, { sum: 2, mul: 2, constant: 2 });
    const casts = (x: Tensor): Tensor[] => [t.cast(x, "i32"), t.cast(x, "bool")];
    shrinks(casts, { cast: 2 }, { cast: 2 });
  });

  it("computes constants at once", () => {
    shrinks((x) => t.mul(x, t.add(t.mul(constant(2), 3), 4)), { mul: 2, add: 1, constant: 3 }, { mul: 1, constant: 1 });
  });

  it("leaves large constants to be computed later", () => {
    const large = (): Tensor => t.broadcastTo(constant(2), [65, 64]);
    const graph = trace({}, () => ({ y: t.exp(large()) }));
    assert.deepEqual(countsOf(simplify(graph)), { constant: 1, broadcastTo: 1, exp: 1 });
  });

  it("drops what changes nothing", () => {
    const ones = constant(ndarray([1, 1, 1], [3]));
    shrinks(
      (x) => t.sub(t.add(t.div(t.mul(1, t.mul(x, ones)), 1), 0), 0),
      { mul: 2, div: 1, add: 1, sub: 1, constant: 5 },
      {},
    );
    shrinks((x) => t.neg(t.neg(x)), { neg: 2 }, {});
  });

  it("keeps a product with ones that widens", () => {
    const ones = constant(ndarray([1, 1, 1, 1, 1, 1], [2, 3]));
    shrinks((_, y) => t.mul(y, ones), { mul: 1, constant: 1 }, { mul: 1, constant: 1 });
  });

  it("joins reshapes and transposes in a row", () => {
    shrinks((x) => t.reshape(t.reshape(x, [6]), [3, 2]), { reshape: 2 }, { reshape: 1 });
    shrinks((x) => t.reshape(t.reshape(x, [6]), [2, 3]), { reshape: 2 }, {});
    shrinks((x) => t.transpose(t.transpose(x, [1, 0]), [1, 0]), { transpose: 2 }, {});
    const turned = (x: Tensor): Tensor => t.transpose(t.transpose(t.reshape(x, [1, 2, 3]), [1, 2, 0]), [1, 2, 0]);
    shrinks(turned, { reshape: 1, transpose: 2 }, { reshape: 1, transpose: 1 });
  });

  it("works on flat rows between products, so that reshapes meet", () => {
    const graph = t.trace({ x: f32(2, 3, 4), w: f32(4, 4), bias: f32(4) }, ({ x, w, bias }) => {
      const linear = (z: Tensor): Tensor => t.reshape(t.add(t.matMul(t.reshape(z, [6, 4]), w), bias), [2, 3, 4]);
      const hidden = t.add(x, linear(t.layerNorm(x)));
      const along = t.mean(t.mul(hidden, x), [-1]);
      return { y: t.mul(linear(t.gelu(linear(t.layerNorm(hidden)))), along), along };
    });
    const simple = simplify(graph);
    assert.equal(countsOf(graph)["reshape"], 6);
    // x and its norm to rows, and both outputs back.
    assert.equal(countsOf(simple)["reshape"], 4);
    const feeds = {
      x: t.normal(t.keyOf(1), [2, 3, 4]),
      w: t.normal(t.keyOf(2), [4, 4]),
      bias: t.normal(t.keyOf(3), [4]),
    };
    assert.deepEqual(interpret(simple, feeds), interpret(graph, feeds));
  });

  it("does not widen what is widened anyway", () => {
    shrinks((x, y) => t.add(x, t.broadcastTo(y, [2, 3])), { broadcastTo: 1, add: 1 }, { add: 1 });
    // Here nothing else would give the result its shape.
    shrinks(
      (_, y) => t.add(t.broadcastTo(y, [2, 3]), 1),
      { broadcastTo: 1, add: 1, constant: 1 },
      { broadcastTo: 1, add: 1, constant: 1 },
    );
  });

  it("drops what no output needs, and keeps all inputs", () => {
    const graph = trace({ x: f32(2), y: f32(2) }, ({ x, y }) => {
      t.exp(y);
      return { z: t.exp(x) };
    });
    const simple = simplify(graph);
    assert.deepEqual(countsOf(simple), { exp: 1 });
    assert.deepEqual([...simple.inputs.keys()], ["x", "y"]);
  });

  it("keeps several outputs of a node, each in its place", () => {
    shrinks((x) => [...t.split(x, 1, [1, 2]), ...t.split(x, 1, [1, 2])].reverse(), { split: 2 }, { split: 1 });
  });

  it("gives a smaller equal graph for any expression", () => {
    fc.assert(
      fc.property(expressions, fc.nat(), (steps, seed) => {
        const graph = trace({ x: f32(3, 4), y: f32(1, 4) }, ({ x, y }) => build(steps, x, y));
        const simple = simplify(graph);
        const feeds = { x: t.normal(t.keyOf(seed), [3, 4]), y: t.normal(t.childKey(t.keyOf(seed), 1), [1, 4]) };
        const [expected, got] = [interpret(graph, feeds), interpret(simple, feeds)];
        for (const [name, { shape, data }] of Object.entries(expected)) {
          assert.deepEqual(got[name]!.shape, shape);
          assert.equal(simple.outputs.get(name)!.dtype, graph.outputs.get(name)!.dtype);
          for (const [at, value] of data.entries()) {
            const difference = Math.abs(got[name]!.data[at]! - value);
            assert.ok(
              difference <= 1e-9 * Math.max(1, Math.abs(value)),
              `${name}[${at}]: ${got[name]!.data[at]} ≠ ${value}`,
            );
          }
        }
        assert.ok(sizeOf(simple) <= sizeOf(graph), `${sizeOf(simple)} nodes of ${sizeOf(graph)}`);
      }),
      { numRuns: 1000 },
    );
  });
});

/** One step of a random expression: which operation, on which of the tensors so far, with which small number. */
type Step = readonly [operation: number, a: number, b: number, small: number];

const expressions: fc.Arbitrary<Step[]> = fc.array(
  fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.integer({ min: -2, max: 2 })),
  {
    minLength: 1,
    maxLength: 14,
  },
);

type Unary = (a: Tensor, small: number) => Tensor;
type Binary = (a: Tensor, b: Tensor) => Tensor;

/** Constants are folded in single precision, so they are kept exact: small whole numbers, sums and moves of such. */
const exact: { readonly unary: readonly Unary[]; readonly binary: readonly Binary[] } = {
  unary: [
    (a) => t.neg(a),
    (a) => t.abs(a),
    (a, small) => t.mul(a, small),
    (a, small) => t.add(small, a),
    (a) => t.div(a, 1),
    (a) => t.transpose(a, [...a.shape.keys()].reverse()),
    (a) => t.reshape(a, [t.sizeOf(a.shape)]),
    (a) => t.reshape(a, [1, ...a.shape]),
    (a) => t.reshape(a, [Math.ceil(t.sizeOf(a.shape) / 2), 2]),
    (a, small) => t.broadcastTo(a, [3, small === 0 ? 1 : 4]),
    (a) => t.sum(a, [0]),
    (a) => t.maximum(a, [-1]),
    (a) => (a.shape[0]! > 1 ? t.split(a, 0, [1, a.shape[0]! - 1])[1]! : a),
    (a, small) =>
      t.pad(
        a,
        a.shape.map(() => Math.max(0, small)),
        a.shape.map(() => 1),
      ),
  ],
  binary: [
    t.add,
    t.sub,
    t.max,
    t.min,
    (a, b) => t.broadcastTo(a, b.shape),
    (a, b) => t.concat([a, b], 0),
    (a, b) => t.where(t.greater(a, b), a, b),
    (a, b) => t.cast(t.less(a, b), "f32"),
    (a, b) => t.cast(t.equal(a, b), "f32"),
  ],
};
const inexact: typeof exact = {
  unary: [...exact.unary, t.tanh, t.exp, t.softmax, (a) => t.mean(a, [-1])],
  binary: [...exact.binary, t.mul, t.matMul],
};

/** Whether an expression has no input. */
function isConstant({ node }: Tensor, known = new Map<Tensor["node"], boolean>()): boolean {
  const held = known.get(node);
  if (held !== undefined) return held;
  const found = node.operation.name !== "input" && node.inputs.every((input) => isConstant(input, known));
  known.set(node, found);
  return found;
}

/** Build what the steps say; a step whose shapes do not fit is skipped. */
function build(steps: readonly Step[], x: Tensor, y: Tensor): Record<string, Tensor> {
  const ones = constant(ndarray([1, 1, 1, 1], [4]));
  const zeros = constant(ndarray([0, 0, 0], [3, 1]));
  const made = [x, y, constant(0), constant(1), ones, zeros];
  for (const [which, at, other, small] of steps) {
    const [a, b] = [made[at % made.length]!, made[other % made.length]!];
    const kind = which % 2 === 0 ? "unary" : "binary";
    const pick = Math.floor(which / 2) % inexact[kind].length;
    try {
      const tensor = kind === "unary" ? inexact.unary[pick]!(a, small) : inexact.binary[pick]!(a, b);
      const isTooLarge = t.sizeOf(tensor.shape) > 500 || tensor.shape.length > 4;
      if (!isTooLarge && (pick < exact[kind].length || !isConstant(tensor))) made.push(tensor);
    } catch (fault) {
      if (!(fault instanceof ShapeError)) throw fault;
    }
  }
  return { last: made.at(-1)!, middle: made[Math.floor(made.length / 2)]! };
}
