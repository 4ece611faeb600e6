import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { initialState, rateInput, trainingStep } from "../../src/nn/index.ts";
import { add, compile, interpret, mul, type NdArray, reshape, sum, type Tensor } from "../../src/tensor/index.ts";
import { assertClose, goldenCase } from "../support/golden.ts";

describe("AdamW", () => {
  it("takes PyTorch's three steps, with clipping and decay of weights only", async () => {
    const golden = goldenCase("adamw", "adamw");
    const start = (name: string): NdArray<"f32"> => golden.get(`param/${name}`) as NdArray<"f32">;
    const parameters = {
      embed: { weight: start("embed.weight"), bias: start("embed.bias") },
      norm: { scale: start("norm.scale") },
      position: start("position"),
    };
    const names = ["embed.weight", "embed.bias", "norm.scale", "position"] as const;
    const adamw = { betas: [0.9, 0.99], weightDecay: 0.1, clipNorm: 1 } as const;
    const spec = (name: string): { shape: readonly number[]; dtype: "f32" } => ({
      shape: start(name).shape,
      dtype: "f32",
    });
    const batch = Object.fromEntries(names.map((name) => [name, spec(name)]));
    // A loss that is linear in the parameters has the given arrays as its gradient.
    const graph = trainingStep(
      {
        parameters,
        batch,
        loss: (weights, given) => {
          const terms: [Tensor, Tensor][] = [
            [weights.embed.weight, given["embed.weight"]!],
            [weights.embed.bias, given["embed.bias"]!],
            [weights.norm.scale, given["norm.scale"]!],
            [weights.position, given["position"]!],
          ];
          return terms.map(([p, g]) => reshape(sum(mul(p, g)), [])).reduce((a, b) => add(a, b));
        },
      },
      adamw,
      0.9,
    );
    const program = await compile(graph, { threads: 1 });
    let state: Record<string, NdArray> = { ...initialState(parameters, true) };
    let average = state["average"]!;
    for (let step = 0; step < 3; step++) {
      const rate = golden.get("in/lr")!.data[step]!;
      const given = Object.fromEntries(names.map((name) => [name, golden.get(`in/${step}/${name}`)!]));
      const feeds = { ...state, rate: rateInput(rate, step, adamw), ...given };
      const next = await program.run(feeds);
      const oracle = interpret(graph, feeds);
      const expected = (part: string): NdArray => {
        const pieces = names.map((name) => golden.get(`out/${step}/${part}${name}`)!.data as Float32Array);
        const data = Float32Array.from(pieces.flatMap((piece) => [...piece]));
        return { dtype: "f32", shape: [data.length], data };
      };
      assertClose(next["parameters"]!, expected(""), 1e-6, "parameters");
      assertClose(next["first"]!, expected("m/"), 1e-6, "first moment");
      assertClose(next["second"]!, expected("v/"), 1e-6, "second moment");
      assertClose(oracle["parameters"]!, expected(""), 1e-6, "interpreted parameters");
      assert.ok(Math.abs(next["gradientNorm"]!.data[0]! - golden.get("out/norm")!.data[step]!) < 1e-4);
      const moved = Float32Array.from(average.data, (value, at) => 0.9 * value + 0.1 * next["parameters"]!.data[at]!);
      assertClose(next["average"]!, { dtype: "f32", shape: average.shape, data: moved }, 1e-6, "average");
      average = next["average"]!;
      state = Object.fromEntries(["parameters", "first", "second", "average"].map((name) => [name, next[name]!]));
    }
    await program.release();
  });
});
