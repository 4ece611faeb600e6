import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import {
  add,
  attend,
  concat,
  constant,
  layerNorm,
  mul,
  ndarray,
  type Spec,
  sizeOf,
  sum,
  toOnnx,
  trace,
  transpose,
} from "../../src/tensor/index.ts";
import { models, writeModels } from "../support/models.ts";
import { type OnnxModel, readModel } from "../support/onnx-model.ts";
import { missingPython, runPython } from "../support/python.ts";

const f32 = (...shape: number[]): Spec => ({ shape, dtype: "f32" });
/** Bytes of an element by TensorProto.DataType: float, int32, int64, bool. */
const elementBytes: Readonly<Record<number, number>> = { 1: 4, 6: 4, 7: 8, 9: 1 };

/** What ONNX asks of any graph: names given once and before they are used, arrays whole, sets of operations declared. */
function assertSound({ nodes, initializers, inputs, outputs, opsets, irVersion, graph }: OnnxModel): void {
  assert.equal(irVersion, 9);
  assert.notEqual(graph, "");
  const known = new Set<string>();
  const used = new Set<string>();
  const give = (name: string): void => {
    assert.ok(name !== "" && !known.has(name), `${name} is given once`);
    known.add(name);
  };
  for (const { name } of [...inputs, ...initializers]) give(name);
  for (const { name, elementType, shape, bytes } of initializers) {
    assert.equal(bytes.length, sizeOf(shape) * elementBytes[elementType]!, `bytes of ${name}`);
  }
  for (const node of nodes) {
    for (const name of node.inputs) {
      assert.ok(known.has(name), `${name} is known to ${node.operation}`);
      used.add(name);
    }
    for (const name of node.outputs) give(name);
    assert.ok(Object.hasOwn(opsets, node.domain), `domain of ${node.operation}`);
  }
  for (const { name } of outputs) assert.ok(known.has(name), `output ${name} is computed`);
  // ONNX Runtime warns of arrays that nothing uses.
  for (const { name } of initializers) assert.ok(used.has(name), `array ${name} is used`);
  const names = nodes.map(({ name }) => name).filter(Boolean);
  assert.equal(new Set(names).size, names.length, "names of nodes");
}

describe("toOnnx", () => {
  const small = trace({ x: f32(2, 3), w: f32(3) }, ({ x, w }) => ({
    y: add(layerNorm(transpose(mul(x, w), [1, 0])), constant(ndarray([0, 0.5], [2]))),
  }));

  it("writes what the graph says, in ONNX's words", () => {
    const model = readModel(toOnnx(small, { metadata: { classes: "Wald, Äcker" } }));
    assert.deepEqual(model.opsets, { "": 20 });
    assert.deepEqual(model.metadata, { classes: "Wald, Äcker" });
    assert.equal(model.producer, "symdiffuser");
    assert.deepEqual(model.inputs, [
      { name: "x", elementType: 1, shape: [2, 3] },
      { name: "w", elementType: 1, shape: [3] },
    ]);
    assert.deepEqual(model.outputs, [{ name: "y", elementType: 1, shape: [3, 2] }]);
    assert.deepEqual(
      model.nodes.map(({ operation, attributes }) => [operation, attributes]),
      [
        ["Mul", {}],
        ["Transpose", { perm: [1, 0] }],
        ["LayerNormalization", { axis: -1, epsilon: Math.fround(1e-5) }],
        ["Add", {}],
      ],
    );
    const arrays = model.initializers.map(({ shape, bytes }) => [shape, [...new Float32Array(bytes.slice().buffer)]]);
    arrays.sort();
    assert.deepEqual(arrays, [
      [[2], [0, 0.5]],
      [[2], [1, 1]],
    ]);
    assertSound(model);
  });

  it("copies only outputs that no node makes, or that are another output, too", () => {
    const graph = trace({ x: f32(2) }, ({ x }) => {
      const y = mul(x, x);
      return { x, y, again: y, z: add(y, x) };
    });
    const model = readModel(toOnnx(graph));
    assert.deepEqual(
      model.nodes.map(({ operation, outputs }) => [operation, ...outputs]),
      [
        ["Mul", "y"],
        ["Add", "z"],
        ["Identity", "x.next"],
        ["Identity", "again"],
      ],
    );
    assertSound(model);
  });

  it("stores equal small arrays once", () => {
    const two = (): ReturnType<typeof constant> => constant(ndarray([1, 2], [2]));
    const graph = trace({ x: f32(2) }, ({ x }) => ({ y: add(mul(x, two()), two()) }));
    assert.equal(readModel(toOnnx(graph)).initializers.length, 1);
  });

  it("stores given constants in place of inputs, and none that is not used", () => {
    const constants = { w: ndarray([1, 2, 3], [3]) };
    const model = readModel(toOnnx(small, { constants }));
    assert.deepEqual(
      model.inputs.map(({ name }) => name),
      ["x"],
    );
    assert.equal(model.initializers.length, 3);
    assertSound(model);
    const unused = readModel(
      toOnnx(
        trace({ x: f32(3), w: f32(3) }, ({ x }) => ({ y: sum(x) })),
        { constants },
      ),
    );
    assert.deepEqual(
      unused.inputs.map(({ name }) => name),
      ["x"],
    );
    assertSound(unused);
  });

  it("gives an output another name than the input it replaces", () => {
    const model = readModel(toOnnx(trace({ state: f32(2) }, ({ state }) => ({ state: add(state, 1) }))));
    assert.deepEqual(
      model.outputs.map(({ name }) => name),
      ["state.next"],
    );
    assertSound(model);
  });

  it("declares the domain of operations that are ONNX Runtime's own, and only then", () => {
    const body = trace({ q: f32(2, 3, 4) }, ({ q }) => ({ y: attend(q, q, q) }));
    assert.deepEqual(readModel(toOnnx(body)).opsets, { "": 20, "com.microsoft": 1 });
    const plain = trace({ q: f32(2, 3) }, ({ q }) => ({ y: concat([q, q], 0) }));
    assert.deepEqual(readModel(toOnnx(plain)).opsets, { "": 20 });
  });

  it("gives the same bytes for the same graph", () => {
    assert.deepEqual(toOnnx(small), toOnnx(small));
  });

  for (const { name, graph } of models()) {
    it(`writes a sound model of ${name}`, () => {
      const model = readModel(toOnnx(graph));
      assertSound(model);
      assert.deepEqual(
        model.inputs.map((input) => input.name),
        [...graph.inputs.keys()],
      );
      assert.deepEqual(
        model.outputs.map(({ shape }) => shape),
        [...graph.outputs.values()].map(({ shape }) => shape),
      );
    });
  }

  it("writes models that ONNX's checker accepts and its reference computes alike", {
    skip: missingPython("onnx", "numpy"),
  }, () => {
    const root = join(import.meta.dirname, "..", "..");
    const folder = mkdtempSync(join(tmpdir(), "models-"));
    try {
      const count = writeModels(folder);
      const told = runPython(join(root, "scripts", "golden", "onnx_check.py"), folder);
      assert.match(told, new RegExp(`^${count} passed, 0 failed$`, "m"));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
