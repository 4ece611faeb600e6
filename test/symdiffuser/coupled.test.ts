import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Csdiff, type CsdiffOptions, denoise, initCsdiff, perceptions } from "../../src/symdiffuser/csdiff.ts";
import { small } from "../../src/symdiffuser/index.ts";
import { noiseSchedule } from "../../src/symdiffuser/noise.ts";
import { pretrainingStage } from "../../src/symdiffuser/pretrain.ts";
import {
  childKey,
  constant,
  interpret,
  keyOf,
  type NdArray,
  ndarray,
  normal,
  trace,
  zeros,
} from "../../src/tensor/index.ts";

const channels = [2, 3];
const text = normal(keyOf(0), [2, 4]);

function optionsOf(perception: CsdiffOptions["perception"]): CsdiffOptions {
  return { ...small.network, width: 8, heads: 2, patch: 3, perception };
}

/** Random weights everywhere, also where training starts at zero. */
function network(options: CsdiffOptions): Csdiff {
  const shaken = (tree: unknown, at: number): unknown => {
    if (Array.isArray(tree)) return tree.map((part, index) => shaken(part, 7 * at + index));
    const { shape, dtype } = tree as NdArray;
    if (shape !== undefined && dtype !== undefined) return normal(childKey(keyOf(1), at), shape);
    const parts = Object.entries(tree as object).map(([name, part], index) => [name, shaken(part, 7 * at + index + 1)]);
    return Object.fromEntries(parts);
  };
  return shaken(initCsdiff(keyOf(2), channels, 4, options), 1) as Csdiff;
}

/** Features of both sources in two tiles. */
function features(options: CsdiffOptions, coupled: readonly number[] | boolean, second = keyOf(5)): NdArray[] {
  const latents = { a: normal(keyOf(4), [2, 9, 2]), b: normal(second, [2, 9, 3]) };
  const t = ndarray(Int32Array.of(-1, 300), [2], "i32");
  const switches = typeof coupled === "boolean" ? coupled : constant(ndarray([...coupled], [2, 1, 1]));
  const weights = network(options) as unknown as Parameters<typeof denoise>[0];
  const symbolic = (tree: unknown): unknown => {
    if (Array.isArray(tree)) return tree.map(symbolic);
    if ((tree as NdArray).shape !== undefined) return constant(tree as NdArray);
    return Object.fromEntries(Object.entries(tree as object).map(([name, part]) => [name, symbolic(part)]));
  };
  const graph = trace({ ...latents, t }, (inputs) => {
    const condition = { ids: null, text: constant(text), coupled: switches };
    const told = symbolic(weights) as typeof weights;
    const halves = denoise(told, [inputs.a, inputs.b], inputs.t, condition, options);
    return { a: halves[0]!.features, b: halves[1]!.features };
  });
  const { a, b } = interpret(graph, { ...latents, t }) as { a: NdArray; b: NdArray };
  return [a, b];
}

const tile = ({ data, shape }: NdArray, at: number): number[] => {
  const length = data.length / shape[0]!;
  return Array.from(data.subarray(at * length, (at + 1) * length), (value) => Number(value.toFixed(5)));
};

describe("sources that see each other, or do not", () => {
  for (const perception of perceptions.filter((name) => name !== "none")) {
    const options = optionsOf(perception);
    it(`${perception}: a source alone knows nothing of the other`, () => {
      const [a] = features(options, false);
      const [same] = features(options, false, keyOf(6));
      const [coupled] = features(options, true);
      const [other] = features(options, true, keyOf(6));
      assert.deepEqual(tile(a!, 0), tile(same!, 0));
      assert.notDeepEqual(tile(coupled!, 0), tile(other!, 0));
    });

    it(`${perception}: each tile is as its switch says`, () => {
      const mixed = features(options, [0, 1]);
      const [alone, together] = [features(options, false), features(options, true)];
      for (const source of [0, 1]) {
        assert.deepEqual(tile(mixed[source]!, 0), tile(alone[source]!, 0));
        assert.deepEqual(tile(mixed[source]!, 1), tile(together[source]!, 1));
      }
    });
  }
});

describe("batches of pre-training", () => {
  const side = 8;
  const grid = { height: side, width: side };
  const latents = channels.map((count) => ({
    ...grid,
    channels: count,
    data: normal(keyOf(7), [side * side * count]).data,
  }));
  const data = { ...grid, latents, valid: null, trainingLabels: new Uint16Array(side * side) };
  const drawn = (perception: CsdiffOptions["perception"], alone: number, stepPower: number) => {
    const options = optionsOf(perception);
    const how = { ...small.pretraining, batch: 1000, alone, stepPower };
    const start = initCsdiff(keyOf(2), channels, 4, options);
    const schedule = noiseSchedule("linear", options.steps);
    return pretrainingStage("csdiff", keyOf(8), data, start, zeros([2, 4]), schedule, options, how).batches(0);
  };
  const mean = ({ data }: NdArray): number => Array.from(data).reduce((sum, value) => sum + value, 0) / data.length;

  it("leave sources alone in the share of tiles that is asked for", () => {
    assert.ok(Math.abs(mean(drawn("attention", 0.3, 1)["coupled"]!) - 0.7) < 0.05);
    assert.equal(drawn("attention", 0, 1)["coupled"], undefined);
    assert.equal(drawn("none", 0.3, 1)["coupled"], undefined);
  });

  it("prefer little noise by the power that is asked for", () => {
    for (const power of [1, 3]) {
      const { data } = drawn("attention", 0.5, power)["t"]!;
      assert.ok(data.every((t) => t >= 0 && t < 1000));
      assert.ok(Math.abs(mean(drawn("attention", 0.5, power)["t"]!) - 1000 / (power + 1)) < 40);
    }
  });
});
