/** @file The whole method, in the paper's order: latents, coupled diffusion, features, heads. */
import type { Learned } from "../baselines/index.ts";
import type { LandCoverClass, Scene, Split } from "../scene/index.ts";
import { childKey, DataError, type Key, keyOf, type NdArray } from "../tensor/index.ts";
import { type Csdiff, initCsdiff } from "./csdiff.ts";
import { featureCount, seenShape } from "./feature-shape.ts";
import { allOf, sceneFeatures } from "./features.ts";
import { finetuned } from "./finetune.ts";
import { type FeatureScale, fitFeatureScale, headStage } from "./fusion.ts";
import type { Head } from "./head.ts";
import { type Calibration, calibrated } from "./held-out.ts";
import { fitLatent, type LatentEncoder, sceneLatents } from "./latent.ts";
import { noiseSchedule } from "./noise.ts";
import { backbonePlans, type SymDiffuserOptions } from "./options.ts";
import { pretrainingStage } from "./pretrain.ts";
import { promptOf, type TextEncoder } from "./text/encoder.ts";
import { growTrees } from "./trees.ts";
import { runStages, type Work } from "./work.ts";

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
  /** Denoisers that features are taken from. */
  readonly network: Csdiff;
  /** Denoisers that know one source given others: as pre-trained. Those of `network`, unless they learned on with labels. */
  readonly pretrained: Csdiff;
  readonly scale: FeatureScale;
  readonly heads: readonly Head[];
  /** Extremely randomised trees beside them; null where none are wanted. */
  readonly trees: Learned | null;
  /** Null of a model that was not calibrated. */
  readonly calibration: Calibration | null;
}

/** Fresh denoisers; none where features come from the latents alone. @param latents  one a source */
export function initNetwork(
  key: Key,
  latents: readonly { readonly channels: number }[],
  textWidth: number,
  { features, network }: SymDiffuserOptions,
): Csdiff {
  if (features.from === "latents") return [];
  const channels = latents.map((latent) => latent.channels);
  return initCsdiff(key, channels, textWidth, network);
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
 * @param split  only its training pixels are looked at, and its validation pixels for the temperature; no other label has
 *   any influence
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
  const prompts = labels.classes.map(({ name }) => promptOf(options.text.prompt, name));
  const text = await textEncoder.encode(prompts);

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
  let network = initNetwork(childKey(key, "network"), images, text.shape[1]!, options);
  if (network.length > 0 && backbonePlans[options.backbone].pretrained && options.pretraining.steps > 0) {
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
  const pretrained = network;
  if (network.length > 0) {
    const data = { latents: images, pixels: split.train, classOf, classes, text };
    network = await finetuned(key, network, data, options, work);
  }

  // Stage 2.
  const progress = work.progress("features");
  const features = await sceneFeatures(network, images, scene.valid, allOf(scene), text, key, options, work, progress);
  const scale = fitFeatureScale(
    await features.at(samplePixels(scene, scaleSample[options.mode])),
    featureCount(features),
  );
  const rows = await features.at(split.train);
  const heads = await runStages(
    work,
    Array.from({ length: options.head.count }, (_, at) => {
      const own = childKey(childKey(key, "head"), at);
      const seen = seenShape(features, at, options.head.count, options.head);
      return headStage(`head.${at}`, own, rows, classOf, classes, scale, features, seen, options.head);
    }),
  );
  const trees = await growTrees(childKey(key, "trees"), rows, classOf, classes, features, options.head);
  const training = { scene, split, classOf, rows, features, scale, heads, trees };
  const calibration =
    options.calibration === "none" ? null : await calibrated(training, childKey(key, "calibration"), options, work);
  await features.release();
  return {
    options,
    seed,
    classes: labels.classes,
    latents,
    textEncoder: textEncoder.name,
    text,
    network,
    pretrained,
    scale,
    heads,
    trees,
    calibration,
  };
}
