import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import type { Metrics } from "../../src/evaluate/index.ts";
import { doJob, type Job, type JobResult } from "../../src/mapping/job.ts";
import { ConfigError, DataError, StoppedError } from "../../src/tensor/index.ts";
import { type RunConfig, resolveConfig } from "../../src/train/index.ts";

const folder = mkdtempSync(join(tmpdir(), "methods-"));
after(() => rmSync(folder, { recursive: true }));

function configOf(method: string, out: string, more: object = {}): RunConfig {
  const scene = { simulate: { height: 40, width: 32, sources: ["msi", "lidar"] } };
  const settings = { name: "tiny", scene, split: { rule: "perClass:6" }, method, epochs: 2, threads: 1 };
  return resolveConfig({ ...settings, baselines: ["knn-pixel"], out: join(folder, out), ...more }, "", folder);
}

const run = (job: Job, stop = new AbortController(), onTask = (_: string): void => {}): Promise<JobResult> =>
  doJob(job, {
    onEvent: (event) => onTask(event.kind === "task" ? event.task : ""),
    isStopped: () => stop.signal.aborted,
  });
const train = (config: RunConfig, resume = false): Job => {
  return { job: "train", config, resume, overwrite: false, command: "" };
};
const scoresOf = ({ method, confusion }: Metrics): object => ({ method, confusion });
const mapOf = (...path: string[]): Buffer => readFileSync(join(folder, ...path, "map.tif"));

describe("a run of a compared method", () => {
  it("leaves what a run leaves; map and evaluate give the same again", async () => {
    const { metrics } = await run(train(configOf("s2enet", "whole")));
    assert.equal(metrics!.method, "S²ENet");
    assert.deepEqual(Object.keys(metrics!.baselines), ["knn-pixel"]);
    const own = { sources: null, labels: null, split: null, out: null, threads: 1 } as const;
    await run({ job: "map", run: join(folder, "whole"), ...own });
    assert.ok(mapOf("whole").equals(mapOf("whole", "map")));
    const again = await run({ job: "evaluate", run: join(folder, "whole"), ...own, command: "" });
    assert.deepEqual(scoresOf(again.metrics!), scoresOf(metrics!));
  });

  it("goes on where it was stopped, and ends with the same numbers", async () => {
    const config = configOf("cnn", "stopped", { epochs: 4 });
    const stop = new AbortController();
    const stopped = run(train(config), stop, (task) => {
      if (task === "cnn") stop.abort();
    });
    await assert.rejects(stopped, StoppedError);
    const { metrics } = await run(train(config, true));
    const whole = await run(train(configOf("cnn", "straight", { epochs: 4 })));
    assert.deepEqual(scoresOf(metrics!), scoresOf(whole.metrics!));
  });

  it("refuses what it cannot do", async () => {
    const three = { scene: { simulate: { height: 40, width: 32, sources: ["msi", "lidar", "sar"] } } };
    await assert.rejects(
      run(train(configOf("s2enet", "three", three))),
      new ConfigError("method", "expected 2 sources, as S²ENet was made for; got 3: msi, lidar, sar", 3),
    );
    await run(train(configOf("knn", "knn")));
    const job = { job: "map", run: join(folder, "knn"), sources: null, out: null, threads: 1 } as const;
    const entropy = { entropy: false, labelSets: null, abstain: "sets" } as const;
    await assert.rejects(run({ ...job, uncertainty: entropy }), DataError);
  });
});
