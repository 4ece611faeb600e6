/**
 * @file A classifier of scenes out of a learner of tables: the features of a pixel are box mean and standard deviation
 * of every normalised band around it. Scenes are worked on in strips of rows, so that memory stays low.
 */
import { setImmediate } from "node:timers/promises";
import {
  applyNormalisation,
  type Classifier,
  type ClassifierKind,
  contextFeatures,
  contextSize,
  fitNormalisation,
  type Normalisation,
  type Progress,
  type Scene,
  type Split,
  type Windows,
} from "../scene/index.ts";
import { DataError, ShapeError } from "../tensor/index.ts";
import type { Learn, Learned, Table } from "./table.ts";

/** The pixel itself, and its surroundings at three sizes. */
export const windows: Windows = { mean: [1, 3, 9, 21], deviation: [3, 9, 21] };

/** Values of a strip's features. */
const stripValues = 4_000_000;

/** A source normalised, `[H, W, L]`. */
type Images = readonly Float32Array[];

/** Numbers of features of all sources together. */
function featuresOf(scene: Scene): number {
  return scene.sources.reduce((sum, { raster }) => sum + contextSize(raster.bands, windows), 0);
}

/** Features of pixels or rows, source after source. */
export function tableOf(scene: Scene, images: Images, at: Int32Array | readonly [number, number]): Table {
  const rows = at instanceof Int32Array ? at.length : (at[1] - at[0]) * scene.width;
  const columns = featuresOf(scene);
  const data = new Float32Array(rows * columns);
  let to = 0;
  for (const [index, { raster }] of scene.sources.entries()) {
    const { height, width, bands: channels, valid } = raster;
    const features = contextFeatures(images[index]!, { height, width, channels, valid }, windows, at);
    const size = contextSize(channels, windows);
    for (let row = 0; row < rows; row++) {
      data.set(features.subarray(row * size, (row + 1) * size), row * columns + to);
    }
    to += size;
  }
  return { rows, columns, data };
}

/** Classes 0 … K − 1 of the training pixels. */
function trainingClasses(scene: Scene, split: Split): { classes: Int32Array; count: number } {
  if (scene.labels === null) throw new DataError(scene.name, "expected labels to train on; got none");
  const { data, classes: named } = scene.labels;
  const classes = Int32Array.from(split.train, (pixel) => (data[pixel] ?? 0) - 1);
  const unlabelled = split.train.find((_, at) => classes[at]! < 0);
  if (unlabelled !== undefined) {
    throw new DataError(split.rule, `expected labelled training pixels; got pixel ${unlabelled}, which is not`);
  }
  const present = [...new Set(classes)];
  if (present.length < 2) {
    const got = present.length === 0 ? "none" : `only "${named[present[0]!]!.name}"`;
    throw new DataError(split.rule, `expected training pixels of at least 2 classes; got ${got}`);
  }
  return { classes, count: named.length };
}

/** A classifier kind from a learner of tables. */
export function defineContextClassifier<Options>(name: string, learn: Learn<Options>): ClassifierKind<Options> {
  return {
    name,
    async fit(scene, split, options, progress) {
      const { classes, count } = trainingClasses(scene, split);
      const scales = scene.sources.map(fitNormalisation);
      const images = normalised(scene, scales);
      const table = tableOf(scene, images, split.train);
      const learned = await learn(table, classes, count, options, progress);
      return contextClassifier(name, scales, learned, count);
    },
  };
}

export function normalised(scene: Scene, scales: readonly Normalisation[]): Images {
  if (scene.sources.length !== scales.length) {
    const message = `expected ${scales.length} sources as fitted; got ${scene.sources.length}`;
    throw new DataError(scene.name, message);
  }
  return scene.sources.map(({ raster }, at) => applyNormalisation(raster, scales[at]!));
}

function contextClassifier(
  name: string,
  scales: readonly Normalisation[],
  learned: Learned,
  count: number,
): Classifier {
  // Rows are often asked for one part after the other of the same scene.
  const known = new WeakMap<Scene, Images>();
  const imagesOf = (scene: Scene): Images => {
    const images = known.get(scene) ?? normalised(scene, scales);
    known.set(scene, images);
    return images;
  };
  return {
    name,
    async predict(scene: Scene, rows: readonly [number, number] = [0, scene.height], progress?: Progress) {
      const [first, end] = rows;
      if (!(Number.isInteger(first) && Number.isInteger(end) && first >= 0 && first <= end && end <= scene.height)) {
        throw new ShapeError("predict", `expected rows within 0 to ${scene.height}; got ${first} to ${end}`);
      }
      const images = imagesOf(scene);
      const into = new Float32Array((end - first) * scene.width * count);
      const step = Math.max(1, Math.floor(stripValues / (scene.width * featuresOf(scene))));
      for (let row = first; row < end; row += step) {
        const next = Math.min(end, row + step);
        const table = tableOf(scene, images, [row, next]);
        into.set(learned.probabilities(table), (row - first) * scene.width * count);
        progress?.(next - first, end - first);
        await setImmediate();
      }
      return into;
    },
  };
}
