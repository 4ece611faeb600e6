/** @file What a job begins with: a device, a scene, someone to tell how far it is. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  type Progress,
  type Scene,
  type SceneOutline,
  type SceneWindows,
  sceneWindows,
  wholeOf,
} from "../scene/index.ts";
import { type ChosenDevice, chooseDevice, type Device, type DeviceChoice, StoppedError } from "../tensor/index.ts";
import { openRun, openRunScene, type RunConfig, readRunSplit, symDiffuserOf } from "../train/index.ts";
import type { JobControl, RunJob } from "./jobs.ts";
import type { Origin } from "./origin.ts";
import { otherScene } from "./other-scene.ts";
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
    const scene = (await windows.read(wholeOf(windows))) ?? (await windows.refuseEmpty());
    return { ...scene, notes: windows.notes };
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
  const windows = sources === null ? null : await otherScene(config, run, sources);
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
