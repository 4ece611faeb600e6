/** @file A run: a scene, a split and a training, in a folder from which it can go on. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { baselineOf, type FitOptions } from "../baselines/index.ts";
import type { RunStage } from "../nn/index.ts";
import {
  type Classifier,
  openScene,
  openSplit,
  type PartClassifier,
  type Progress,
  type Scene,
  type Split,
  simulateScene,
  writeSplit,
} from "../scene/index.ts";
import {
  fitSymDiffuser,
  modelCheckpoint,
  openTextEncoder,
  symDiffuserClassifier,
  type TextEncoder,
} from "../symdiffuser/index.ts";
import {
  type ChosenDevice,
  ConfigError,
  chooseDevice,
  type Device,
  StoppedError,
  writeAtomically,
  writeCheckpoint,
} from "../tensor/index.ts";
import { configText, methodOptions, type RunConfig, readConfig, sceneOptions } from "./config.ts";
import { ownMethod } from "./config-schema.ts";
import { runStage } from "./loop.ts";
import { runFiles } from "./run-files.ts";
import { groupOf, stageProgress, stopwatch } from "./stage-progress.ts";
import { describeModel, type StoredRun } from "./stored-run.ts";

/** What a run tells while it works, and asks. */
export interface RunHooks {
  /** Work done of a named task, in a unit; `detail` in words. */
  readonly onTask: (task: string, done: number, total: number, unit: string, detail?: string) => void;
  readonly isStopped: () => boolean;
  /** The scene is read and split; training begins, on a device. */
  readonly onOpened: (scene: Scene, split: Split, device: ChosenDevice) => void;
}

/** A run that is trained. */
export interface TrainedRun extends Omit<StoredRun, "classifier"> {
  /** Where it was computed. */
  readonly device: Device;
  readonly scene: Scene;
  readonly split: Split;
  readonly classifier: PartClassifier;
  readonly baselines: ReadonlyMap<string, Classifier>;
  /** Loss of every step, by stage. */
  readonly curves: ReadonlyMap<string, Float32Array>;
  readonly timingsSeconds: Record<string, number>;
}

type Told = "classes" | "seed" | "title" | "patch" | "model";

/** The scene that a configuration describes. */
export function openRunScene({ name, scene }: RunConfig): Promise<Scene> | Scene {
  if ("simulate" in scene) return { ...simulateScene(scene.simulate), name };
  return openScene(sceneOptions(name, scene));
}

/** The split of a scene that a configuration describes. */
export function openRunSplit({ split: { rule, seed, perClass, validation } }: RunConfig, scene: Scene): Promise<Split> {
  return openSplit(scene, rule, seed, {
    ...(perClass === null ? {} : { perClass }),
    ...(validation === 0 ? {} : { validation }),
  });
}

/** Hexadecimal SHA-256 of the pixels of each source and of the labels. */
export function dataChecksums({ sources, labels }: Scene): Record<string, string> {
  const digest = ({ buffer, byteOffset, byteLength }: ArrayBufferView): string =>
    createHash("sha256")
      .update(new Uint8Array(buffer, byteOffset, byteLength))
      .digest("hex");
  return {
    ...Object.fromEntries(sources.map(({ name, raster }) => [name, digest(raster.data)])),
    ...(labels ? { labels: digest(labels.data) } : {}),
  };
}

/** Settings that change no number of a result, or its last digits only; they may differ when a run goes on. */
const free = ["out", "threads", "device", "checkpointEvery", "text.folder"];

/** The settings that a result depends on, as one line a setting. */
function settings(config: RunConfig): Map<string, string> {
  const flat = new Map<string, string>();
  const visit = (value: unknown, path: string): void => {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      for (const [name, child] of Object.entries(value)) visit(child, path ? `${path}.${name}` : name);
    } else if (!free.includes(path)) flat.set(path, JSON.stringify(value));
  };
  visit(config, "");
  return flat;
}

/** How to treat a folder that holds a run already. */
export interface FolderOptions {
  /** Go on with it. */
  readonly resume: boolean;
  /** Remove it and start anew. */
  readonly overwrite: boolean;
}

/** Refuse a folder that holds another run, or anything else; nothing is written or removed yet. */
async function checkFolder(folder: string, config: RunConfig, { resume, overwrite }: FolderOptions): Promise<void> {
  const file = join(folder, runFiles.config);
  if (!existsSync(folder) || (await readdir(folder)).length === 0) return;
  if (!existsSync(file) || !existsSync(join(folder, runFiles.split))) {
    throw new ConfigError("out", `expected the folder of a run, or a new one; got ${folder}, which holds other files`);
  }
  if (overwrite) return;
  if (!resume) {
    throw new ConfigError(
      "out",
      `${folder} holds a run already — try --resume to go on with it, --overwrite to start anew`,
    );
  }
  const changed = changedSetting(readConfig(file), config);
  if (changed !== null) {
    const { path, was, is } = changed;
    throw new ConfigError(path, `expected ${was} as in the run to resume; got ${is}`, is);
  }
}

/** The first setting on which results depend in which two configurations differ, its values as JSON; null if none. */
export function changedSetting(
  before: RunConfig,
  after: RunConfig,
): { readonly path: string; readonly was: string; readonly is: string } | null {
  const [old, now] = [settings(before), settings(after)];
  for (const path of new Set([...old.keys(), ...now.keys()])) {
    if (old.get(path) !== now.get(path)) {
      return { path, was: old.get(path) ?? "nothing", is: now.get(path) ?? "nothing" };
    }
  }
  return null;
}

/**
 * Train what a configuration describes, in a folder; stopped at any moment, the same call with `resume` goes on and
 * ends with the same numbers.
 */
export async function trainRun(
  config: RunConfig,
  folder: string,
  options: FolderOptions,
  hooks: RunHooks,
): Promise<TrainedRun> {
  await checkFolder(folder, config, options);
  const textEncoder = config.method === ownMethod ? await openTextEncoder(config.text) : null;
  const { timings, time } = stopwatch();
  const chosen = await chooseDevice(config.device, config.threads);
  const compute = { threads: config.threads, device: chosen.device };
  const scene = await time("scene", () => openRunScene(config));
  const { rule, seed } = config.split;
  const split = await openRunSplit(config, scene);

  // Only now is it certain that there is something to train on.
  if (options.overwrite) await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, runFiles.stages), { recursive: true });
  await writeAtomically(join(folder, runFiles.config), new TextEncoder().encode(configText(config)));
  writeSplit(join(folder, runFiles.split), split, scene);
  hooks.onOpened(scene, split, chosen);

  const checksums = dataChecksums(scene);
  const fingerprint = createHash("sha256")
    .update(
      JSON.stringify([[...settings(config)].sort(), textEncoder?.name ?? config.method, checksums, [...split.train]]),
    )
    .digest("hex");
  const curves = new Map<string, Float32Array>();
  const told = stageProgress((task, done, total, loss) =>
    hooks.onTask(task, done, total, "step", `loss ${loss.toFixed(3)}`),
  );
  const runStageHere: RunStage = async (stage) => {
    // Curves lie in the order in which stages begin.
    curves.set(stage.name, new Float32Array(0));
    told.begin(stage);
    try {
      const trained = await time(groupOf(stage), () =>
        runStage(stage, {
          ...compute,
          checkpoint: join(folder, runFiles.stages, `${stage.name}.safetensors`),
          checkpointEvery: config.checkpointEvery,
          fingerprint,
          isStopped: hooks.isStopped,
          onStep: told.step,
        }),
      );
      curves.set(stage.name, trained.losses);
      return trained.parameters;
    } finally {
      told.end(stage);
    }
  };
  const progress =
    (task: string): Progress =>
    (done, total) =>
      hooks.onTask(task, done, total, "tile");
  const work = { runStage: runStageHere, ...compute, progress };
  const about = {
    configuration: configText(config),
    split: JSON.stringify({ rule, seed }),
    data: JSON.stringify(checksums),
  };
  const fitOptions: FitOptions = { ...compute, runStage: runStageHere, seed: config.seed, epochs: config.epochs };
  /** Train a compared method; what its stages do not take is timed under its name. */
  const fit = async (name: string) => {
    const report: Progress = (done, total) => {
      if (hooks.isStopped()) throw new StoppedError(`stopped in the training of ${name}`);
      hooks.onTask(`${name} training`, done, total, "part");
    };
    const before = Object.hasOwn(timings, name) ? timings[name]! : 0;
    const start = performance.now();
    const fitted = await baselineOf(name).fit(scene, split, fitOptions, report);
    timings[name] = before + (performance.now() - start) / 1e3;
    return fitted;
  };
  const own = async (encoder: TextEncoder): Promise<Pick<TrainedRun, Told | "classifier">> => {
    const start = performance.now();
    const model = await fitSymDiffuser(scene, split, methodOptions(config), config.seed, encoder, work);
    const stages = Object.entries(timings).reduce(
      (total, [name, seconds]) => (name === "scene" ? total : total + seconds),
      0,
    );
    timings["features"] = (performance.now() - start) / 1e3 - stages;
    await writeCheckpoint(join(folder, runFiles.model), modelCheckpoint(model, about));
    return { ...describeModel(model), model, classifier: symDiffuserClassifier(model, work) };
  };
  const compared = async (): Promise<Pick<TrainedRun, Told | "classifier">> => {
    const { title, patch } = baselineOf(config.method);
    const classifier = await fit(config.method);
    await writeCheckpoint(join(folder, runFiles.model), classifier.checkpoint(about));
    return { title, patch, classes: classifier.classes, seed: config.seed, model: null, classifier };
  };
  const trained = textEncoder === null ? await compared() : await own(textEncoder);
  const baselines = new Map<string, Classifier>();
  for (const name of config.baselines) baselines.set(name, await fit(name));
  return { ...trained, config, device: chosen.device, scene, split, baselines, curves, timingsSeconds: timings };
}
