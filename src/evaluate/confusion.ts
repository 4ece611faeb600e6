/** @file The confusion matrix: how many pixels of each true class went to each predicted class. */
import { DataError, ShapeError } from "../tensor/index.ts";

/** Counts, `[K, K]`: row = true class, column = predicted class; entry `[i][j]` belongs to labels `i + 1` and `j + 1`. */
export type Confusion = readonly (readonly number[])[];

/**
 * Count how labelled pixels were classified. Pixels whose truth is 0 (unlabelled) are left out.
 *
 * @param truth      labels 0…K, any shape
 * @param predicted  labels 1…K wherever truth is labelled, as long as `truth`
 * @param pixels     count only these indices, as a split's `test`; default all
 * @throws DataError for a labelled pixel that has no prediction: a score that silently skips pixels is not a score
 */
export function confusion(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classCount: number,
  pixels?: ArrayLike<number>,
): number[][] {
  if (truth.length !== predicted.length) {
    throw new ShapeError(
      "confusion",
      `expected as many predictions as truths; got ${predicted.length} and ${truth.length}`,
      [[truth.length], [predicted.length]],
    );
  }
  const counts = Array.from({ length: classCount }, () => new Array<number>(classCount).fill(0));
  const length = pixels === undefined ? truth.length : pixels.length;
  for (let position = 0; position < length; position++) {
    const pixel = pixels === undefined ? position : pixels[position]!;
    const label = labelAt(truth, pixel, 0, classCount, "truth");
    if (label === 0) continue;
    counts[label - 1]![labelAt(predicted, pixel, 1, classCount, "prediction") - 1]!++;
  }
  return counts;
}

function labelAt(labels: ArrayLike<number>, pixel: number, least: number, most: number, what: string): number {
  const label = labels[pixel];
  if (label === undefined || !Number.isInteger(label) || label < least || label > most) {
    throw new DataError(`${what} of pixel ${pixel}`, `expected a label ${least}…${most}; got ${label}`);
  }
  return label;
}
