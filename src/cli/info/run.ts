/** @file What `symdiffuser info` tells of the folder of a run. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Metrics } from "../../evaluate/index.ts";
import { parseMetrics } from "../../mapping/index.ts";
import { FormatError } from "../../tensor/index.ts";
import { configText, type RunConfig, readConfig, runFiles } from "../../train/index.ts";
import { metricsText } from "../job.ts";
import type { Tell } from "./tell.ts";

interface RunDescription {
  readonly folder: string;
  /** Whether its model is trained. */
  readonly isFinished: boolean;
  readonly config: RunConfig;
  readonly metrics: Metrics | null;
}

function describe(folder: string): RunDescription {
  const config = join(folder, runFiles.config);
  if (!existsSync(config)) throw new FormatError(folder, `expected the folder of a run; got one without config.yaml`);
  const metrics = join(folder, "metrics.json");
  return {
    folder,
    isFinished: existsSync(join(folder, runFiles.model)),
    config: readConfig(config),
    metrics: existsSync(metrics) ? parseMetrics(readFileSync(metrics, "utf8"), metrics) : null,
  };
}

function textOf({ folder, isFinished, config, metrics }: RunDescription): string {
  const state = metrics ? metricsText(metrics) : isFinished ? "trained, not tested\n" : "not finished\n";
  return `${folder}: a run\n\n${configText(config)}\n${state}`;
}

export const tell: Tell = async (folder) => {
  const description = describe(folder);
  return { description, text: textOf(description) };
};
