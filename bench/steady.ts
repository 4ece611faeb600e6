/**
 * @file Does a long training stay as fast and as small as it began?
 *
 * Run: node --import tsx bench/steady.ts [minutes 2]
 * Trains on the simulated scene of the demo, checkpoints included, until the time is up. Prints a JSON line each tenth
 * of it, and at last one that compares the last tenth with the first. The first ten seconds do not count: code is
 * compiled and memory taken then. Beside the time of a step stands its processor time, of all threads: on a machine
 * that does other work, too, only that tells whether steps became slower.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { demoConfig } from "../src/cli/demo.ts";
import { StoppedError } from "../src/tensor/index.ts";
import { type RunHooks, resolveConfig, trainRun } from "../src/train/index.ts";
import { median } from "./figures.ts";

const [minutes = "2"] = process.argv.slice(2);
const warmMs = 10_000;
const tenthMs = Number(minutes) * 6e3;
const sampleMs = 100;

/** One tenth of the time. */
interface Tenth {
  readonly stepMs: number[];
  /** Processor time of this process when the tenth began and ended, in microseconds. */
  readonly processorUs: [number, number];
  /** Resident memory, a few times a second. */
  readonly bytes: number[];
}
const tenths: Tenth[] = Array.from({ length: 10 }, () => ({ stepMs: [], processorUs: [0, 0], bytes: [] }));
const summary = ({ stepMs, processorUs, bytes }: Tenth) => ({
  steps: stepMs.length,
  stepMs: median(stepMs),
  processorMs: (processorUs[1] - processorUs[0]) / 1e3 / stepMs.length,
  megabytes: Math.round(median(bytes) / 1e6),
});

const processorUs = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

let startMs: number | null = null;
let lastMs = 0;
let sampledMs = 0;
let at = -1;
const hooks: RunHooks = {
  onOpened: () => {},
  isStopped: () => at >= 10,
  onTask: (_, __, ___, unit) => {
    if (unit !== "step") return;
    const now = performance.now();
    startMs ??= now + warmMs;
    const tenth = tenths[Math.floor((now - startMs) / tenthMs)];
    if (tenth !== undefined) {
      tenth.stepMs.push(now - lastMs);
      tenth.processorUs[1] = processorUs();
      if (tenth.stepMs.length === 1) tenth.processorUs[0] = tenth.processorUs[1];
      if (now - sampledMs >= sampleMs) {
        tenth.bytes.push(process.memoryUsage.rss());
        sampledMs = now;
      }
    }
    const reached = Math.floor((now - startMs) / tenthMs);
    if (reached > at && at >= 0) console.log(JSON.stringify({ tenth: at + 1, ...summary(tenths[at]!) }));
    at = reached;
    lastMs = now;
  },
};

const folder = mkdtempSync(join(tmpdir(), "steady-"));
const config = resolveConfig({ ...demoConfig, baselines: [], pretraining: { steps: 10_000_000 } }, "", process.cwd());
try {
  await trainRun(config, folder, { resume: false, overwrite: true }, hooks);
} catch (error) {
  if (!(error instanceof StoppedError)) throw error;
} finally {
  rmSync(folder, { recursive: true });
}
const [first, last] = [summary(tenths[0]!), summary(tenths[9]!)];
console.log(
  JSON.stringify({
    minutes: Number(minutes),
    stepsPerSecond: last.steps / (tenthMs / 1e3),
    stepTimeDrift: last.stepMs / first.stepMs - 1,
    processorTimeDrift: last.processorMs / first.processorMs - 1,
    memoryDrift: last.megabytes / first.megabytes - 1,
    megabytes: last.megabytes,
  }),
);
