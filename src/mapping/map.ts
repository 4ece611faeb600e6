/** @file A classifier over a whole scene, strip by strip: the most probable class of every pixel, and how probable. */
import type { Classifier, Progress, Scene } from "../scene/index.ts";
import { UnsupportedError } from "../tensor/index.ts";

/** A land-cover map on the grid of its scene. */
export interface LandCoverMap {
  /** `[H, W]`: k = class k of the model, 0 = not classified. */
  readonly labels: Uint16Array;
  /** `[H, W]`: probability of that class; NaN where not classified. */
  readonly confidence: Float32Array;
  /** `[H, W, K]`: probability of every class, NaN where not classified; null where they were not asked for. */
  readonly probabilities: Float32Array | null;
}

/** Rows whose probabilities are held at once. */
const rowsPerStrip = 64;

/** Longest typed array. */
const longest = 2 ** 32 - 1;

/**
 * Classify every valid pixel.
 *
 * @param classes  `K`
 * @param keepProbabilities  of all classes, not only of the most probable
 * @throws UnsupportedError if they are more than an array can hold
 */
export async function mapScene(
  classifier: Classifier,
  scene: Scene,
  classes: number,
  progress: Progress = () => {},
  keepProbabilities = false,
): Promise<LandCoverMap> {
  const { height, width, valid } = scene;
  const labels = new Uint16Array(height * width);
  const confidence = new Float32Array(height * width).fill(Number.NaN);
  const kept = keepProbabilities ? unknownProbabilities(height * width * classes) : null;
  for (let row = 0; row < height; row += rowsPerStrip) {
    const end = Math.min(row + rowsPerStrip, height);
    const probabilities = await classifier.predict(scene, [row, end]);
    for (let pixel = row * width; pixel < end * width; pixel++) {
      if (valid?.[pixel] === 0) continue;
      const from = (pixel - row * width) * classes;
      let best = 0;
      for (let k = 1; k < classes; k++) if (probabilities[from + k]! > probabilities[from + best]!) best = k;
      labels[pixel] = best + 1;
      confidence[pixel] = probabilities[from + best]!;
      kept?.set(probabilities.subarray(from, from + classes), pixel * classes);
    }
    progress(end, height);
  }
  return { labels, confidence, probabilities: kept };
}

function unknownProbabilities(count: number): Float32Array {
  if (count > longest) {
    throw new UnsupportedError(
      `a map with ${count} probabilities at once`,
      "map parts of the scene, or do without them",
    );
  }
  return new Float32Array(count).fill(Number.NaN);
}
