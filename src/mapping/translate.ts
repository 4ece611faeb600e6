/** @file One source made from others, as files, with scores against the real one. */
import { join } from "node:path";
import { encodeGeoTiff, encodePng, type ImageScores, imageScores, sideBySide } from "../evaluate/index.ts";
import type { Raster, Source } from "../scene/index.ts";
import { type SamplingOptions, translated } from "../symdiffuser/index.ts";
import { DataError, writeAtomically } from "../tensor/index.ts";
import { drawsText } from "./generation.ts";
import { linearPrediction } from "./linear-prediction.ts";
import { originFields } from "./origin.ts";
import type { RunWork } from "./run-work.ts";

/** Most pixels of a regression, evenly from all that do not test. */
const regressionPixels = 5000;

export interface TranslationOptions {
  /** Sources to make it from; null for all others of the run. */
  readonly from: readonly string[] | null;
  /** The source to make. */
  readonly to: string;
  readonly sampling: SamplingOptions;
}

/** How near a generated source is to the real one, beside what is simpler. */
export interface Translation {
  readonly from: readonly string[];
  readonly to: string;
  readonly sampling: SamplingOptions;
  /** Test pixels of the run's split, on which it was scored. Pre-training saw them, as it sees all pixels, without labels. */
  readonly pixels: number;
  /** By method: `generated`; `linear`, a linear regression from the bands of the same pixel; `mean` of each band. */
  readonly scores: Readonly<Record<string, ImageScores>>;
}

/** Write `<to>.tif` and, where the real source is there, `<to>.png` and `translation.json`. */
export async function translate(
  { from: asked, to, sampling }: TranslationOptions,
  { model, scene, own, isOwn, origin, folder, compute, progress }: RunWork,
): Promise<{ readonly files: string[]; readonly translation: Translation | null }> {
  const names = model.latents.map(({ source }) => source);
  const present = new Set(scene.sources.map(({ name }) => name));
  const from = asked ?? names.filter((name) => name !== to && present.has(name));
  if (from.length === 0) throw new DataError("translate", `expected a source to make ${to} from; got none`);
  const image = await translated(model, scene, from, to, sampling, compute, progress("sampling", "tile"));
  const real = scene.sources.find(({ name }) => name === to) ?? null;
  const { height, width, georeference } = scene;
  const valid = validOf(from, scene.sources);
  const data = image.data;
  for (let at = 0; at < data.length; at++) if (valid[Math.floor(at / image.channels)] === 0) data[at] = Number.NaN;
  const { software, metadata } = originFields({
    ...origin,
    generated: `${to} from ${from.join(", ")}, given ${sampling.known}: ${sampling.steps} steps, mean of ${drawsText(sampling.draws)}`,
  });
  const raster = { height, width, bands: image.channels, data, georeference, nodata: Number.NaN };
  const bandNames = real?.raster.bandNames ?? null;
  const files: string[] = [];
  const write = async (name: string, bytes: Uint8Array): Promise<void> => {
    await writeAtomically(join(folder, name), bytes);
    files.push(join(folder, name));
  };
  await write(`${to}.tif`, encodeGeoTiff({ ...raster, bandNames, software, metadata }));
  if (real === null) return { files, translation: null };
  await write(`${to}.png`, encodePng(sideBySide(real.raster, { data }, real.kind, [to, `${to} generated`])));
  if (!isOwn) return { files, translation: null };
  const { split } = await own();
  const isUsable = (pixel: number): boolean => valid[pixel] === 1 && real.raster.valid?.[pixel] !== 0;
  const pixels = split.test.filter(isUsable);
  const given = from.map((name) => scene.sources.find((source) => source.name === name)!.raster);
  const isTest = new Set(pixels);
  const free = Int32Array.from(valid.keys()).filter((pixel) => isUsable(pixel) && !isTest.has(pixel));
  const training = free.filter((_, at) => at % Math.ceil(free.length / regressionPixels) === 0);
  const others = {
    linear: linearPrediction(given, real.raster, training),
    mean: linearPrediction([], real.raster, training),
  };
  const score = (one: ArrayLike<number>): ImageScores => imageScores(real.raster, one, pixels);
  const scores = { generated: score(data), linear: score(others.linear), mean: score(others.mean) };
  const translation = { from, to, sampling, pixels: pixels.length, scores };
  await write("translation.json", new TextEncoder().encode(`${JSON.stringify(translation, null, 2)}\n`));
  return { files, translation };
}

/** Pixels that all sources have, 1 in `[H, W]`. */
function validOf(names: readonly string[], sources: readonly Source[]): Uint8Array {
  const rasters: readonly Raster[] = sources.filter(({ name }) => names.includes(name)).map(({ raster }) => raster);
  const { height, width } = rasters[0]!;
  const every = (_: unknown, pixel: number): number =>
    Number(rasters.every(({ valid }) => valid === null || valid[pixel] === 1));
  return Uint8Array.from({ length: height * width }, every);
}
