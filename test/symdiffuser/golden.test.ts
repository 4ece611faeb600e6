import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dropout, type Symbolic } from "../../src/nn/index.ts";
import { type Csdiff, type CsdiffOptions, csdiffLoss, denoise } from "../../src/symdiffuser/csdiff.ts";
import { type Head, head } from "../../src/symdiffuser/head.ts";
import { type Mpb, mpb } from "../../src/symdiffuser/mpb.ts";
import { ddimStep, noised, noiseSchedule } from "../../src/symdiffuser/noise.ts";
import { type Tci, tci } from "../../src/symdiffuser/tci.ts";
import { type Uvit, uvit } from "../../src/symdiffuser/uvit.ts";
import { concat, mul, type NdArray, ndarray, type Tensor } from "../../src/tensor/index.ts";
import { assertClose, assertGolden, goldenCase } from "../support/golden.ts";

const as = <P>(parameters: unknown): Symbolic<P> => parameters as Symbolic<P>;
const linearSchedule = noiseSchedule("linear", 1000);

describe("the method's parts agree with PyTorch, forward and gradients", () => {
  for (const name of ["uvit.n1", "uvit.n2"]) {
    it(name, () =>
      assertGolden(goldenCase("uvit", name), ({ x, t }, p) => {
        const { features, estimate } = uvit(as<Uvit>(p), x!, t!, 2, 1000);
        return { out: concat([features, estimate], -1), "out/features": features, "out/noise": estimate };
      }),
    );
  }
  it("modality perception block", () =>
    assertGolden(goldenCase("coupling", "mpb"), ({ own, other }, p) => mpb(as<Mpb>(p), own!, other!, 2)));
  it("task-oriented condition injection", () =>
    assertGolden(goldenCase("coupling", "tci"), ({ x, ids, text }, p) => tci(as<Tci>(p), x!, ids!, text!, 2)));
  it("fusion head in prediction", () =>
    assertGolden(goldenCase("head", "head.eval"), (x, p) => head(as<Head>(p), [x["z.0"]!, x["z.1"]!])));

  it("fusion head without blocks", () =>
    assertGolden(goldenCase("head", "head.alone"), (x, p) =>
      head({ ...as<Head>(p), blocks: [] }, [x["z.0"]!, x["z.1"]!]),
    ));

  for (const name of ["csdiff.s2", "csdiff.s3", "csdiff.plain"]) {
    it(`${name}: loss, features and noise of every source`, () => {
      const arrays = new Map<string, NdArray>();
      // The reference names a source's only perception block and condition block without a number.
      for (const [key, array] of goldenCase("csdiff", name)) arrays.set(key.replace(/(mpb|tci)\./, "$1.0."), array);
      const sources = name === "csdiff.s3" ? 3 : 2;
      const plain = name === "csdiff.plain";
      const options: CsdiffOptions = {
        width: 8,
        skips: 1,
        heads: 2,
        mlpRatio: 2,
        patch: 3,
        steps: 1000,
        coupling: "chain",
        perception: plain ? "none" : "attention",
        tci: !plain,
      };
      return assertGolden(arrays, (inputs, p) => {
        const tree = Array.isArray(p) ? p : Object.values(p);
        const weights = as<Csdiff>(tree.map((half) => ({ mpb: [], concat: [], tci: [], ...(half as object) })));
        const each = (part: string): Tensor[] => Array.from({ length: sources }, (_, s) => inputs[`${s}.${part}`]!);
        const condition = { ids: inputs["ids"] ?? null, text: inputs["text"] as Tensor };
        const t = inputs["t"]!;
        const out = csdiffLoss(weights, each("x0"), each("eps"), t, condition, linearSchedule, options);
        const noisy = each("x0").map((x0, s) => noised(x0, each("eps")[s]!, t, linearSchedule));
        const halves = denoise(weights, noisy, t, condition, options);
        return {
          out,
          ...Object.fromEntries(
            halves.flatMap((half, s) => [
              [`out/${s}.features`, half.features],
              [`out/${s}.noise`, half.estimate],
            ]),
          ),
        };
      });
    });
  }
});

describe("the noise process agrees with PyTorch", () => {
  for (const name of ["linear", "cosine"] as const) {
    it(`${name} schedule`, () => {
      const arrays = goldenCase("diffusion", `schedule.${name}`);
      const { alphaBar, beta } = noiseSchedule(name, 1000);
      assertClose(ndarray([...alphaBar], [1000]), arrays.get("out")!, 1e-6, "alphaBar");
      assertClose(ndarray([...beta], [1000]), arrays.get("out/beta")!, 1e-6, "beta");
    });
  }
  it("noised", () =>
    assertGolden(goldenCase("diffusion", "noised"), ({ x0, eps, t }) => noised(x0!, eps!, t!, linearSchedule)));
  it("DDIM: four steps of a given noise function", () => {
    const arrays = goldenCase("diffusion", "ddim");
    const steps = [...arrays.get("in/t")!.data];
    let x: Float32Array = Float32Array.from(arrays.get("in/x")!.data);
    const expected = arrays.get("out")!;
    for (const [at, t] of steps.entries()) {
      const noise = x.map((value) => 0.8 * Math.sin(value) + (0.2 * t) / 1000);
      x = ddimStep(x, noise, t, steps[at + 1] ?? -1, linearSchedule);
      const part = ndarray(Float32Array.from(expected.data.subarray(at * x.length, (at + 1) * x.length)), [x.length]);
      assertClose(ndarray(x, [x.length]), part, 1e-4, `step ${at}`);
    }
  });
  it("is exact at t = −1", () => {
    assert.equal(linearSchedule.alphaBar[0], 1 - 1e-4);
  });
});

describe("fusion head in training", () => {
  it("agrees with PyTorch for a given dropout mask", () => {
    const arrays = goldenCase("head", "head.dropout");
    return assertGolden(arrays, ({ mask, ...x }, p) =>
      head(as<Head>(p), [dropout(x["z.0"]!, mul(mask!, 1 / (1 - 0.3))), x["z.1"]!]),
    );
  });
});
