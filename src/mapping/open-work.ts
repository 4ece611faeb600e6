/** @file What a job begins with: a device, a scene, someone to tell how far it is. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  isOfPlots,
  openScene,
  openSceneWindows,
  type Progress,
  type Scene,
  type SceneOutline,
  type SceneWindows,
  type SourceOptions,
  sceneWindows,
  wholeOf,
} from "../scene/index.ts";
import { type ChosenDevice, chooseDevice, type Device, type DeviceChoice, StoppedError } from "../tensor/index.ts";
import { openRun, openRunScene, type RunConfig, readRunSplit, sourceOptions, symDiffuserOf } from "../train/index.ts";
import { type Generation, prepared } from "./generation.ts";
import type { JobControl, RunJob } from "./jobs.ts";
import type { Origin } from "./origin.ts";
import type { RunWork } from "./run-work.ts";

export function tellDevice({ onEvent }: JobControl, { note }: ChosenDevice): void {
  if (note !== null) onEvent({ kind: "note", text: note });
}

/** The device of a job, told of. */
export async function deviceOf(choice: DeviceChoice = "cpu", threads: number, control: JobControl): Promise<Device> {
  const chosen = await chooseDevice(choice, threads);
  tellDevice(control, chosen);
  return chosen.device;
}

export const tell =
  ({ onEvent }: JobControl, task: string, unit: string): Progress =>
  (done, total) =>
    onEvent({ kind: "task", task, done, total, unit });

/** @param isOwn  whether the scene is that of the run, and not made of other files */
export function originOf(scene: SceneOutline, config: RunConfig, method: string, isOwn = true): Origin {
  return { scene, method, simulated: simulatedIn(scene, config, isOwn) };
}

function simulatedIn({ sources }: SceneOutline, { scene }: RunConfig, isOwn: boolean): string | null {
  if ("simulate" in scene) return isOwn ? "the sources are simulated" : null;
  const known = new Map(Object.entries(scene.sources));
  const names = sources.map(({ name }) => name).filter((name) => (known.get(name)?.simulate ?? null) !== null);
  return names.length === 0 ? null : `${names.join(", ")} simulated from the bands of another sensor`;
}

/**
 * Files of the same sources as the run's, as a scene without labels: on the grid of the source whose grid the run's is,
 * or of the first of the run's that is there.
 */
export async function otherScene(
  config: RunConfig,
  files: Readonly<Record<string, readonly string[]>>,
  generation: Generation | null = null,
): Promise<SceneWindows> {
  const { scene } = config;
  const known = "simulate" in scene ? {} : scene.sources;
  const order: readonly string[] = "simulate" in scene ? scene.simulate.sources : Object.keys(known);
  const grid = "simulate" in scene ? null : scene.grid;
  const present = order.filter((name) => Object.hasOwn(files, name));
  const names = new Set([...present, ...Object.keys(files)]);
  const sources = Array.from(names, (name): SourceOptions => {
    const own = known[name];
    const file = files[name]!;
    return own === undefined ? { name, file } : sourceOptions(name, { ...own, file });
  });
  const options = { name: config.name, sources, ...(grid !== null && names.has(grid) && { grid }) };
  if (generation?.fillHoles) return sceneWindows(prepared(await openScene(options), { ...generation, without: [] }));
  return isOfPlots(options) ? sceneWindows(await openScene(options)) : openSceneWindows(options);
}

/** Progress that ends a stopped job. */
export const stoppable =
  ({ isStopped }: JobControl, progress: Progress): Progress =>
  (done, total) => {
    if (isStopped()) throw new StoppedError("stopped before anything was written");
    progress(done, total);
  };

/** All of a scene, which is closed then. */
async function readWhole(windows: SceneWindows): Promise<Scene> {
  try {
    return (await windows.read(wholeOf(windows))) ?? (await windows.refuseEmpty());
  } finally {
    await windows.close();
  }
}

/** Open what a job on a run and a whole scene works on. @param name  of its folder in the run's */
export async function openWork(
  { run, sources, out, threads, device: choice }: RunJob,
  name: string,
  control: JobControl,
): Promise<RunWork> {
  const device = await deviceOf(choice, threads, control);
  const stored = await openRun(run);
  const { config } = stored;
  const model = symDiffuserOf(stored, "generate sources");
  const openOwn = async () => openRunScene(config);
  const windows = sources === null ? null : await otherScene(config, sources);
  const scene = windows === null ? await openOwn() : await readWhole(windows);
  for (const { text } of windows?.notes ?? []) control.onEvent({ kind: "note", text });
  const folder = out ?? join(run, name);
  await mkdir(folder, { recursive: true });
  return {
    ...{ model, scene, folder, isOwn: windows === null, compute: { threads, device } },
    own: async () => ({ scene: windows === null ? scene : await openOwn(), split: readRunSplit(run) }),
    origin: originOf(sceneWindows(scene), config, "symdiffuser", windows === null),
    progress: (task, unit) => stoppable(control, tell(control, task, unit)),
    note: (text) => control.onEvent({ kind: "note", text }),
  };
}
