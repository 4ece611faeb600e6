import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { Image } from "../../src/scene/index.ts";
import { denoisingErrors } from "../../src/symdiffuser/consistency.ts";
import type { Csdiff } from "../../src/symdiffuser/csdiff.ts";
import { positionNoises } from "../../src/symdiffuser/denoiser-program.ts";
import { sampleLatents } from "../../src/symdiffuser/sample.ts";
import { childKey, keyOf } from "../../src/tensor/index.ts";
import { coupledLatents, coupledNetwork, coupledOptions, noText, side } from "../support/coupled-scene.ts";

const compute = { threads: 1, device: "cpu" } as const;
const latents = coupledLatents();
const [a, b] = latents as [Image, Image];
let network: Csdiff;
before(async () => {
  network = await coupledNetwork(latents);
});

const meanOf = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, x) => sum + x, 0) / values.length;

function correlation(x: Float32Array, y: Float32Array): number {
  const [mx, my] = [meanOf(x), meanOf(y)];
  const moment = (p: Float32Array, mp: number, q: Float32Array, mq: number): number =>
    meanOf(p.map((value, at) => (value - mp) * (q[at]! - mq)));
  return moment(x, mx, y, my) / Math.sqrt(moment(x, mx, x, mx) * moment(y, my, y, my));
}

const squaredError = (x: Float32Array, y: Float32Array): number => meanOf(x.map((value, at) => (value - y[at]!) ** 2));

describe("a few seconds of training give samples of p(A | B) that follow B", () => {
  for (const [source, name] of ["A", "B"].entries()) {
    it(`${name} from the other: nearer to the truth than the mean is`, async () => {
      const truth = latents[source]!.data;
      const missing = latents.map((_, at) => (at === source ? new Uint8Array(side * side).fill(1) : null));
      const mean = new Float32Array(side * side);
      for (let draw = 0; draw < 3; draw++) {
        const noises = positionNoises(latents, childKey(keyOf(0), draw), { row: 0, col: 0 });
        const how = { steps: 10, known: "clean" } as const;
        const sampled = await sampleLatents(
          ...([network, latents, missing, noises, noText, coupledOptions, how, compute] as const),
        );
        for (const [at, value] of sampled[source]!.data.entries()) mean[at]! += value / 3;
      }
      const r = correlation(mean, truth);
      const [own, ofMean] = [
        squaredError(mean, truth),
        squaredError(
          truth.map(() => meanOf(truth)),
          truth,
        ),
      ];
      assert.ok(r > 0.5, `correlation ${r}`);
      assert.ok(own < 0.8 * ofMean, `squared error ${own}, of the mean ${ofMean}`);
    });
  }
});

/** Probability that a pixel inside has a larger value than one outside. */
function areaUnderCurve(values: Float32Array, inside: Uint8Array): number {
  const order = [...values.keys()].sort((p, q) => values[p]! - values[q]!);
  let [ranks, count] = [0, 0];
  for (const [rank, pixel] of order.entries()) if (inside[pixel] === 1) [ranks, count] = [ranks + rank + 1, count + 1];
  return (ranks - (count * (count + 1)) / 2) / (count * (values.length - count));
}

describe("the error of denoising one source given the other", () => {
  const levels = [0.3, 0.5, 0.7];
  const errors = (of: readonly Image[]): Promise<Float32Array[]> =>
    denoisingErrors(...([network, of, null, noText, keyOf(0), coupledOptions, { levels, draws: 2 }, compute] as const));

  it("rises where a source is shifted by three pixels", async () => {
    const shifted = b.data.map((_, at) => b.data[Math.floor(at / side) * side + (((at % side) + 3) % side)]!);
    const [straight, moved] = [await errors(latents), await errors([a, { ...b, data: shifted }])];
    for (const source of [0, 1])
      assert.ok(meanOf(moved[source]!) > 1.2 * meanOf(straight[source]!), `source ${source}`);
  });

  it("is larger in a bright cloud", async () => {
    const cloud = a.data.map((_, at) => Number(Math.hypot(Math.floor(at / side) - 15, (at % side) - 22) < 6));
    const clouded = { ...a, data: a.data.map((value, at) => (cloud[at] === 1 ? 2.5 : value)) };
    const found = await errors([clouded, b]);
    const area = found.map((error) => areaUnderCurve(error, Uint8Array.from(cloud)));
    for (const one of area) assert.ok(one > 0.7, `area under the curve ${one}`);
  });
});
