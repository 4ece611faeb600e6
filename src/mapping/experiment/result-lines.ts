/** @file `results.jsonl`: a line for each cell, for programs that draw their own tables. Described in docs/experiments.md. */
import type { CellOutcome } from "./cell-result.ts";

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** A cell as a line of JSON; an open one has none. */
export function resultLine(outcome: CellOutcome): string {
  if (outcome.state === "open") return "";
  const { id, scene, method, variant, sources, splitSeed, seed, config } = outcome.cell;
  const named = "simulate" in config.scene ? config.scene.simulate.sources : Object.keys(config.scene.sources);
  const about = { cell: id, scene, method, variant, sources: sources ?? named, splitSeed, seed, state: outcome.state };
  if (outcome.state === "failed") return `${JSON.stringify({ ...about, message: outcome.message })}\n`;
  const { metrics, parameters } = outcome.result;
  const { overallAccuracy, averageAccuracy, kappa, perClass, split, leakage, timingsSeconds } = metrics;
  const { peakMemoryBytes, device } = metrics;
  const result = {
    ...{ overallAccuracy, averageAccuracy, kappa },
    recalls: Object.fromEntries(perClass.map(({ name, recall }) => [name, recall])),
    ...{ rule: split.rule, train: split.train, validation: split.validation, test: split.test, leakage },
    ...{ seconds: sum(Object.values(timingsSeconds)), parameters, peakMemoryBytes, device },
  };
  return `${JSON.stringify({ ...about, ...result })}\n`;
}
