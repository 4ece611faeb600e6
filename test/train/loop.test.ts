import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { namedParameters, type Parameters } from "../../src/nn/index.ts";
import { StoppedError } from "../../src/tensor/index.ts";
import { type LoopOptions, runStage } from "../../src/train/index.ts";
import { tinyStage } from "../support/tiny-stage.ts";

const folder = mkdtempSync(join(tmpdir(), "loop-"));
after(() => rmSync(folder, { recursive: true }));

const options = (more: Partial<LoopOptions> = {}): LoopOptions => ({
  threads: 1,
  device: "cpu",
  checkpoint: null,
  checkpointEvery: 7,
  fingerprint: "one",
  isStopped: () => false,
  onStep: () => {},
  ...more,
});
const bits = (parameters: Parameters): string =>
  [...namedParameters(parameters).values()].map(({ data }) => Buffer.from(data.buffer).toString("hex")).join(" ");

describe("the training loop", () => {
  it("makes the loss fall and reports every step", async () => {
    const reported: number[] = [];
    const { losses } = await runStage(tinyStage(60), options({ onStep: ({ step }) => reported.push(step) }));
    const mean = (values: Float32Array): number => values.reduce((a, b) => a + b, 0) / values.length;
    assert.ok(mean(losses.subarray(50)) < 0.5 * mean(losses.subarray(0, 10)));
    assert.deepEqual(
      reported,
      Array.from({ length: 60 }, (_, at) => at + 1),
    );
  });

  for (const stopAfter of [1, 7, 10, 19]) {
    it(`stopped after step ${stopAfter}, ends with the same bits as a straight run`, async () => {
      const straight = await runStage(tinyStage(20), options());
      const checkpoint = join(folder, `stop-${stopAfter}.safetensors`);
      let step = 0;
      const stopping = options({ checkpoint, onStep: () => step++, isStopped: () => step === stopAfter });
      await assert.rejects(
        runStage(tinyStage(20), stopping),
        (error) =>
          error instanceof StoppedError && error.message === `stopped in stage tiny after step ${stopAfter} of 20`,
      );
      const resumed = await runStage(tinyStage(20), options({ checkpoint }));
      assert.equal(bits(resumed.parameters), bits(straight.parameters));
      assert.deepEqual(resumed.losses, straight.losses);
    });
  }

  it("killed between checkpoints, goes on from the last one with the same bits", async () => {
    const straight = await runStage(tinyStage(20), options());
    const checkpoint = join(folder, "killed.safetensors");
    let step = 0;
    const dying = options({
      checkpoint,
      onStep: () => {
        if (++step === 17) throw new StoppedError("killed");
      },
    });
    await assert.rejects(runStage(tinyStage(20), dying), StoppedError);
    const resumed = await runStage(tinyStage(20), options({ checkpoint }));
    assert.equal(bits(resumed.parameters), bits(straight.parameters));
  });

  it("finished, gives its parameters without a further step", async () => {
    const checkpoint = join(folder, "finished.safetensors");
    const first = await runStage(tinyStage(5), options({ checkpoint }));
    const again = await runStage(tinyStage(5), options({ checkpoint, onStep: () => assert.fail("no step is due") }));
    assert.equal(bits(again.parameters), bits(first.parameters));
  });

  it("refuses the state of other data or settings, and a damaged one", async () => {
    const checkpoint = join(folder, "other.safetensors");
    await runStage(tinyStage(5), options({ checkpoint }));
    await assert.rejects(runStage(tinyStage(5), options({ checkpoint, fingerprint: "two" })), {
      name: "FormatError",
      message: `${checkpoint}: expected a state of stage tiny of this run; got one of other data or settings`,
    });
    writeFileSync(checkpoint, readFileSync(checkpoint).subarray(0, 300));
    await assert.rejects(runStage(tinyStage(5), options({ checkpoint })), { name: "FormatError" });
  });
});
