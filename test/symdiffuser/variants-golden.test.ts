import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { initialState, namedParameters, rateInput, type Symbolic, trainingStep } from "../../src/nn/index.ts";
import { type Autoencoder, autoencoderLoss, encode } from "../../src/symdiffuser/autoencoder.ts";
import { type Csdiff, type CsdiffOptions, csdiffLoss } from "../../src/symdiffuser/csdiff.ts";
import { ddimStep, noiseSchedule, type Prediction, predictions } from "../../src/symdiffuser/noise.ts";
import { add, interpret, mul, type NdArray, ndarray, reshape, sum, type Tensor } from "../../src/tensor/index.ts";
import { assertClose, assertGolden, goldenCase } from "../support/golden.ts";

const schedule = noiseSchedule("linear", 1000);

describe("DDIM agrees with PyTorch whatever the denoiser estimates", () => {
  for (const prediction of predictions) {
    it(prediction, () => {
      const arrays = goldenCase("variants", `ddim.${prediction}`);
      const steps = [...arrays.get("in/t")!.data];
      let x: Float32Array = Float32Array.from(arrays.get("in/x")!.data);
      const expected = arrays.get("out")!;
      for (const [at, t] of steps.entries()) {
        const estimate = x.map((value) => 0.8 * Math.sin(value) + (0.2 * t) / 1000);
        x = ddimStep(x, estimate, t, steps[at + 1] ?? -1, schedule, prediction);
        const part = ndarray(Float32Array.from(expected.data.subarray(at * x.length, (at + 1) * x.length)), [x.length]);
        assertClose(ndarray(x, [x.length]), part, 1e-4, `step ${at}`);
      }
    });
  }

  it("reaches the clean latent in one step from what is true of it", () => {
    const [x0, eps, t] = [Float32Array.of(0.5, -2), Float32Array.of(-1, 0.25), 600];
    const [signal, noise] = [Math.sqrt(schedule.alphaBar[t]!), Math.sqrt(1 - schedule.alphaBar[t]!)];
    const x = x0.map((value, at) => signal * value + noise * eps[at]!);
    const truth = { noise: eps, latent: x0, velocity: x0.map((value, at) => signal * eps[at]! - noise * value) };
    for (const prediction of predictions) {
      const reached = ddimStep(x, truth[prediction], t, -1, schedule, prediction);
      assertClose(ndarray(reached, [2]), ndarray(x0, [2]), 1e-5, prediction);
    }
  });
});

describe("the coupled loss and its gradients agree with PyTorch", () => {
  const common = { width: 4, skips: 1, heads: 2, mlpRatio: 2, patch: 2, steps: 1000 } as const;
  type Case = Pick<CsdiffOptions, "coupling" | "perception" | "tci"> & { sources: number; prediction: Prediction };
  const pair = { coupling: "chain", perception: "attention", tci: true, sources: 2, prediction: "noise" } as const;
  const cases: Readonly<Record<string, Case>> = {
    latent: { ...pair, prediction: "latent" },
    velocity: { ...pair, prediction: "velocity" },
    concat: { ...pair, perception: "concat", tci: false },
    all3: { ...pair, sources: 3, coupling: "all" },
    all4: { ...pair, sources: 4, coupling: "all", perception: "concat", tci: false, prediction: "velocity" },
    chain4: { ...pair, sources: 4 },
  };
  for (const [name, { sources, prediction, ...variant }] of Object.entries(cases)) {
    it(`${name}: ${sources} sources, ${variant.coupling}, ${variant.perception}, ${prediction}`, () =>
      assertGolden(goldenCase("variants", `csdiff.${name}`), (inputs, p) => {
        const tree = Object.values(p).map((half) => ({ mpb: [], concat: [], tci: [], ...(half as object) }));
        const each = (part: string): Tensor[] => Array.from({ length: sources }, (_, s) => inputs[`${s}.${part}`]!);
        const condition = { ids: inputs["ids"] ?? null, text: inputs["text"] as Tensor };
        const weights = tree as unknown as Symbolic<Csdiff>;
        const options = { ...common, ...variant };
        const noise = each("eps");
        return csdiffLoss(weights, each("x0"), noise, inputs["t"]!, condition, schedule, options, null, prediction);
      }));
  }
});

describe("parts of a network that learn with a share of the rate", () => {
  it("take the steps of PyTorch's parameter groups", () => {
    const golden = goldenCase("variants", "adamw.shares");
    const at = (name: string): NdArray<"f32"> => golden.get(name) as NdArray<"f32">;
    const parameters = {
      network: { weight: at("param/network.weight") },
      head: { weight: at("param/head.weight"), bias: at("param/head.bias") },
    };
    const names = [...namedParameters(parameters).keys()];
    const adamw = { betas: [0.9, 0.99], weightDecay: 0.1, clipNorm: 1, rateShares: { network: 0.1 } } as const;
    const batch = Object.fromEntries(
      names.map((name) => [name, { shape: at(`param/${name}`).shape, dtype: "f32" as const }]),
    );
    // A loss that is linear in the parameters has the given arrays as its gradient.
    const graph = trainingStep(
      {
        parameters,
        batch,
        loss: ({ network, head }, given) =>
          [network.weight, head.weight, head.bias]
            .map((p, index) => reshape(sum(mul(p, given[names[index]!]!)), []))
            .reduce((a, b) => add(a, b)),
      },
      adamw,
    );
    let state: Record<string, NdArray> = { ...initialState(parameters, false) };
    for (let step = 0; step < 3; step++) {
      const given = Object.fromEntries(names.map((name) => [name, at(`in/${step}/${name}`)]));
      state = interpret(graph, { ...state, rate: rateInput(0.01, step, adamw), ...given });
      const { loss: _, gradientNorm: __, ...next } = state;
      state = next;
      const expected = Float32Array.from(names.flatMap((name) => [...at(`out/${step}/${name}`).data]));
      assertClose(state["parameters"]!, ndarray(expected, [expected.length]), 1e-5, `step ${step}`);
    }
  });
});

describe("the autoencoders of stage 0 agree with PyTorch, loss and gradients", () => {
  for (const kind of ["vit", "vae"]) {
    it(kind, () => {
      const arrays = goldenCase("variants", `autoencoder.${kind}`);
      assert.equal(arrays.has("in/noise"), kind === "vae");
      return assertGolden(arrays, ({ x, valid, noise }, p) => {
        const weights = p as unknown as Symbolic<Autoencoder>;
        return {
          out: autoencoderLoss(weights, x!, valid!, noise ?? null, 1e-3),
          "out/latent": encode(weights, x!),
        };
      });
    });
  }
});
