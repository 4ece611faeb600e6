import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  add,
  cast,
  compile,
  constant,
  DataError,
  greater,
  InternalError,
  matMul,
  mul,
  type NdArray,
  ndarray,
  type Program,
  ShapeError,
  type Spec,
  sub,
  trace,
  zeros,
} from "../../src/tensor/index.ts";

const f32 = (...shape: number[]): Spec => ({ shape, dtype: "f32" });
const numbers = ({ data }: NdArray): number[] => [...data];

describe("compile", () => {
  const x = ndarray([1, -2, 3.75, 4], [2, 2]);
  const w = ndarray([2, 0, 0, 3], [2, 2]);
  const graph = trace({ x: f32(2, 2), w: f32(2, 2) }, ({ x, w }) => {
    const product = matMul(x, w);
    return { product, again: product, x, three: constant(3), isPositive: greater(x, 0), whole: cast(x, "i32") };
  });
  let program: Program;
  before(async () => {
    program = await compile(graph, { threads: 1 });
  });
  after(() => program.release());

  it("runs: every kind of output, each of its element type", async () => {
    const got = await program.run({ x, w });
    const plain = Object.entries(got).map(([name, array]) => [name, [array.dtype, array.shape, numbers(array)]]);
    assert.deepEqual(Object.fromEntries(plain), {
      product: ["f32", [2, 2], [2, -6, 7.5, 12]],
      again: ["f32", [2, 2], [2, -6, 7.5, 12]],
      x: ["f32", [2, 2], [1, -2, 3.75, 4]],
      three: ["f32", [], [3]],
      isPositive: ["bool", [2, 2], [1, 0, 1, 1]],
      whole: ["i32", [2, 2], [1, -2, 3, 4]],
    });
  });

  it("tells its inputs and outputs", () => {
    const shapes = (specs: ReadonlyMap<string, Spec>): object =>
      Object.fromEntries([...specs].map(([name, { shape, dtype }]) => [name, `${dtype} ${shape.join("×")}`]));
    assert.deepEqual(shapes(program.inputs), { x: "f32 2×2", w: "f32 2×2" });
    assert.equal(program.outputs.get("whole")!.dtype, "i32");
  });

  it("writes into arrays it is given, also into a part of a larger one", async () => {
    const whole = new Float32Array(8).fill(-1);
    const into = { product: ndarray(whole.subarray(2, 6), [2, 2]) };
    const got = await program.run({ x, w }, into);
    assert.equal(got["product"], into.product);
    assert.deepEqual([...whole], [-1, -1, 2, -6, 7.5, 12, -1, -1]);
  });

  it("reads from a part of a larger array", async () => {
    const part = ndarray(Float32Array.of(9, 9, 1, 1, 1, 1, 9).subarray(2, 6), [2, 2]);
    assert.deepEqual(numbers((await program.run({ x: part, w }))["product"]!), [2, 3, 2, 3]);
  });

  it("carries a state in two sets of arrays, fed and written in turn", async () => {
    const step = await compile(
      trace({ state: f32(3) }, ({ state }) => ({ state: add(state, 1) })),
      { threads: 1 },
    );
    let [now, next] = [zeros([3]), zeros([3])];
    for (let at = 0; at < 5; at++) {
      await step.run({ state: now }, { state: next });
      [now, next] = [next, now];
    }
    assert.deepEqual(
      [numbers(now), numbers(next)],
      [
        [5, 5, 5],
        [4, 4, 4],
      ],
    );
    await step.release();
  });

  it("keeps programs apart: one runs on after another is released", async () => {
    const body = trace({ x: f32(2, 2) }, ({ x }) => ({ y: sub(mul(x, 2), 1) }));
    const [one, other] = await Promise.all([compile(body, { threads: 1 }), compile(body, { threads: 2 })]);
    assert.deepEqual(await one.run({ x }), await other.run({ x }));
    await one.release();
    assert.deepEqual(numbers((await other.run({ x }))["y"]!), [1, -5, 6.5, 7]);
    await other.release();
  });

  it("stores constants in the program: they are no longer fed", async () => {
    const stored = await compile(graph, { constants: { w }, threads: 1 });
    assert.deepEqual([...stored.inputs.keys()], ["x"]);
    assert.deepEqual(numbers((await stored.run({ x }))["product"]!), [2, -6, 7.5, 12]);
    await stored.release();
  });

  it("takes axes of length zero", async () => {
    const empty = await compile(
      trace({ x: f32(0, 2) }, ({ x }) => ({ y: mul(x, 2) })),
      { threads: 1 },
    );
    assert.deepEqual((await empty.run({ x: zeros([0, 2]) }))["y"], zeros([0, 2]));
    await empty.release();
  });

  const refused = (
    name: string,
    work: () => Promise<unknown>,
    kind: typeof ShapeError | typeof DataError,
    message: string,
  ) =>
    it(`refuses ${name}`, () =>
      assert.rejects(work, (fault) => {
        assert.ok(fault instanceof kind, String(fault));
        assert.equal(fault.message, message);
        return true;
      }));
  refused("no array", () => program.run({ x }), DataError, "w: expected an array for this input; got none");
  refused(
    "another shape",
    () => program.run({ x: zeros([2, 3]), w }),
    ShapeError,
    "x: expected f32 [2, 2]; got f32 [2, 3]",
  );
  refused(
    "as many numbers in another shape",
    () => program.run({ x: zeros([4]), w }),
    ShapeError,
    "x: expected f32 [2, 2]; got f32 [4]",
  );
  refused(
    "another element type",
    () => program.run({ x: zeros([2, 2], "i32"), w }),
    ShapeError,
    "x: expected f32 [2, 2]; got i32 [2, 2]",
  );
  refused(
    "double precision",
    () => program.run({ x: zeros([2, 2], "f64"), w }),
    ShapeError,
    "x: expected f32 [2, 2]; got f64 [2, 2]",
  );
  refused(
    "an array to write into that does not fit",
    () => program.run({ x, w }, { whole: zeros([2, 2]) }),
    ShapeError,
    "whole: expected i32 [2, 2]; got f32 [2, 2]",
  );
  refused(
    "a constant that does not fit",
    () => compile(graph, { constants: { w: zeros([2]) } }),
    ShapeError,
    "w: expected f32 [2, 2]; got f32 [2]",
  );

  it("refuses a constant for which there is no input, as a fault of ours", () =>
    assert.rejects(compile(graph, { constants: { v: x } }), (fault) => {
      assert.ok(fault instanceof InternalError);
      assert.equal(fault.message, 'internal: constant "v" is not an input of the graph');
      return true;
    }));

  it("does not run after its release", async () => {
    const released = await compile(graph, { threads: 1 });
    await released.release();
    await assert.rejects(released.run({ x, w }));
  });
});
