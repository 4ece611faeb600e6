/**
 * @file Split-conformal label sets: the classes that cannot be ruled out at a wanted coverage. Held-out pixels tell how
 * strange the true class may look to the model; every class that looks no stranger belongs to a pixel's set.
 *
 * @see Angelopoulos & Bates 2023, "Conformal prediction: a gentle introduction", sections 1, 2.1 and 4.2
 */
import { rowsOf } from "./calibration.ts";

/** How strange a class looks, by its probability (`lac`), or by that of all classes at least as probable (`aps`). */
export const setScores = ["lac", "aps"] as const;
export type SetScore = (typeof setScores)[number];

export interface LabelSetOptions {
  /** Wanted share of pixels whose set holds the true class, 1 − α, in (0, 1). */
  readonly coverage: number;
  readonly score: SetScore;
  /** Whether the coverage is wanted of every class by itself. */
  readonly classConditional: boolean;
}

/** The rule by which classes belong to sets. */
export interface LabelSetRule extends LabelSetOptions {
  /** The largest score with which a class belongs to a set, by class, `[K]`; Infinity where too few pixels were held out. */
  readonly thresholds: Float64Array;
}

/** `into[k]` = score of class k in row `row` of `[n, K]`; of equally probable classes, the first is taken first. */
function scoreRow(score: SetScore, probabilities: Float32Array, row: number, into: Float64Array): void {
  const classes = into.length;
  const own = probabilities.subarray(row * classes, (row + 1) * classes);
  if (score === "lac") {
    for (let k = 0; k < classes; k++) into[k] = 1 - own[k]!;
    return;
  }
  const order = Array.from(own.keys()).sort((a, b) => own[b]! - own[a]! || a - b);
  let sum = 0;
  for (const k of order) {
    sum += own[k]!;
    into[k] = sum;
  }
}

/** The ⌈(n + 1)·coverage⌉-th smallest of n scores; Infinity where that is more than n. */
function threshold(scores: number[], coverage: number): number {
  // Without the small number, rounding would ask for one score more: (9 + 1)·0.9 may be 9.000000000000002.
  const rank = Math.max(1, Math.ceil((scores.length + 1) * coverage - 1e-9));
  return scores.sort((a, b) => a - b)[rank - 1] ?? Number.POSITIVE_INFINITY;
}

/**
 * The rule of label sets, from pixels that the model was not trained with.
 *
 * @param probabilities  `[n, K]`
 * @param classOf        true class of each row, 0 … K − 1
 * @throws ShapeError if the two do not go together; DataError for no pixel
 */
export function labelSetRule(
  probabilities: Float32Array,
  classOf: ArrayLike<number>,
  classes: number,
  options: LabelSetOptions,
): LabelSetRule {
  const rows = rowsOf("label sets", probabilities, classOf, classes);
  const { coverage, score, classConditional } = options;
  const ofClass = Array.from({ length: classes }, (): number[] => []);
  const scores = new Float64Array(classes);
  for (let row = 0; row < rows; row++) {
    scoreRow(score, probabilities, row, scores);
    ofClass[classConditional ? classOf[row]! : 0]!.push(scores[classOf[row]!]!);
  }
  const common = classConditional ? 0 : threshold(ofClass[0]!, coverage);
  const thresholds = Float64Array.from(ofClass, (own) => (classConditional ? threshold(own, coverage) : common));
  return { ...options, thresholds };
}

/**
 * Which classes belong to the set of each pixel, 1 or 0, `[n, K]`. A set is empty where every class looks stranger than
 * the held-out truth did, and where there are no probabilities (NaN).
 *
 * @param probabilities  `[n, K]`
 */
export function labelSets(probabilities: Float32Array, { score, thresholds }: LabelSetRule): Uint8Array {
  const classes = thresholds.length;
  const members = new Uint8Array(probabilities.length);
  const scores = new Float64Array(classes);
  for (let row = 0; row * classes < probabilities.length; row++) {
    scoreRow(score, probabilities, row, scores);
    for (let k = 0; k < classes; k++) if (scores[k]! <= thresholds[k]!) members[row * classes + k] = 1;
  }
  return members;
}

/** Most classes of a set that is held as bits; a 32nd bit is left to say "no data". */
export const mostBits = 31;

/** Number of classes in each set, `[n]`, and the sets as bits: bit k is class k; null above 31 classes. */
export function setSizesAndBits(
  members: Uint8Array,
  classes: number,
): { readonly sizes: Uint16Array; readonly bits: Uint32Array | null } {
  const rows = members.length / classes;
  const sizes = new Uint16Array(rows);
  const bits = classes <= mostBits ? new Uint32Array(rows) : null;
  for (let row = 0; row < rows; row++) {
    for (let k = 0; k < classes; k++) {
      if (members[row * classes + k] === 0) continue;
      sizes[row]!++;
      if (bits !== null) bits[row]! |= 1 << k;
    }
  }
  return { sizes, bits };
}

/** How label sets did on pixels whose class is known. */
export interface LabelSetScores {
  /** Share of pixels whose set holds the true class. */
  readonly coverage: number;
  /** The same of each class; null where it has no pixels. */
  readonly coverageByClass: readonly (number | null)[];
  /** Mean number of classes in a set. */
  readonly meanSize: number;
  /** Share of the sets with exactly one class. */
  readonly single: number;
}

/** @param members  `[n, K]` as from {@link labelSets} @param classOf  true class of each row, 0 … K − 1 */
export function scoreLabelSets(members: Uint8Array, classOf: ArrayLike<number>, classes: number): LabelSetScores {
  const { sizes } = setSizesAndBits(members, classes);
  const [held, all] = [new Float64Array(classes), new Float64Array(classes)];
  for (let row = 0; row < classOf.length; row++) {
    all[classOf[row]!]!++;
    held[classOf[row]!]! += members[row * classes + classOf[row]!]!;
  }
  const sum = (values: ArrayLike<number>): number => Array.prototype.reduce.call(values, (a, b) => a + b, 0) as number;
  return {
    coverage: sum(held) / classOf.length,
    coverageByClass: Array.from(all, (count, k) => (count === 0 ? null : held[k]! / count)),
    meanSize: sum(sizes) / classOf.length,
    single: sizes.filter((size) => size === 1).length / classOf.length,
  };
}
