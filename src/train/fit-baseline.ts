/** @file A baseline fitted as a configuration says, its trainings run by the one loop. */
import { baselineOf, type FittedMethod } from "../baselines/index.ts";
import type { RunStage } from "../nn/index.ts";
import type { Scene, Split } from "../scene/index.ts";
import type { Device } from "../tensor/index.ts";
import type { RunConfig } from "./config-schema.ts";
import { runStage } from "./loop.ts";
import type { RunHooks } from "./run.ts";

/**
 * Fit a baseline; nothing of an unfinished one is kept.
 *
 * @throws ConfigError if there is no baseline of that name; StoppedError
 */
export function fitBaseline(
  name: string,
  { seed, threads, epochs, checkpointEvery }: RunConfig,
  device: Device,
  scene: Scene,
  split: Split,
  { onTask, isStopped }: Pick<RunHooks, "onTask" | "isStopped">,
): Promise<FittedMethod> {
  const runHere: RunStage = async (stage) => {
    const { parameters } = await runStage(stage, {
      ...{ threads, device, checkpoint: null, checkpointEvery, fingerprint: "", isStopped },
      onStep: ({ step, steps, loss }) => onTask(stage.name, step, steps, "step", `loss ${loss.toFixed(3)}`),
    });
    return parameters;
  };
  const options = { seed, threads, epochs, device, runStage: runHere };
  return baselineOf(name).fit(scene, split, options, (done, total) => onTask(name, done, total, "part"));
}
