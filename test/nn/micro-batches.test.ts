import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type BatchSpec,
  compileMicroBatches,
  initialState,
  initLinear,
  type Linear,
  linear,
  meanSquaredError,
  microBatches,
  type Parameters,
  rateInput,
  type Stage,
  trainingStep,
} from "../../src/nn/index.ts";
import {
  type Arrays,
  childKey,
  compileStateful,
  type Graph,
  keyOf,
  type NdArray,
  normal,
  zeros,
} from "../../src/tensor/index.ts";
import { assertClose } from "../support/golden.ts";
import { tinyStage } from "../support/tiny-stage.ts";

const key = keyOf(11);

/** Tokens of which some do not count: fewer in the later tiles. */
function maskedStage(): Stage<Linear> {
  const [B, N] = [8, 5];
  const weightOf = ({ valid }: Arrays): number => (valid!.data as Float32Array).reduce((a, b) => a + b, 0);
  return {
    ...tinyStage(3, null),
    parameters: initLinear(childKey(key, "start"), 3, 2),
    batch: {
      x: { shape: [B, N, 3], dtype: "f32" },
      y: { shape: [B, N, 2], dtype: "f32" },
      valid: { shape: [B, N], dtype: "f32" },
    },
    loss: (weights, { x, y, valid }) => meanSquaredError(linear(weights, x!), y!, valid!),
    batches: (step) => {
      const valid = zeros([B, N]);
      for (let at = 0; at < B * N; at++) valid.data[at] = at % N <= 4 - Math.floor(at / N / 2) ? 1 : 0;
      const drawn = (name: string, channels: number): NdArray =>
        normal(childKey(childKey(key, name), step), [B, N, channels]);
      return { x: drawn("x", 3), y: drawn("y", 2), valid };
    },
    microBatches: microBatches(B, weightOf),
  };
}

async function threeSteps(
  stage: Pick<Stage, "adamw" | "batches">,
  program: Awaited<ReturnType<typeof compileStateful>>,
): Promise<Arrays> {
  const losses = zeros([3]);
  for (let step = 0; step < 3; step++) {
    const { loss } = await program.run({ rate: rateInput(0.1, step, stage.adamw), ...stage.batches(step) });
    losses.data[step] = loss!.data[0]!;
  }
  const state = Object.entries(await program.state()).map(([name, one]) => [name, { ...one, data: one.data.slice() }]);
  await program.release();
  return { ...Object.fromEntries(state), losses };
}

/** Typed by its parameters, as a stage's step is. */
function whole<P extends Parameters, Batch extends BatchSpec>(stage: Stage<P, Batch>): Graph {
  return trainingStep(stage, stage.adamw, stage.averageDecay);
}

const start = (stage: Pick<Stage, "parameters" | "averageDecay">) =>
  initialState(stage.parameters, stage.averageDecay !== null);

describe("a step in micro-batches", () => {
  const compared = <P extends Parameters, Batch extends BatchSpec>(name: string, stage: Stage<P, Batch>): void => {
    it(`is the step of the whole batch (${name})`, async () => {
      assert.equal(stage.microBatches.count, 4);
      const parts = await threeSteps(stage, await compileMicroBatches(stage, start(stage), 2));
      const program = await compileStateful(whole(stage), { ...start(stage) }, { threads: 1 });
      const expected = await threeSteps(stage, program);
      for (const each of Object.keys(expected)) assertClose(parts[each]!, expected[each]!, 1e-5, each);
    });

    it(`has the same numbers with any number of threads (${name})`, async () => {
      const [one, three] = await Promise.all(
        [1, 3].map(async (threads) => threeSteps(stage, await compileMicroBatches(stage, start(stage), threads))),
      );
      for (const each of Object.keys(one!)) assert.deepEqual(one![each]!.data, three![each]!.data);
    });
  };
  compared("plain", tinyStage(3));
  compared("masked", maskedStage());

  it("takes as many parts as divide the batch, at most four", () => {
    assert.deepEqual(
      [1, 2, 3, 5, 6, 7, 8, 32].map((size) => microBatches(size).count),
      [1, 2, 3, 1, 3, 1, 4, 4],
    );
  });
});
