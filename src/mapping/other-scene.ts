/** @file Other files of a run's sources as a scene: what a trained model is taken to. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  filePixelSize,
  filesOf,
  gridText,
  isOfPlots,
  isSamePixelSize,
  isVector,
  openScene,
  openSceneWindows,
  type PixelSize,
  type SceneWindows,
  type SourceOptions,
  sceneWindows,
} from "../scene/index.ts";
import { type RunConfig, sourceOptions } from "../train/index.ts";
import { type Generation, prepared } from "./generation.ts";

/** The source whose grid is that of the scene. */
interface Reference {
  readonly name: string;
  /** Why it is not the source that the configuration of the run names, or implies; null where it is. */
  readonly why: string | null;
  /** Whether the pixel size of the run's scene says so. */
  readonly isMeasured: boolean;
}

/**
 * Files of the same sources as the run's, as a scene without labels: on the grid of the source whose grid the run's is;
 * else of the first of the run's whose pixels have the size of the run's, else of the first that is there. A note tells
 * which, where it is not the one that the run's configuration names.
 *
 * @param run  its folder
 */
export async function otherScene(
  config: RunConfig,
  run: string,
  files: Readonly<Record<string, readonly string[]>>,
  generation: Generation | null = null,
): Promise<SceneWindows> {
  const { scene } = config;
  const known = "simulate" in scene ? {} : scene.sources;
  const present = orderOf(config).filter((name) => Object.hasOwn(files, name));
  const names = new Set([...present, ...Object.keys(files)]);
  const sources = Array.from(names, (name): SourceOptions => {
    const own = known[name];
    const file = files[name]!;
    return own === undefined ? { name, file } : sourceOptions(name, { ...own, file });
  });
  const { name, why, isMeasured } = await referenceOf(config, run, sources);
  const options = { name: config.name, sources, grid: name };
  const windows = await openOther(options, generation);
  // Nothing was put on another grid: there was no choice.
  if (why === null || (!isMeasured && windows.notes.length === 0)) return windows;
  const place = windows.plots === null ? ` (${gridText(windows)})` : "";
  const note = { text: `grid: that of ${name}${place}, ${why}`, isInterpolated: false };
  return { ...windows, notes: [note, ...windows.notes] };
}

async function openOther(
  options: Parameters<typeof openScene>[0],
  generation: Generation | null,
): Promise<SceneWindows> {
  if (generation?.fillHoles) return sceneWindows(prepared(await openScene(options), { ...generation, without: [] }));
  return isOfPlots(options) ? sceneWindows(await openScene(options)) : openSceneWindows(options);
}

/** Names of the run's sources. */
function orderOf({ scene }: RunConfig): readonly string[] {
  return "simulate" in scene ? scene.simulate.sources : Object.keys(scene.sources);
}

async function referenceOf(config: RunConfig, run: string, sources: readonly SourceOptions[]): Promise<Reference> {
  const { scene } = config;
  const [first] = orderOf(config);
  const isThere = (name: string): boolean => sources.some((source) => source.name === name);
  const grid = "simulate" in scene ? null : scene.grid;
  const isOfLabels =
    !("simulate" in scene) && (grid ?? "labels") === "labels" && !isVector([scene.labels.file].flat()[0]!);
  const wanted = grid === "labels" ? null : (grid ?? first!);
  if (wanted !== null && !isOfLabels && isThere(wanted)) return { name: wanted, why: null, isMeasured: false };
  const size = isOfPlots({ sources }) ? null : await sizeOf(run);
  const alike = size === null ? undefined : await ofSize(sources, size);
  if (alike !== undefined) {
    return { name: alike, why: alike === wanted ? null : "whose pixels have the size of the run's", isMeasured: true };
  }
  const lacking = isOfLabels ? "there are no labels here" : `${wanted} is not there`;
  const why =
    size === null ? lacking : `none has the run's pixels of ${size.map((one) => +one.toPrecision(12)).join(" × ")}`;
  return { name: sources[0]!.name, why: `the first source, as ${why}`, isMeasured: size !== null };
}

/** Pixel size of a run's scene; null where it has no place. */
async function sizeOf(run: string): Promise<PixelSize | null> {
  const file = join(run, "labels.tif");
  return existsSync(file) ? filePixelSize(file) : null;
}

/** The first source of that pixel size. */
async function ofSize(sources: readonly SourceOptions[], size: PixelSize): Promise<string | undefined> {
  for (const source of sources) {
    const own = await filePixelSize(filesOf(source)[0]!);
    if (own !== null && isSamePixelSize(own, size)) return source.name;
  }
  return undefined;
}
