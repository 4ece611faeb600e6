/**
 * @file What heads say of pixels that they did not learn from: validation pixels where the split has some, else training
 * pixels by folds of ground. From these, the temperature is fitted, and label sets get their thresholds; test pixels
 * have no part in it.
 */
import type { Learned } from "../baselines/index.ts";
import type { BatchSpec, Stage } from "../nn/index.ts";
import type { Scene, Split } from "../scene/index.ts";
import { type Compute, childKey, type Key, type NdArray, ndarray, permutation } from "../tensor/index.ts";
import { featureCount, seenShape } from "./feature-shape.ts";
import type { SceneFeatures } from "./features.ts";
import { blockFolds, blockOf } from "./folds.ts";
import { type FeatureScale, fusionProgram, headStage } from "./fusion.ts";
import type { Head } from "./head.ts";
import type { SymDiffuserOptions } from "./options.ts";
import { fitTemperature } from "./temperature.ts";
import { growTrees } from "./trees.ts";
import { runStages, type Work } from "./work.ts";

/** Predictions for pixels that were held out, and the temperature that suits them. */
export interface Calibration {
  /** Which pixels: those of the split's `validation`, or training pixels by `folds`. */
  readonly from: "validation" | "folds";
  /** T, see `tempered`. */
  readonly temperature: number;
  /** Before scaling, `[n, K]`. */
  readonly probabilities: NdArray<"f32">;
  /** Their true classes, 0 … K − 1, `[n]`. */
  readonly classOf: NdArray<"i32">;
}

/** Each fold costs the training of one head. */
const foldCount = 3;
/** Fewer pixels tell nothing. */
const fewest = 20;
/** More tell nothing new. */
const most = 4096;

/** A trained stage 2, and what it was trained on. */
export interface HeadTraining {
  readonly scene: Scene;
  readonly split: Split;
  /** Class of each training pixel, 0 … K − 1. */
  readonly classOf: Int32Array;
  /** Features of the training pixels, `[n, V·M·C]`. */
  readonly rows: Float32Array;
  readonly features: SceneFeatures;
  readonly scale: FeatureScale;
  readonly heads: readonly Head[];
  readonly trees: Learned | null;
}

/** At most {@link most} of some pixels, at random, by their place in the list. */
function drawn(count: number, key: Key): Int32Array {
  return permutation(key, count).slice(0, most).sort();
}

/** Predictions of heads for pixels, averaged over windows as on a map. @returns `[n, K]` */
async function predicted(
  pixels: Int32Array,
  learned: Pick<HeadTraining, "heads" | "trees">,
  { scene: { height, width, labels }, features, scale }: HeadTraining,
  { smoothing, head }: SymDiffuserOptions,
  compute: Compute,
): Promise<Float32Array> {
  const classes = labels!.classes.length;
  const half = (smoothing - 1) / 2;
  const windows = Array.from(pixels, (pixel) => {
    const [row, col] = [Math.floor(pixel / width), pixel % width];
    const around: number[] = [];
    for (let r = Math.max(0, row - half); r <= Math.min(height - 1, row + half); r++) {
      for (let c = Math.max(0, col - half); c <= Math.min(width - 1, col + half); c++) around.push(r * width + c);
    }
    return around;
  });
  const program = await fusionProgram(learned, head, scale, features, classes, compute);
  const { probabilities } = await program.classify(await features.at(Int32Array.from(windows.flat())));
  await program.release();
  const means = new Float32Array(pixels.length * classes);
  let from = 0;
  for (const [at, { length }] of windows.entries()) {
    for (let end = from + length * classes; from < end; from++) {
      means[at * classes + (from % classes)]! += probabilities[from]! / length;
    }
  }
  return means;
}

/** A fold: a head learns from the others' pixels, and tells of its own. */
interface Fold {
  readonly stage: Stage<Head, BatchSpec>;
  /** Features of the others' pixels, `[n, F]`, and their classes. */
  readonly table: Float32Array;
  readonly known: Int32Array;
  /** Pixels of its own that are asked about, by their place among the training pixels. */
  readonly own: Int32Array;
  readonly treesKey: Key;
}

/** Folds that have something to learn from and to tell of. */
function foldsOf(training: HeadTraining, key: Key, options: SymDiffuserOptions): Fold[] {
  const { scene, split, classOf, rows, features, scale } = training;
  const classes = scene.labels!.classes.length;
  const folds = blockFolds(split.train.map(blockOf(scene, split)), classOf, classes, foldCount);
  const count = Math.max(...folds) + 1;
  if (count < 2) return [];
  const asked = drawn(split.train.length, childKey(key, "asked"));
  const size = featureCount(features);
  return Array.from({ length: count }, (_, fold) => fold).flatMap((fold) => {
    const others = Int32Array.from(folds.keys()).filter((at) => folds[at] !== fold);
    const known = Int32Array.from(others, (at) => classOf[at]!);
    const learnt = new Set(known);
    const own = asked.filter((at) => folds[at] === fold && learnt.has(classOf[at]!));
    if (own.length === 0 || learnt.size < 2) return [];
    const table = new Float32Array(others.length * size);
    for (const [to, from] of others.entries()) table.set(rows.subarray(from * size, (from + 1) * size), to * size);
    const name = `calibration.${fold}`;
    const seen = seenShape(features, 0, 1, options.head);
    const stage = headStage(name, childKey(key, fold), table, known, classes, scale, features, seen, options.head);
    return [{ stage, table, known, own, treesKey: childKey(childKey(key, "trees"), fold) }];
  });
}

/** Of each fold, a head learns from the others' pixels, and tells of its own. */
async function byFolds(
  training: HeadTraining,
  key: Key,
  options: SymDiffuserOptions,
  work: Work,
): Promise<readonly [number[], number[]]> {
  const { scene, split, classOf, features } = training;
  const classes = scene.labels!.classes.length;
  const [probabilities, truths]: [number[], number[]] = [[], []];
  const folds = foldsOf(training, key, options);
  const stages = folds.map(({ stage }) => stage);
  for (const [at, head] of (await runStages(work, stages)).entries()) {
    const { table, known, own, treesKey } = folds[at]!;
    const trees = await growTrees(treesKey, table, known, classes, features, options.head);
    const pixels = Int32Array.from(own, (at) => split.train[at]!);
    for (const p of await predicted(pixels, { heads: [head], trees }, training, options, work)) probabilities.push(p);
    for (const at of own) truths.push(classOf[at]!);
  }
  return [probabilities, truths];
}

/**
 * Calibrate heads. Pixels of a class that lies in one block of ground alone are left out: no head that knows the class
 * can be asked about them.
 *
 * @returns null where fewer than 20 pixels can be held out
 */
export async function calibrated(
  training: HeadTraining,
  key: Key,
  options: SymDiffuserOptions,
  work: Work,
): Promise<Calibration | null> {
  const { scene, split } = training;
  const { data, classes } = scene.labels!;
  const isValidated = split.validation.length >= fewest;
  const pixels = isValidated
    ? drawn(split.validation.length, childKey(key, "asked")).map((at) => split.validation[at]!)
    : null;
  const [raw, truths] =
    pixels === null
      ? await byFolds(training, key, options, work)
      : ([
          await predicted(pixels, training, training, options, work),
          Array.from(pixels, (pixel) => data[pixel]! - 1),
        ] as const);
  if (truths.length < fewest) return null;
  const probabilities = Float32Array.from(raw);
  return {
    from: isValidated ? "validation" : "folds",
    temperature: fitTemperature(probabilities, truths, classes.length),
    probabilities: ndarray(probabilities, [truths.length, classes.length]),
    classOf: ndarray(Int32Array.from(truths), [truths.length], "i32"),
  };
}
