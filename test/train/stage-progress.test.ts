import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Stage } from "../../src/nn/index.ts";
import { stageProgress, stopwatch } from "../../src/train/stage-progress.ts";

const stageOf = (name: string, steps: number): Pick<Stage, "name" | "schedule"> => ({
  name,
  schedule: { rate: 1, steps, warmUp: 0, floor: 1 },
});

describe("progress of stages", () => {
  it("is told by name of one alone, by what names share of several side by side", () => {
    const told: (string | number)[][] = [];
    const { begin, step, end } = stageProgress((...words) => told.push(words));
    const one = stageOf("csdiff", 3);
    begin(one);
    step({ stage: "csdiff", step: 2, steps: 3, loss: 0.5 });
    end(one);
    const heads = [stageOf("head.0", 4), stageOf("head.1", 4)];
    for (const stage of heads) begin(stage);
    step({ stage: "head.0", step: 3, steps: 4, loss: 0.4 });
    step({ stage: "head.1", step: 4, steps: 4, loss: 0.3 });
    end(heads[1]!);
    step({ stage: "head.0", step: 4, steps: 4, loss: 0.2 });
    end(heads[0]!);
    const later = stageOf("head.2", 5);
    begin(later);
    step({ stage: "head.2", step: 1, steps: 5, loss: 0.1 });
    assert.deepEqual(told, [
      ["csdiff", 2, 3, 0.5],
      ["head", 3, 8, 0.4],
      ["head", 7, 8, 0.3],
      ["head", 8, 8, 0.2],
      ["head.2", 1, 5, 0.1],
    ]);
  });
});

describe("progress of a resumed run", () => {
  it("counts a stage that was trained before", () => {
    const told: (string | number)[][] = [];
    const { begin, step, end } = stageProgress((...words) => told.push(words));
    const heads = [stageOf("head.0", 4), stageOf("head.1", 4)];
    for (const stage of heads) begin(stage);
    end(heads[0]!);
    step({ stage: "head.1", step: 3, steps: 4, loss: 0.2 });
    step({ stage: "head.1", step: 4, steps: 4, loss: 0.1 });
    assert.deepEqual(told, [
      ["head", 7, 8, 0.2],
      ["head", 8, 8, 0.1],
    ]);
  });
});

describe("stopwatch", () => {
  it("counts time once where parts of one name overlap", async () => {
    let ms = 0;
    const { timings, time } = stopwatch(() => ms);
    const until = [1000, 3000].map((end) =>
      time("head", async () => {
        while (ms < end) await new Promise(setImmediate);
      }),
    );
    ms = 1000;
    await until[0];
    ms = 3000;
    await Promise.all(until);
    assert.deepEqual(timings, { head: 3 });
    await time("head", () => {
      ms = 3500;
    });
    assert.deepEqual(timings, { head: 3.5 });
  });
});
