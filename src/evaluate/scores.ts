/** @file Scores of a classification, all computed from its confusion matrix, as fractions of 1. */
import { DataError, ShapeError } from "../tensor/index.ts";
import type { Confusion } from "./confusion.ts";

/** How one class did. A ratio 0/0 is null, never 0 or NaN. */
export interface ClassScores {
  /** Share of the class's pixels that were found (producer's accuracy); null where the class has no test pixels. */
  readonly recall: number | null;
  /** Share of the pixels given this class that belong to it (user's accuracy); null where it was never predicted. */
  readonly precision: number | null;
  /** 2·TP / (2·TP + FP + FN); null where the class neither occurs nor is predicted, 0 where only one of the two. */
  readonly f1: number | null;
  /** Number of test pixels of the class. */
  readonly support: number;
}

/** The scores of one classification. */
export interface Scores {
  /** Share of test pixels classified correctly (OA). */
  readonly overallAccuracy: number;
  /** Mean recall over the classes that have test pixels (AA). */
  readonly averageAccuracy: number;
  /** Cohen's kappa; null where chance agreement is complete: truth and prediction hold one and the same class only. */
  readonly kappa: number | null;
  readonly perClass: readonly ClassScores[];
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

/**
 * All scores of a confusion matrix.
 *
 * @throws DataError if it counts no pixel
 */
export function scores(confusion: Confusion): Scores {
  const { total, correct, truths, predictions } = margins(confusion);
  if (total === 0) throw new DataError("scores", "expected at least one labelled test pixel; got none");
  const perClass = truths.map((support, index) => ({
    recall: ratio(correct[index]!, support),
    precision: ratio(correct[index]!, predictions[index]!),
    f1: ratio(2 * correct[index]!, support + predictions[index]!),
    support,
  }));
  const recalls = perClass.flatMap(({ recall }) => (recall === null ? [] : [recall]));
  return {
    overallAccuracy: sum(correct) / total,
    averageAccuracy: sum(recalls) / recalls.length,
    kappa: kappa(confusion),
    perClass,
  };
}

/**
 * Cohen's kappa, agreement beyond chance: κ = (pₒ − pₑ) / (1 − pₑ); null where pₑ = 1.
 *
 * @see Cohen 1960, "A coefficient of agreement for nominal scales"
 */
export function kappa(confusion: Confusion): number | null {
  const { total, correct, truths, predictions } = margins(confusion);
  // In counts, not shares, so that complete agreement is exactly 1.
  const chance = sum(truths.map((support, index) => (support * predictions[index]!) / total));
  return ratio(sum(correct) - chance, total - chance);
}

/** Row sums (truths), column sums (predictions) and diagonal (correct) of a confusion matrix. */
export function margins(confusion: Confusion): {
  total: number;
  correct: number[];
  truths: number[];
  predictions: number[];
} {
  const classCount = confusion.length;
  const truths = confusion.map((row) => {
    if (row.length !== classCount) {
      throw new ShapeError(
        "confusion matrix",
        `expected ${classCount} columns for ${classCount} rows; got ${row.length}`,
        [[classCount, row.length]],
      );
    }
    return sum(row);
  });
  return {
    total: sum(truths),
    correct: confusion.map((row, index) => row[index]!),
    truths,
    predictions: confusion.map((_, column) => sum(confusion.map((row) => row[column]!))),
  };
}

/** Mean and sample standard deviation (divisor n − 1) over runs; the deviation of a single run is null. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number | null;
}

/** @throws DataError for no values */
export function spread(values: readonly number[]): Spread {
  if (values.length === 0) throw new DataError("spread", "expected at least one value; got none");
  const mean = sum(values) / values.length;
  if (values.length === 1) return { mean, deviation: null };
  return { mean, deviation: Math.sqrt(sum(values.map((value) => (value - mean) ** 2)) / (values.length - 1)) };
}
