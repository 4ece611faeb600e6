import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { encodeGeoTiff, type Metrics } from "../../src/evaluate/index.ts";
import { type JobEvent, type JobResult, parseMetrics, runJob } from "../../src/mapping/index.ts";
import { readRaster, simulateScene } from "../../src/scene/index.ts";
import { type RunConfig, resolveConfig } from "../../src/train/index.ts";

const folder = mkdtempSync(join(tmpdir(), "job-"));
after(() => rmSync(folder, { recursive: true }));

const method = {
  network: { width: 8, heads: 2, patch: 6 },
  pretraining: { steps: 8, batch: 4 },
  features: { core: 4, windows: { mean: [1, 5], deviation: [5] } },
  head: { width: 8, steps: 12, count: 2 },
  checkpointEvery: 3,
  threads: 1,
};
const simulated = (out: string, more: object = {}): RunConfig =>
  resolveConfig(
    {
      name: "tiny",
      scene: { simulate: { height: 48, width: 40, sources: ["msi", "lidar"] } },
      split: { rule: "perClass:6" },
      baselines: ["rf"],
      ...method,
      out,
      ...more,
    },
    "tiny.yaml",
    folder,
  );
const train = (
  config: RunConfig,
  resume = false,
  onEvent = (_: JobEvent): void => {},
  stop = new AbortController(),
): Promise<JobResult> =>
  runJob(
    { job: "train", config, resume, overwrite: false, command: "symdiffuser train tiny.yaml" },
    { onEvent, stop: stop.signal },
  );
/** Numbers that do not depend on the clock or the machine. */
const numbers = ({ timingsSeconds: _t, peakMemoryBytes: _p, ...rest }: Metrics): object => rest;

describe("a training job", () => {
  let straight: JobResult | null = null;
  before(async () => {
    straight = await train(simulated(join(folder, "straight")));
  });

  it("leaves a map, a report, numbers and a model, and says how far it is", async () => {
    const events: JobEvent[] = [];
    const out = join(folder, "whole");
    const { metrics, files } = await train(simulated(out), false, (event) => events.push(event));
    for (const file of files) assert.ok(existsSync(file), file);
    const names = new Set(files.map((file) => basename(file)));
    for (const name of ["map.tif", "labels.tif", "split.tif", "split.gpkg"]) assert.ok(names.has(name), name);
    assert.deepEqual(numbers(parseMetrics(readFileSync(join(out, "metrics.json"), "utf8"))), numbers(metrics!));
    assert.equal(metrics!.split.test + metrics!.split.train, simulateLabels());
    assert.ok(Object.hasOwn(metrics!.baselines, "rf"));
    const tasks = new Set(events.flatMap((event) => (event.kind === "task" ? [event.task] : [])));
    for (const task of ["csdiff", "features", "head", "map"]) assert.ok(tasks.has(task), task);
    const map = await readRaster(join(out, "map.tif"));
    assert.equal(map.georeference?.crs?.epsg, 32632);
    const report = readFileSync(join(out, "report.html"), "utf8");
    assert.match(report, /<!doctype html>/i);
  });

  for (const [task, step] of [
    ["csdiff", 5],
    ["head", 9],
  ] as const) {
    it(`stopped at step ${step} of ${task}, ends with the same model, map and numbers when resumed`, async () => {
      const out = join(folder, `stopped-${task}`);
      const stop = new AbortController();
      const stopAt = (event: JobEvent): void => {
        if (event.kind === "task" && event.task === task && event.done === step) stop.abort();
      };
      await assert.rejects(train(simulated(out), false, stopAt, stop), { name: "StoppedError" });
      assert.ok(!existsSync(join(out, "metrics.json")));
      const resumed = await train(simulated(out), true);
      assert.deepEqual(numbers(resumed.metrics!), numbers(straight!.metrics!));
      for (const file of ["map.tif", "confidence.tif", "map.png"]) {
        assert.ok(readFileSync(join(out, file)).equals(readFileSync(join(folder, "straight", file))), file);
      }
    });
  }

  it("refuses to write over a run, and to resume one with other settings", async () => {
    const out = join(folder, "held");
    cpSync(join(folder, "straight"), out, { recursive: true });
    await assert.rejects(train(simulated(out)), {
      name: "ConfigError",
      message: `out: ${out} holds a run already — try --resume to go on with it, --overwrite to start anew`,
    });
    await assert.rejects(train(simulated(out, { seed: 9 }), true), {
      name: "ConfigError",
      message: "seed: expected 0 as in the run to resume; got 9",
    });
  });

  it("leaves nothing behind when the input cannot be used", async () => {
    const out = join(folder, "nothing");
    const file = join(folder, "cut.tif");
    const { sources, labels } = simulateScene({ height: 48, width: 40, sources: ["msi", "lidar"] });
    const [msi, lidar] = sources.map(({ raster }) => encodeGeoTiff(raster)) as [Uint8Array, Uint8Array];
    writeFileSync(file, msi.subarray(0, msi.length >> 1));
    writeFileSync(join(folder, "lidar.tif"), lidar);
    writeFileSync(join(folder, "labels.tif"), encodeGeoTiff({ height: 48, width: 40, bands: 1, data: labels!.data }));
    const scene = { sources: { msi: "cut.tif", lidar: "lidar.tif" }, labels: { file: "labels.tif" } };
    await assert.rejects(train(simulated(out, { scene })), { name: "FormatError" });
    assert.ok(!existsSync(out));
  });
});

describe("a finished run", () => {
  const straight = join(folder, "straight");
  const none = { onEvent: () => {}, stop: new AbortController().signal };

  it("maps its own scene again with the same bits, and other files of the same sources", async () => {
    const job = { job: "map", run: straight, sources: null, out: null, threads: 1 } as const;
    const { folder: out } = await runJob(job, none);
    assert.ok(readFileSync(join(out, "map.tif")).equals(readFileSync(join(straight, "map.tif"))));
    assert.ok(existsSync(join(out, "split.gpkg")));
    const { sources } = simulateScene({ seed: 1, height: 30, width: 50, sources: ["msi", "lidar"] });
    const files = Object.fromEntries(
      sources.map(({ name, raster }) => {
        const file = join(folder, `other-${name}.tif`);
        writeFileSync(file, encodeGeoTiff(raster));
        return [name, [file]];
      }),
    );
    cpSync(out, join(folder, "other"), { recursive: true });
    const other = await runJob({ ...job, sources: files, out: join(folder, "other") }, none);
    assert.ok(!existsSync(join(other.folder, "split.gpkg")), "the split of another scene");
    const map = await readRaster(join(other.folder, "map.tif"));
    assert.deepEqual([map.height, map.width], [30, 50]);
  });

  it("is scored again with the same numbers", async () => {
    const command = "symdiffuser evaluate straight --coverage 0.8";
    const job = { job: "evaluate", run: straight, labels: null, split: null, out: null, threads: 1, command } as const;
    const { metrics, folder: out } = await runJob(job, none);
    assert.ok(readFileSync(join(out, "report.html"), "utf8").includes(command));
    const before = parseMetrics(readFileSync(join(straight, "metrics.json"), "utf8"));
    assert.deepEqual(metrics!.confusion, before.confusion);
  });

  it("that is not there or did not end is refused", async () => {
    const job = { job: "map", run: join(folder, "absent"), sources: null, out: null, threads: 1 } as const;
    await assert.rejects(runJob(job, none), {
      name: "FormatError",
      message: `${join(folder, "absent")}: expected the folder of a run; got none`,
    });
  });
});

/** Labelled pixels of the simulated scene. */
function simulateLabels(): number {
  const { labels } = simulateScene({ height: 48, width: 40, sources: ["msi", "lidar"] });
  return labels!.data.filter((label) => label > 0).length;
}
