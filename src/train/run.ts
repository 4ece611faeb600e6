/** @file A run: a scene, a split and a training, in a folder from which it can go on. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { baselineOf } from "../baselines/index.ts";
import type { RunStage } from "../nn/index.ts";
import {
  type Classifier,
  openScene,
  openSplit,
  type Progress,
  readSplit,
  type Scene,
  type Split,
  simulateScene,
  writeSplit,
} from "../scene/index.ts";
import {
  fitSymDiffuser,
  modelCheckpoint,
  modelFromCheckpoint,
  openTextEncoder,
  type SymDiffuserModel,
  symDiffuserClassifier,
} from "../symdiffuser/index.ts";
import {
  type ChosenDevice,
  ConfigError,
  chooseDevice,
  type Device,
  FormatError,
  readCheckpoint,
  writeAtomically,
  writeCheckpoint,
} from "../tensor/index.ts";
import { configText, methodOptions, type RunConfig, readConfig, sceneOptions } from "./config.ts";
import { runStage } from "./loop.ts";

/** Names of the files of a run. */
export const runFiles = {
  config: "config.yaml",
  split: "split.json",
  stages: "stages",
  model: "model.safetensors",
} as const;

/** What a run tells while it works, and asks. */
export interface RunHooks {
  /** Work done of a named task, in a unit; `detail` in words. */
  readonly onTask: (task: string, done: number, total: number, unit: string, detail?: string) => void;
  readonly isStopped: () => boolean;
  /** The scene is read and split; training begins, on a device. */
  readonly onOpened: (scene: Scene, split: Split, device: ChosenDevice) => void;
}

/** A run that is trained. */
export interface TrainedRun {
  readonly config: RunConfig;
  /** Where it was computed. */
  readonly device: Device;
  readonly scene: Scene;
  readonly split: Split;
  readonly model: SymDiffuserModel;
  readonly classifier: Classifier;
  readonly baselines: ReadonlyMap<string, Classifier>;
  /** Loss of every step, by stage. */
  readonly curves: ReadonlyMap<string, Float32Array>;
  readonly timingsSeconds: Record<string, number>;
}

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

/** Measures named parts of the work, in seconds. */
function stopwatch(): {
  readonly timings: Record<string, number>;
  time<T>(name: string, work: () => Promise<T> | T): Promise<T>;
} {
  const timings: Record<string, number> = {};
  return {
    timings,
    time: async (name, work) => {
      const start = performance.now();
      try {
        return await work();
      } finally {
        timings[name] = (timings[name] ?? 0) + (performance.now() - start) / 1e3;
      }
    },
  };
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
  const textEncoder = await openTextEncoder(config.text);
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
    .update(JSON.stringify([[...settings(config)].sort(), textEncoder.name, checksums, [...split.train]]))
    .digest("hex");
  const curves = new Map<string, Float32Array>();
  const runStageHere: RunStage = async (stage) => {
    const trained = await time(stage.name.split(".")[0]!, () =>
      runStage(stage, {
        ...compute,
        checkpoint: join(folder, runFiles.stages, `${stage.name}.safetensors`),
        checkpointEvery: config.checkpointEvery,
        fingerprint,
        isStopped: hooks.isStopped,
        onStep: ({ step, steps, loss }) => hooks.onTask(stage.name, step, steps, "step", `loss ${loss.toFixed(3)}`),
      }),
    );
    curves.set(stage.name, trained.losses);
    return trained.parameters;
  };
  const progress =
    (task: string): Progress =>
    (done, total) =>
      hooks.onTask(task, done, total, "tile");
  const work = { runStage: runStageHere, ...compute, progress };
  const start = performance.now();
  const model = await fitSymDiffuser(scene, split, methodOptions(config), config.seed, textEncoder, work);
  const stages = Object.entries(timings).reduce(
    (total, [name, seconds]) => (name === "scene" ? total : total + seconds),
    0,
  );
  timings["features"] = (performance.now() - start) / 1e3 - stages;
  const about = {
    configuration: configText(config),
    split: JSON.stringify({ rule, seed }),
    data: JSON.stringify(checksums),
  };
  await writeCheckpoint(join(folder, runFiles.model), modelCheckpoint(model, about));

  const baselines = new Map<string, Classifier>();
  for (const name of config.baselines) {
    const report: Progress = (done, total) => hooks.onTask(`${name} training`, done, total, "part");
    const fit = (): Promise<Classifier> => baselineOf(name).fit(scene, split, { seed: config.seed }, report);
    baselines.set(name, await time(name, fit));
  }
  const classifier = symDiffuserClassifier(model, work);
  return { config, device: chosen.device, scene, split, model, classifier, baselines, curves, timingsSeconds: timings };
}

/** A finished run as it lies in its folder. */
export interface StoredRun {
  readonly config: RunConfig;
  readonly model: SymDiffuserModel;
}

/** @throws FormatError if the folder holds no finished run */
export async function openRun(folder: string): Promise<StoredRun> {
  const file = join(folder, runFiles.model);
  if (!existsSync(file)) {
    const started = existsSync(join(folder, runFiles.config));
    throw new FormatError(
      folder,
      started
        ? "expected a finished run; got one that stopped — try train --resume"
        : "expected the folder of a run; got none",
    );
  }
  return {
    config: await readConfig(join(folder, runFiles.config)),
    model: modelFromCheckpoint(await readCheckpoint(file), file),
  };
}

/** The split of a run. */
export function readRunSplit(folder: string): Split {
  return readSplit(join(folder, runFiles.split));
}
