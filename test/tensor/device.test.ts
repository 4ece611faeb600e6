import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import {
  add,
  attend,
  chooseDevice,
  compileStateful,
  logSoftmax,
  matMul,
  mul,
  type NdArray,
  ndarray,
  split,
  sum,
  toOnnx,
  trace,
  UnsupportedError,
  zeros,
} from "../../src/tensor/index.ts";
import { readModel } from "../support/onnx-model.ts";

const numbers = ({ data }: NdArray): number[] => [...data];

describe("a program with a memory", () => {
  const specs = { total: { shape: [2], dtype: "f32" }, x: { shape: [2], dtype: "f32" } } as const;
  const graph = trace(specs, ({ total, x }) => ({ total: add(total, x), squares: sum(mul(x, x)) }));

  it("is fed its state anew at every run", async () => {
    const program = await compileStateful(graph, { total: ndarray([1, 2], [2]) }, { threads: 1 });
    assert.deepEqual(numbers((await program.state())["total"]!), [1, 2]);
    for (let run = 0; run < 3; run++) {
      const results = await program.run({ x: ndarray([run, 1], [2]) });
      assert.deepEqual(Object.keys(results), ["squares"]);
      assert.deepEqual(numbers(results["squares"]!), [run * run + 1]);
    }
    assert.deepEqual(numbers((await program.state())["total"]!), [4, 5]);
    await program.release();
  });

  it("refuses what it does not know", async () => {
    const program = await compileStateful(graph, { total: zeros([2]) }, { threads: 1 });
    await assert.rejects(program.run({ x: zeros([2]), y: zeros([2]) }), {
      name: "DataError",
      message: "y: expected one of total, x; got an unknown feed",
    });
    await program.release();
  });
});

describe("a model for a device", () => {
  it("has none of the operations that the device lacks", () => {
    const specs = { a: { shape: [2, 3, 4], dtype: "f32" }, b: { shape: [2, 5, 4], dtype: "f32" } } as const;
    const graph = trace(specs, ({ a, b }) => ({
      product: matMul(a, b, { transposeB: true }),
      attended: attend(a, b, b),
      logs: logSoftmax(a),
      part: split(b, 1, [2, 3])[1]!,
    }));
    const lacking = new Set(["FusedMatMul", "LogSoftmax", "Split"]);
    const used = (model: Uint8Array): Set<string> => new Set(readModel(model).nodes.map(({ operation }) => operation));
    for (const operation of lacking) assert.ok(used(toOnnx(graph)).has(operation), operation);
    for (const operation of used(toOnnx(graph, { lacking }))) assert.ok(!lacking.has(operation), operation);
  });
});

describe("the choice of a device", () => {
  it("is the processor where that is asked for, and nothing is told of it", async () => {
    assert.deepEqual(await chooseDevice("cpu", 1), { device: "cpu", note: null });
  });

  const installed = dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
  const hasCuda = existsSync(join(installed, "bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so"));
  it("refuses CUDA where its libraries are not installed", { skip: hasCuda && "they are" }, () =>
    assert.rejects(chooseDevice("cuda", 1), (error) => {
      assert.ok(error instanceof UnsupportedError);
      assert.equal(
        error.message,
        "computing on device cuda is not supported — on Linux x64 with an NVIDIA GPU, CUDA 12 and cuDNN 9: ONNXRUNTIME_NODE_INSTALL=true npm rebuild onnxruntime-node; else compute with device cpu",
      );
      return true;
    }),
  );
});
