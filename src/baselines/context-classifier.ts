/**
 * @file A method out of a learner of tables: the features of a pixel are box mean and standard deviation of every
 * normalised band around it. Scenes are worked on in strips of rows, so that memory stays low.
 */
import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import {
  applyNormalisation,
  contextFeatures,
  contextSize,
  fitNormalisation,
  type LandCoverClass,
  type Normalisation,
  type Progress,
  type Rectangle,
  type Scene,
  type Source,
  sourcesOf,
  type Windows,
} from "../scene/index.ts";
import { arrayOf } from "../tensor/index.ts";
import { type FittedMethod, type Method, predictions } from "./method.ts";
import { fromMethodCheckpoint, methodCheckpoint, normalisationSchema } from "./saved.ts";
import type { Learned, Learner, LearnOptions, Table } from "./table.ts";
import { trainingClasses } from "./training-classes.ts";

/** The pixel itself, and its surroundings at three sizes. */
export const windows: Windows = { mean: [1, 3, 9, 21], deviation: [3, 9, 21] };

/** The pixel itself alone. */
export const pixelWindow: Windows = { mean: [1], deviation: [] };

/** Values of a strip's features. */
const stripValues = 4_000_000;

/** A source of the fit, with its scale. */
interface FittedSource {
  readonly source: string;
  readonly bands: number;
  readonly normalisation: Normalisation;
}

/** A source normalised, `[H, W, L]`. */
type Images = readonly Float32Array[];

/** Numbers of features of all sources together. */
function featuresOf(bands: readonly number[], seen: Windows): number {
  return bands.reduce((sum, count) => sum + contextSize(count, seen), 0);
}

const bandsOf = (scene: Scene): number[] => scene.sources.map(({ raster }) => raster.bands);

/** Features of pixels or rows, source after source. */
export function tableOf(
  scene: Scene,
  images: Images,
  at: Int32Array | readonly [number, number],
  seen: Windows = windows,
): Table {
  const rows = at instanceof Int32Array ? at.length : (at[1] - at[0]) * scene.width;
  const columns = featuresOf(bandsOf(scene), seen);
  const data = new Float32Array(rows * columns);
  let to = 0;
  for (const [index, { raster }] of scene.sources.entries()) {
    const { height, width, bands: channels, valid } = raster;
    const features = contextFeatures(images[index]!, { height, width, channels, valid }, seen, at);
    const size = contextSize(channels, seen);
    for (let row = 0; row < rows; row++) {
      data.set(features.subarray(row * size, (row + 1) * size), row * columns + to);
    }
    to += size;
  }
  return { rows, columns, data, sources: bandsOf(scene).map((bands) => contextSize(bands, seen)) };
}

/** Sources on their scales. */
export function normalised({ sources }: Scene, scales: readonly Normalisation[]): Images {
  return sources.map(({ raster }, at) => applyNormalisation(raster, scales[at]!));
}

const savedSchema = z.object({
  sources: z.array(z.object({ source: z.string(), bands: z.int().min(1), normalisation: normalisationSchema })).min(1),
});

/** What a method of a learner is called, and what it sees. */
interface Definition<Options> {
  readonly name: string;
  readonly title: string;
  readonly paper: string;
  readonly learner: Learner<Options>;
  readonly seen: Windows;
  /** How the bands of a source are put on a scale. @default `fitNormalisation` */
  readonly normalise?: (source: Source) => Normalisation;
  readonly isSeedless?: boolean;
}

/** A method from a learner of tables. */
export function defineContextClassifier<Options extends LearnOptions>(
  definition: Definition<Options>,
): Method<Options> {
  const { name, title, paper, learner, seen, normalise = fitNormalisation, isSeedless = false } = definition;
  const patch = Math.max(...seen.mean, ...seen.deviation);
  return {
    ...{ name, title, paper, patch, isSeedless, epochs: null },
    async fit(scene, split, options, progress) {
      const { classOf, classes } = trainingClasses(scene, split);
      const sources = scene.sources.map((source): FittedSource => {
        return { source: source.name, bands: source.raster.bands, normalisation: normalise(source) };
      });
      const images = normalised(
        scene,
        sources.map(({ normalisation }) => normalisation),
      );
      const table = tableOf(scene, images, split.train, seen);
      const learned = await learner.learn(table, classOf, classes.length, options, progress);
      return contextClassifier(definition, sources, learned, classes, options.seed ?? 0);
    },
    load: (checkpoint, file) =>
      fromMethodCheckpoint(name, savedSchema, checkpoint, file, ({ seed, classes, own: { sources } }) => {
        const columns = featuresOf(
          sources.map(({ bands }) => bands),
          seen,
        );
        const learned = learner.restore(
          (array, dtype) => arrayOf(checkpoint, file, array, dtype).data,
          columns,
          classes.length,
        );
        return contextClassifier(definition, sources, learned, classes, seed);
      }),
  };
}

function contextClassifier<Options>(
  { name, seen }: Definition<Options>,
  fitted: readonly FittedSource[],
  learned: Learned,
  classes: readonly LandCoverClass[],
  seed: number,
): FittedMethod {
  const count = classes.length;
  const reach = (Math.max(...seen.mean, ...seen.deviation) - 1) / 2;
  const columns = featuresOf(
    fitted.map(({ bands }) => bands),
    seen,
  );
  // Rows are often asked for one part after the other of the same scene.
  const known = new WeakMap<Scene, { readonly own: Scene; readonly images: Images }>();
  /** The scene with the sources of the fit in their order. */
  const prepared = (scene: Scene): { readonly own: Scene; readonly images: Images } => {
    const bands = scene.sources.map(({ name: source, raster }) => ({ name: source, bands: raster.bands }));
    const found = sourcesOf({ name: scene.name, sources: bands }, fitted);
    const make = () => {
      const own = { ...scene, sources: found.map((at) => scene.sources[at]!) };
      const scales = fitted.map(({ normalisation }) => normalisation);
      return { own, images: normalised(own, scales) };
    };
    const all = known.get(scene) ?? make();
    known.set(scene, all);
    return all;
  };
  const classify = async (scene: Scene, part: Rectangle, progress: Progress): Promise<Float32Array> => {
    const { own, images } = prepared(scene);
    const into = new Float32Array(part.height * part.width * count);
    const step = Math.max(1, Math.floor(stripValues / (scene.width * columns)));
    for (let row = 0; row < part.height; row += step) {
      const next = Math.min(part.height, row + step);
      const table = inColumns(tableOf(own, images, [part.row + row, part.row + next], seen), scene.width, part);
      into.set(learned.probabilities(table), row * part.width * count);
      progress(next, part.height);
      await setImmediate();
    }
    return into;
  };
  return {
    ...{ name, classes, seed, parameters: null },
    bytesPerPixel: 4 * fitted.reduce((sum, { bands }) => sum + 2 * bands, count),
    check: (scene) => void sourcesOf(scene, fitted),
    ...predictions(reach, classify),
    checkpoint: (about) => methodCheckpoint(name, { seed, classes, own: { sources: fitted } }, learned.arrays(), about),
  };
}

/** Of a table of whole rows of pixels, those in the columns of a part. */
function inColumns({ rows, columns, data }: Table, width: number, part: Rectangle): Table {
  if (part.width === width) return { rows, columns, data };
  const lines = rows / width;
  const kept = new Float32Array(lines * part.width * columns);
  for (let line = 0; line < lines; line++) {
    const from = (line * width + part.col) * columns;
    kept.set(data.subarray(from, from + part.width * columns), line * part.width * columns);
  }
  return { rows: lines * part.width, columns, data: kept };
}
