/** @file A trained model at work: class probabilities of a whole scene, or of a part of a larger one. */
import {
  alignedTo,
  type Classifier,
  contextFeatures,
  type Progress,
  type Rectangle,
  type Scene,
  wholeOf,
  widened,
  within,
} from "../scene/index.ts";
import { keyOf } from "../tensor/index.ts";
import { type SceneFeatures, sceneFeatures } from "./features.ts";
import { type FusionProgram, featureCount, fusionProgram } from "./fusion.ts";
import { encoderCore, type KnownSources, sceneLatents, seesTiles, sourcesOf } from "./latent.ts";
import type { SymDiffuserModel } from "./model.ts";
import type { Work } from "./work.ts";

/** A classifier that can do with the surroundings of what it classifies. */
export interface PartClassifier extends Classifier {
  /** Bytes that a pixel takes while it is classified, nearly. */
  readonly bytesPerPixel: number;
  /** @throws DataError if a scene lacks sources, or has other bands */
  check(scene: KnownSources): void;
  /** The part of the scene that is needed to classify a part of it. */
  surroundings(part: Rectangle, scene: Pick<Scene, "height" | "width">): Rectangle;
  /**
   * Class probabilities of a part of a scene, the same as in the whole of it.
   *
   * @param around  its surroundings, as a scene
   * @param place   where these lie in the scene
   * @returns       `f32 [h, w, K]` of the part
   */
  predictPart(around: Scene, place: Rectangle, part: Rectangle, progress?: Progress): Promise<Float32Array>;
}

/** Rows classified at once. */
const rowsPerStrip = 16;

/** Features of a region of a scene that is held. */
interface Held {
  readonly scene: Scene;
  readonly region: Rectangle;
  readonly features: SceneFeatures;
}

/** A trained model as a classifier. The features of the last scene are kept for the next call. */
export function symDiffuserClassifier(
  model: SymDiffuserModel,
  { progress, ...compute }: Omit<Work, "runStage">,
): PartClassifier {
  const { options, latents, network, text, seed, scale, heads, classes } = model;
  const { patch, width: channels } = options.network;
  const isDense = options.mode === "dense";
  const smoothed = (options.smoothing - 1) / 2;
  const { mean, deviation } = options.features.windows;
  const seen = isDense
    ? Math.max(0, ...mean.map((side) => (side - 1) / 2), ...deviation.map((side) => (side - 1) / 2))
    : 0;
  const cores = [...(isDense ? [options.features.core] : []), ...(latents.some(seesTiles) ? [encoderCore(patch)] : [])];
  let program: Promise<FusionProgram> | undefined;
  let held: Held | null = null;
  let room = new Float32Array(0);

  // Surroundings of all parts are alike, but for what the first ones lack at the border of the scene.
  const reserve =
    (pixels: number) =>
    (length: number): Float32Array => {
      const tokens = options.features.steps.length * latents.length;
      if (room.length < length) room = new Float32Array(Math.max(length, pixels * tokens * channels));
      return room.subarray(0, length);
    };
  const hold = async (
    scene: Scene,
    place: Rectangle,
    region: Rectangle,
    space: (length: number) => Float32Array,
    report: Progress,
  ): Promise<Held> => {
    await held?.features.release();
    held = null;
    const images = await sceneLatents(scene, latents, patch, compute);
    const where = { place, region, space };
    const key = keyOf(seed);
    const features = await sceneFeatures(network, images, scene.valid, where, text, key, options, compute, report);
    held = { scene, region, features };
    return held;
  };

  /** Of a part of the region that is held, both in pixels of the scene that is held. */
  const probabilities = async ({ features, region }: Held, part: Rectangle, report: Progress) => {
    program ??= fusionProgram(heads, scale, features, classes.length, compute);
    const { classify } = await program;
    const result = new Float32Array(part.height * part.width * classes.length);
    const size = featureCount(features);
    // While a strip is classified, the features of the next one are summed up.
    let classified = Promise.resolve();
    for (let row = 0; row < part.height; row += rowsPerStrip) {
      const count = Math.min(rowsPerStrip, part.height - row);
      const first = part.row - region.row + row;
      const rows = await features.at([first, first + count]);
      const own = inColumns(rows, count, size, region, part);
      await classified;
      classified = classify(own).then((strip) => result.set(strip, row * part.width * classes.length));
      report(row + count, part.height);
    }
    await classified;
    return result;
  };

  const smooth = async (from: Held, part: Rectangle, report: Progress): Promise<Float32Array> => {
    if (smoothed === 0) return probabilities(from, part, report);
    const wider = widened(part, smoothed, from.scene);
    const raw = await probabilities(from, wider, report);
    const grid = { height: wider.height, width: wider.width, channels: classes.length, valid: null };
    const first = part.row - wider.row;
    const rows = contextFeatures(raw, grid, { mean: [options.smoothing], deviation: [] }, [first, first + part.height]);
    return inColumns(rows, part.height, classes.length, wider, part);
  };

  return {
    name: "symdiffuser",
    bytesPerPixel: isDense ? 4 * options.features.steps.length * latents.length * channels : 0,
    check: (scene) => {
      sourcesOf(scene, latents);
    },
    surroundings: (part, scene) => {
      const reach = smoothed + seen + patch * (latents.some(seesTiles) ? 2 : 1);
      // Tiles of the surroundings lie as those of the scene.
      return alignedTo(widened(part, reach, scene), cores.reduce(leastCommonMultiple, 1));
    },
    predictPart: async (around, place, part, report = () => {}) => {
      const inAround = within(part, place);
      const region = widened(inAround, smoothed + seen, around);
      const space = reserve((place.height + smoothed + seen) * (place.width + smoothed + seen));
      return smooth(await hold(around, place, region, space, report), inAround, () => {});
    },
    predict: async (scene, rows = [0, scene.height], report = () => {}) => {
      const whole = wholeOf(scene);
      const from = held?.scene === scene ? held : await hold(scene, whole, whole, reserve(0), progress("features"));
      return smooth(from, { ...whole, row: rows[0], height: rows[1] - rows[0] }, report);
    },
  };
}

/** Rows of a region cut to the columns of a part of it, in place. */
function inColumns(rows: Float32Array, count: number, size: number, region: Rectangle, part: Rectangle): Float32Array {
  if (part.width === region.width) return rows;
  for (let row = 0; row < count; row++) {
    const from = (row * region.width + part.col - region.col) * size;
    rows.copyWithin(row * part.width * size, from, from + part.width * size);
  }
  return rows.subarray(0, count * part.width * size);
}

function leastCommonMultiple(a: number, b: number): number {
  let [high, low] = [a, b];
  while (low > 0) [high, low] = [low, high % low];
  return (a / high) * b;
}
