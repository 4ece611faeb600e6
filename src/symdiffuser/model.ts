/** @file The whole method, in the paper's order: latents, coupled diffusion, features, heads. */
import {
  type Classifier,
  contextFeatures,
  type LandCoverClass,
  type Progress,
  type Scene,
  type Split,
} from "../scene/index.ts";
import { type Compute, childKey, DataError, keyOf, type NdArray, ndarray } from "../tensor/index.ts";
import { type Csdiff, initCsdiff } from "./csdiff.ts";
import { type SceneFeatures, sceneFeatures } from "./features.ts";
import { finetuneStage } from "./finetune.ts";
import {
  type FeatureScale,
  type FusionProgram,
  featureCount,
  fitFeatureScale,
  fusionProgram,
  headStage,
} from "./fusion.ts";
import { type Head, initHead } from "./head.ts";
import { encodeLatent, fitLatent, type LatentEncoder } from "./latent.ts";
import { noiseSchedule } from "./noise.ts";
import type { SymDiffuserOptions } from "./options.ts";
import { pretrainingStage } from "./pretrain.ts";
import { promptOf, type TextEncoder } from "./text.ts";
import type { Work } from "./work.ts";

/** Everything that prediction needs. */
export interface SymDiffuserModel {
  readonly options: SymDiffuserOptions;
  readonly seed: number;
  readonly classes: readonly LandCoverClass[];
  /** One a source, in order. */
  readonly latents: readonly LatentEncoder[];
  /** Which text encoder made `text`. */
  readonly textEncoder: string;
  /** `[K, E]` */
  readonly text: NdArray<"f32">;
  readonly network: Csdiff;
  readonly scale: FeatureScale;
  readonly heads: readonly Head[];
}

/** Pixels on which features are standardised. */
const scaleSample = { dense: 8192, centre: 1024 } as const;

/** An even sample of valid pixels. */
function samplePixels({ height, width, valid }: Scene, count: number): Int32Array {
  const usable: number[] = [];
  for (let pixel = 0; pixel < height * width; pixel++) if (valid?.[pixel] !== 0) usable.push(pixel);
  const taken = Math.min(count, usable.length);
  return Int32Array.from({ length: taken }, (_, at) => usable[Math.floor((at * usable.length) / taken)]!);
}

/**
 * Train on a scene.
 *
 * @param split  only its training pixels are looked at; no other label has any influence
 * @param seed   of all random choices but those of the split
 */
export async function fitSymDiffuser(
  scene: Scene,
  split: Split,
  options: SymDiffuserOptions,
  seed: number,
  textEncoder: TextEncoder,
  work: Work,
): Promise<SymDiffuserModel> {
  const { labels } = scene;
  if (!labels) throw new DataError(scene.name, "expected a scene with labels; got none");
  if (scene.sources.length < 2) {
    throw new DataError(scene.name, `expected two or more sources; got ${scene.sources.length}`);
  }
  const key = keyOf(seed);
  const { network: size } = options;
  const classes = labels.classes.length;
  const prompts = labels.classes.map(({ name }) => promptOf(name));
  const text = ndarray(await textEncoder.encode(prompts), [classes, textEncoder.width]);

  // Stage 0.
  const latents: LatentEncoder[] = [];
  for (const source of scene.sources) {
    const own = childKey(childKey(key, "latent"), source.name);
    latents.push(await fitLatent(scene, source, options.latent, size.patch, own, work));
  }
  const images = await sceneLatents(scene, latents, size.patch, work);

  // Stage 1. Labels of all but training pixels are set to 0 before anything sees them.
  const trainingLabels = new Uint16Array(scene.height * scene.width);
  for (const pixel of split.train) trainingLabels[pixel] = labels.data[pixel]!;
  const classOf = Int32Array.from(split.train, (pixel) => labels.data[pixel]! - 1);
  let network = initCsdiff(
    childKey(key, "network"),
    images.map(({ channels }) => channels),
    textEncoder.width,
    size,
  );
  if (options.pretraining.steps > 0) {
    const data = { height: scene.height, width: scene.width, latents: images, valid: scene.valid, trainingLabels };
    const schedule = noiseSchedule(options.schedule, size.steps);
    const stage = pretrainingStage(
      "csdiff",
      childKey(key, "csdiff"),
      data,
      network,
      text,
      schedule,
      size,
      options.pretraining,
    );
    network = await work.runStage(stage);
  }
  if (options.backbone === "finetune") {
    const teacher = initHead(childKey(key, "finetune head"), images.length, 3 * size.width, classes);
    const start = { network, head: teacher };
    const own = childKey(key, "finetune");
    const stage = finetuneStage(
      "finetune",
      own,
      start,
      images,
      split.train,
      classOf,
      classes,
      text,
      size,
      options.finetuning,
    );
    ({ network } = await work.runStage(stage));
  }

  // Stage 2.
  const progress = work.progress("features");
  const features = await sceneFeatures(network, images, scene.valid, text, key, options, work, progress);
  const scale = fitFeatureScale(
    await features.at(samplePixels(scene, scaleSample[options.mode])),
    featureCount(features),
  );
  const rows = await features.at(split.train);
  const heads: Head[] = [];
  for (let at = 0; at < options.head.count; at++) {
    const own = childKey(childKey(key, "head"), at);
    heads.push(
      await work.runStage(headStage(`head.${at}`, own, rows, classOf, classes, scale, features, options.head)),
    );
  }
  return {
    options,
    seed,
    classes: labels.classes,
    latents,
    textEncoder: textEncoder.name,
    text,
    network,
    scale,
    heads,
  };
}

/** Latents of all sources of a scene, in the order of the model. @throws DataError if sources are missing or differ */
async function sceneLatents(scene: Scene, encoders: readonly LatentEncoder[], patch: number, compute: Compute) {
  const images = [];
  for (const encoder of encoders) {
    const source = scene.sources.find(({ name }) => name === encoder.source);
    if (!source) {
      const known = scene.sources.map(({ name }) => name).join(", ");
      throw new DataError(scene.name, `expected a source "${encoder.source}"; got ${known}`);
    }
    if (source.raster.bands !== encoder.bands) {
      throw new DataError(`source ${source.name}`, `expected ${encoder.bands} bands; got ${source.raster.bands}`);
    }
    images.push(await encodeLatent(scene, source, encoder, patch, compute));
  }
  return images;
}

/** Rows of a scene classified between two reports of progress. */
const rowsPerStrip = 16;

/** A trained model as a classifier. The features of the last scene are kept for the next call. */
export function symDiffuserClassifier(
  model: SymDiffuserModel,
  { progress, ...compute }: Omit<Work, "runStage">,
): Classifier {
  const { options, latents, network, text, seed, scale, heads, classes } = model;
  let program: Promise<FusionProgram> | undefined;
  let held: { readonly scene: Scene; readonly features: SceneFeatures } | null = null;

  const featuresOf = async (scene: Scene): Promise<SceneFeatures> => {
    if (held?.scene !== scene) {
      const images = await sceneLatents(scene, latents, options.network.patch, compute);
      const report = progress("features");
      const features = await sceneFeatures(network, images, scene.valid, text, keyOf(seed), options, compute, report);
      held = { scene, features };
    }
    return held.features;
  };

  const probabilities = async (
    scene: Scene,
    [from, to]: readonly [number, number],
    report: Progress,
  ): Promise<Float32Array> => {
    const features = await featuresOf(scene);
    program ??= fusionProgram(heads, scale, features, classes.length, compute);
    const { classify } = await program;
    const result = new Float32Array((to - from) * scene.width * classes.length);
    // While a strip is classified, the features of the next one are summed up.
    let classified = Promise.resolve();
    for (let row = from; row < to; row += rowsPerStrip) {
      const end = Math.min(row + rowsPerStrip, to);
      const rows = await features.at([row, end]);
      await classified;
      classified = classify(rows).then((strip) => result.set(strip, (row - from) * scene.width * classes.length));
      report(end - from, to - from);
    }
    await classified;
    return result;
  };

  return {
    name: "symdiffuser",
    predict: async (scene, rows = [0, scene.height], report = () => {}) => {
      const radius = (options.smoothing - 1) / 2;
      if (radius === 0) return probabilities(scene, rows, report);
      const [from, to] = [Math.max(0, rows[0] - radius), Math.min(scene.height, rows[1] + radius)];
      const raw = await probabilities(scene, [from, to], report);
      const grid = { height: to - from, width: scene.width, channels: classes.length, valid: null };
      return contextFeatures(raw, grid, { mean: [options.smoothing], deviation: [] }, [rows[0] - from, rows[1] - from]);
    },
  };
}
