/**
 * @file How many pixels of a scene are mapped in a second, from files to GeoTIFF, with a trained model at hand?
 *
 * Run: node --import tsx bench/mapping.ts CONFIG [repetitions 3] [key=value …]
 * where a key is one of the configuration, as `threads=1`. The model is trained for a few steps only: its speed does not
 * depend on what it learned. Prints a JSON line for each repetition: wall time, and the processor time of all threads,
 * which other work on the machine hardly disturbs.
 *
 * Run: node --import tsx bench/mapping.ts --large 5000,10000,20000 [threads 0]
 * for the memory and speed of mapping sparse scenes of these sides, next to a small one.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { doJob } from "../src/mapping/job.ts";
import { type Override, openRunScene, readConfig, trainRun } from "../src/train/index.ts";
import { compareSizes, mapHere } from "./large-scene.ts";

const [file, repetitions = "3", ...settings] = process.argv.slice(2);
if (file === "--large") {
  await compareSizes(repetitions.split(",").map(Number), Number(settings[0] ?? 0));
  process.exit();
}
if (file === "--map") {
  const [threads, ...files] = settings;
  await mapHere(repetitions, Number(threads), files);
  process.exit();
}
if (!file) throw new RangeError("expected a configuration file");
const override = (key: string, value: unknown): Override => ({ path: key.split("."), value, flag: key });
const given = settings.map((setting) => {
  const [key, value] = setting.split("=") as [string, string];
  return override(key, JSON.parse(value));
});
const short = { "pretraining.steps": 4, "head.steps": 4, baselines: [] };
const config = readConfig(file, [...Object.entries(short).map(([key, value]) => override(key, value)), ...given]);
const folder = mkdtempSync(join(tmpdir(), "mapping-"));
await trainRun(
  config,
  folder,
  { resume: false, overwrite: true },
  { onTask: () => {}, isStopped: () => false, onOpened: () => {} },
);
const { height, width, sources } = await openRunScene(config);
const pixels = height * width;

for (let round = 0; round < Number(repetitions); round++) {
  const before = process.cpuUsage();
  const start = performance.now();
  await doJob(
    { job: "map", run: folder, sources: null, out: null, threads: config.threads },
    { onEvent: () => {}, isStopped: () => false },
  );
  const seconds = (performance.now() - start) / 1e3;
  const { user, system } = process.cpuUsage(before);
  const processorSeconds = (user + system) / 1e6;
  console.log(
    JSON.stringify({
      scene: config.name,
      pixels,
      bands: sources.map(({ raster }) => raster.bands),
      seconds,
      processorSeconds,
      pixelsPerSecond: Math.round(pixels / seconds),
      pixelsPerProcessorSecond: Math.round(pixels / processorSeconds),
      peakMemoryMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
    }),
  );
}
rmSync(folder, { recursive: true });
