import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  add,
  compile,
  compileLanes,
  DataError,
  InternalError,
  inLanes,
  keyOf,
  matMul,
  type NdArray,
  ndarray,
  normal,
  ShapeError,
  trace,
  zeros,
} from "../../src/tensor/index.ts";

const graph = () =>
  trace(
    { x: { shape: [2, 3], dtype: "f32" }, w: { shape: [3, 4], dtype: "f32" }, n: { shape: [2, 1], dtype: "i32" } },
    ({ x, w, n }) => ({ y: matMul(x, w), n: add(n, 1) }),
  );
const w = normal(keyOf(1), [3, 4]);
const n = (first: number): NdArray<"i32"> => ndarray(Int32Array.of(first, 7), [2, 1], "i32");

describe("a program in lanes", () => {
  it("gives each of many runs at once its own results", async () => {
    const [lanes, plain] = [
      await compileLanes(graph(), { threads: 2, constants: { w } }),
      await compile(graph(), { threads: 1, constants: { w } }),
    ];
    assert.equal(lanes.lanes, 2);
    const xs = Array.from({ length: 9 }, (_, at) => normal(keyOf(at), [2, 3]));
    const found = await Promise.all(xs.map((x, at) => lanes.run({ x, n: n(at) })));
    for (const [at, x] of xs.entries()) {
      const expected = await plain.run({ x, n: n(at) });
      assert.deepEqual(found[at]!["y"]!.data, expected["y"]!.data);
      assert.deepEqual([...found[at]!["n"]!.data], [at + 1, 8]);
    }
    await Promise.all([lanes.release(), plain.release()]);
  });

  it("writes into given arrays", async () => {
    const program = await compileLanes(graph(), { threads: 1 });
    const y = zeros([2, 4]);
    const results = await program.run({ x: normal(keyOf(2), [2, 3]), w, n: n(0) }, { y });
    assert.equal(results["y"], y);
    assert.ok(y.data.some((value) => value !== 0));
    await program.release();
  });

  it("keeps feeds until they are given anew", async () => {
    const program = await compileLanes(graph(), { threads: 2 }, ["w"]);
    const x = normal(keyOf(3), [2, 3]);
    await assert.rejects(program.run({ x, n: n(0) }), InternalError);
    const run = async (): Promise<Float32Array> => (await program.run({ x, n: n(0) }))["y"]!.data as Float32Array;
    const given = { ...w, data: w.data.slice() };
    program.keep({ w: given });
    const found = await Promise.all([run(), run(), run()]);
    given.data.fill(0);
    assert.deepEqual(await run(), found[0]);
    program.keep({ w: given });
    const after = await Promise.all([run(), run(), run()]);
    for (const y of found) assert.deepEqual(y, found[0]);
    for (const y of after) assert.deepEqual(y, new Float32Array(8));
    assert.throws(() => program.keep({ w: zeros([4, 3]) }), ShapeError);
    await assert.rejects(program.run({ x, n: n(0), w }), DataError);
    await program.release();
  });

  it("refuses arrays that do not fit, and runs after its release", async () => {
    const program = await compileLanes(graph(), { threads: 1, constants: { w } });
    const x = zeros([2, 3]);
    await assert.rejects(program.run({ x }), DataError);
    await assert.rejects(program.run({ x, n: n(0), z: x }), DataError);
    await assert.rejects(program.run({ x: zeros([3, 2]), n: n(0) }), ShapeError);
    await program.run({ x, n: n(0) });
    await program.release();
    await assert.rejects(program.run({ x, n: n(0) }), InternalError);
  });
});

describe("work in lanes", () => {
  it("does every piece once, a few at a time, each in a slot of its own", async () => {
    const busy = new Set<number>();
    const done: number[] = [];
    await inLanes(10, 3, async (index, slot) => {
      assert.ok(!busy.has(slot) && slot < 3);
      busy.add(slot);
      await new Promise((resolve) => setTimeout(resolve, 1 + (index % 3)));
      busy.delete(slot);
      done.push(index);
    });
    assert.deepEqual(
      done.sort((a, b) => a - b),
      Array.from({ length: 10 }, (_, at) => at),
    );
  });

  it("ends with the first error", async () => {
    const failing = inLanes(4, 2, async (index) => {
      if (index === 1) throw new InternalError("no");
    });
    await assert.rejects(failing, InternalError);
  });
});
