/** @file A trained model at work: class probabilities of a whole scene, or of a part of a larger one. */
import {
  alignedTo,
  contextFeatures,
  type Image,
  type PartClassifier,
  type PartPrediction,
  type Progress,
  type Rectangle,
  type Scene,
  sourcesOf,
  wholeOf,
  widened,
  within,
} from "../scene/index.ts";
import { keyOf } from "../tensor/index.ts";
import { featureCount, viewSize } from "./feature-shape.ts";
import { featureShape, type SceneFeatures, sceneFeatures } from "./features.ts";
import { type FusionProgram, fusionProgram } from "./fusion.ts";
import { encoderCore, sceneLatents, seesTiles } from "./latent.ts";
import type { SymDiffuserModel } from "./model.ts";
import { tempered } from "./temperature.ts";
import type { Work } from "./work.ts";

/** Rows classified at once. */
const rowsPerStrip = 16;

/** Features of a region of a scene that is held. */
interface Held {
  readonly scene: Scene;
  readonly region: Rectangle;
  readonly features: SceneFeatures;
}

/**
 * A trained model as a classifier. The features of the last scene are kept for the next call.
 *
 * @param latentsOf  latents of a scene that lies at a place of a larger one; its own, if nothing else
 */
export function symDiffuserClassifier(
  model: SymDiffuserModel,
  { progress, ...compute }: Omit<Work, "runStage">,
  latentsOf: (scene: Scene, place: Rectangle) => Promise<readonly Image[]> = (scene) =>
    sceneLatents(scene, model.latents, model.options.network.patch, compute),
): PartClassifier {
  const { options, latents, network, text, seed, scale, classes, calibration } = model;
  const { patch } = options.network;
  const kept = viewSize(featureShape(options, latents));
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
      if (room.length < length) room = new Float32Array(Math.max(length, pixels * kept));
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
    const images = await latentsOf(scene, place);
    const where = { place, region, space };
    const key = keyOf(seed);
    const features = await sceneFeatures(network, images, scene.valid, where, text, key, options, compute, report);
    held = { scene, region, features };
    return held;
  };

  /** Of a part of the region that is held, both in pixels of the scene that is held. */
  const classified = async ({ features, region }: Held, part: Rectangle, report: Progress): Promise<PartPrediction> => {
    program ??= fusionProgram(model, options.head, scale, features, classes.length, compute);
    const { classify } = await program;
    const pixels = part.height * part.width;
    const result = { probabilities: new Float32Array(pixels * classes.length), disagreement: new Float32Array(pixels) };
    const size = featureCount(features);
    // While a strip is classified, the features of the next one are summed up, in the other of two places.
    const strip = Math.min(rowsPerStrip, part.height) * region.width * size;
    const spaces = [new Float32Array(isDense ? strip : 0), new Float32Array(isDense ? strip : 0)] as const;
    let last = Promise.resolve();
    for (let row = 0; row < part.height; row += rowsPerStrip) {
      const count = Math.min(rowsPerStrip, part.height - row);
      const first = part.row - region.row + row;
      const space = spaces[(row / rowsPerStrip) % 2 === 0 ? 0 : 1];
      const rows = await features.at([first, first + count], undefined, space);
      const own = inColumns(rows, count, size, region, part);
      await last;
      last = classify(own).then((strip) => {
        result.probabilities.set(strip.probabilities, row * part.width * classes.length);
        result.disagreement.set(strip.disagreement, row * part.width);
      });
      report(row + count, part.height);
    }
    await last;
    return result;
  };

  const smooth = async (from: Held, part: Rectangle, report: Progress): Promise<PartPrediction> => {
    if (smoothed === 0) return classified(from, part, report);
    const wider = widened(part, smoothed, from.scene);
    const { probabilities, disagreement } = await classified(from, wider, report);
    const grid = { height: wider.height, width: wider.width, channels: classes.length, valid: null };
    const first = part.row - wider.row;
    const windows = { mean: [options.smoothing], deviation: [] };
    const rows = contextFeatures(probabilities, grid, windows, [first, first + part.height]);
    return {
      probabilities: inColumns(rows, part.height, classes.length, wider, part),
      disagreement: inColumns(
        disagreement.subarray(first * wider.width, (first + part.height) * wider.width),
        ...([part.height, 1, wider, part] as const),
      ),
    };
  };

  const predicted = async (from: Held, part: Rectangle, report: Progress): Promise<PartPrediction> => {
    const prediction = await smooth(from, part, report);
    tempered(prediction.probabilities, classes.length, calibration?.temperature ?? 1);
    return prediction;
  };

  return {
    name: "symdiffuser",
    bytesPerPixel: isDense ? 4 * kept : 0,
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
      return predicted(await hold(around, place, region, space, report), inAround, () => {});
    },
    predict: async (scene, rows = [0, scene.height], report = () => {}) => {
      const whole = wholeOf(scene);
      const from = held?.scene === scene ? held : await hold(scene, whole, whole, reserve(0), progress("features"));
      const part = { ...whole, row: rows[0], height: rows[1] - rows[0] };
      return (await predicted(from, part, report)).probabilities;
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
