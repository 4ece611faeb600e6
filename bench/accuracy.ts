/**
 * @file How accurate is a configuration, over split seeds × training seeds, beside the baselines on the same splits?
 *
 * Run: node --import tsx bench/accuracy.ts CONFIG [split seeds 0,1,2] [training seeds 0,1,2] [key=value …]
 * where a key is one of the configuration, as `pretraining.steps=0` for random weights. Every score is of the whole test
 * part, at the last step. Prints a line for each run, then means and sample standard deviations over all runs.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type NamedScores, percent, percentSpread } from "../src/evaluate/index.ts";
import { mapScene } from "../src/mapping/index.ts";
import { scoreMap } from "../src/mapping/report.ts";
import { leakage } from "../src/scene/index.ts";
import { type Override, readConfig, trainRun } from "../src/train/index.ts";

const [file, splitSeeds = "0,1,2", seeds = "0,1,2", ...settings] = process.argv.slice(2);
if (!file) throw new RangeError("expected a configuration file");
const override = (key: string, value: unknown): Override => ({ path: key.split("."), value, flag: key });
const given = settings.map((setting) => {
  const [key, value] = setting.split("=") as [string, string];
  return override(key, JSON.parse(value));
});
const numbers = (list: string): number[] => list.split(",").map(Number);
const all = new Map<string, NamedScores[]>();

for (const splitSeed of numbers(splitSeeds)) {
  for (const [at, seed] of numbers(seeds).entries()) {
    // The baselines know no training seed worth repeating: once a split.
    const baselines = at === 0 ? [] : [override("baselines", [])];
    const config = readConfig(file, [
      override("split.seed", splitSeed),
      override("seed", seed),
      ...given,
      ...baselines,
    ]);
    const folder = mkdtempSync(join(tmpdir(), "accuracy-"));
    const start = performance.now();
    const hooks = { onTask: () => {}, isStopped: () => false, onOpened: () => {} };
    const run = await trainRun(config, folder, { resume: false, overwrite: false }, hooks);
    rmSync(folder, { recursive: true });
    const { scene, split, classes } = run;
    for (const classifier of [run.classifier, ...run.baselines.values()]) {
      const map = await mapScene(classifier, scene, classes.length);
      const scores = scoreMap(map, scene, split, classes);
      all.set(classifier.name, [...(all.get(classifier.name) ?? []), scores]);
      console.log(
        JSON.stringify({
          method: classifier.name,
          split: split.rule,
          splitSeed,
          seed,
          overallAccuracy: percent(scores.overallAccuracy),
          averageAccuracy: percent(scores.averageAccuracy),
          kappa: scores.kappa,
          train: split.train.length,
          test: split.test.length,
          leakage: leakage(split, scene.height, scene.width, Math.floor(config.network.patch / 2)),
          seconds: Math.round((performance.now() - start) / 1e3),
        }),
      );
    }
  }
}
for (const [method, runs] of all) {
  const of = (score: "overallAccuracy" | "averageAccuracy"): string => percentSpread(runs.map((run) => run[score]));
  console.log(`${method}: OA ${of("overallAccuracy")}, AA ${of("averageAccuracy")} over ${runs.length} runs`);
}
