/** @file Maps where sources are missing: the scene without them, what was generated as a raster, and the alternatives. */
import { join } from "node:path";
import { rf } from "../baselines/index.ts";
import { createGeoTiff, type GeoTiffFile } from "../evaluate/index.ts";
import type { Progress, Scene, Split } from "../scene/index.ts";
import {
  generatingClassifier,
  type SamplingOptions,
  type SymDiffuserModel,
  symDiffuserClassifier,
  type Work,
  withHoles,
  withoutSources,
} from "../symdiffuser/index.ts";
import { type LandCoverMap, mapScene } from "./map.ts";
import { type Origin, originFields } from "./origin.ts";

/** What a map does without, and how it is generated. */
export interface Generation {
  /** Names of sources to do without. */
  readonly without: readonly string[];
  /** Whether pixels that some source lacks are filled; if not, they stay without a class. */
  readonly fillHoles: boolean;
  readonly sampling: SamplingOptions;
}

/** A scene as a generation has it. @throws DataError for sources that it has not, and where none is left */
export function prepared(scene: Scene, { without, fillHoles }: Generation): Scene {
  const rest = without.length === 0 ? scene : withoutSources(scene, without);
  return fillHoles ? withHoles(rest) : rest;
}

/** `s1 generated`, `s1 and pixels that a source lacks generated`. */
export function generatedTitle({ without, fillHoles }: Omit<Generation, "sampling">): string {
  return `${[...without, ...(fillHoles ? ["pixels that a source lacks"] : [])].join(" and ")} generated`;
}

/** What was generated, and how. */
export function generatedText({ sampling, ...what }: Generation): string {
  const { draws, steps, known } = sampling;
  return `${generatedTitle(what)} from the other sources, given ${known}: ${steps} steps, probabilities averaged over ${drawsText(draws)}`;
}

/** `1 draw`, `4 draws`. */
export function drawsText(draws: number): string {
  return `${draws} draw${draws === 1 ? "" : "s"}`;
}

/** `generated.tif` in the making: 1 where a pixel of a source was generated, one band a source. */
export function generatedFile(folder: string, origin: Origin, { latents }: SymDiffuserModel): GeoTiffFile {
  const { height, width, georeference } = origin.scene;
  return createGeoTiff(join(folder, "generated.tif"), {
    ...{ height, width, georeference, ...originFields(origin) },
    ...{ bands: latents.length, type: Uint8Array, bandNames: latents.map(({ source }) => `${source} generated`) },
  });
}

/** What one could do instead of generating sources, by name: maps on the same scene. */
export async function alternatives(
  model: SymDiffuserModel,
  scene: Scene,
  split: Split,
  generation: Generation,
  work: Omit<Work, "runStage">,
  progress: (task: string) => Progress,
): Promise<Map<string, LandCoverMap>> {
  const { without } = generation;
  const [names, rest] = [without.join(", "), prepared(scene, generation)];
  const K = model.classes.length;
  const mean = generatingClassifier(model, { without, fill: "mean" }, work);
  const forest = await rf.fit(rest, split, { seed: model.seed }, progress("rf training"));
  return new Map([
    [`mean for ${names}`, await mapScene(mean, rest, K, progress("mean map"))],
    [`rf without ${names}`, await mapScene(forest, rest, K, progress("rf map"))],
    ["all sources", await mapScene(symDiffuserClassifier(model, work), scene, K, progress("full map"))],
  ]);
}
