/** @file A baseline alone on a scene and split: trained, mapped and scored in the folder of a run, without a model file. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { baselineOf } from "../../baselines/index.ts";
import { type Progress, sceneWindows, writeSplit } from "../../scene/index.ts";
import { chooseDevice, StoppedError, writeAtomically } from "../../tensor/index.ts";
import { configText, fitBaseline, openRunScene, openRunSplit, type RunConfig, runFiles } from "../../train/index.ts";
import { writeMap } from "../files.ts";
import type { JobControl } from "../job.ts";
import { mapScene } from "../map.ts";
import { formatMetrics } from "../metrics-file.ts";
import { originOf } from "../open-work.ts";
import { metricsOf } from "../report.ts";

/**
 * Train a baseline and map the scene with it; what the folder holds is removed first.
 *
 * @throws StoppedError if it was stopped: nothing of it can be used again
 */
export async function runBaseline(
  method: string,
  config: RunConfig,
  { onEvent, isStopped }: JobControl,
): Promise<void> {
  const folder = config.out;
  const tell =
    (task: string, unit: string): Progress =>
    (done, total) => {
      if (isStopped()) throw new StoppedError(`stopped in ${task}`);
      onEvent({ kind: "task", task, done, total, unit });
    };
  const timingsSeconds: Record<string, number> = {};
  let start = performance.now();
  const lap = (name: string): void => {
    timingsSeconds[name] = (performance.now() - start) / 1e3;
    start = performance.now();
  };
  const scene = await openRunScene(config);
  const split = await openRunSplit(config, scene);
  lap("scene");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeAtomically(join(folder, runFiles.config), configText(config));
  writeSplit(join(folder, runFiles.split), split, scene);
  const { device } = await chooseDevice(config.device, config.threads);
  const classifier = await fitBaseline(method, config, device, scene, split, {
    onTask: (task, done, total, unit) => tell(task, unit)(done, total),
    isStopped,
  });
  lap(method);
  const { classes } = scene.labels!;
  const map = await mapScene(classifier, scene, classes.length, tell("map", "row"));
  lap("map");
  const origin = originOf(sceneWindows(scene), config, method);
  await writeMap(folder, origin, classes, map);
  const { patch, title } = baselineOf(method);
  const metrics = metricsOf({
    ...{ scene, split, classes, map, timingsSeconds, device, seed: config.seed, patch, title },
    parameters: classifier.parameters,
    ...{ baselines: new Map(), curves: new Map(), configuration: configText(config), command: "" },
  });
  await writeAtomically(join(folder, "metrics.json"), formatMetrics(metrics));
}
