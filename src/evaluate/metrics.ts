/** @file The numbers of a run, as `metrics.json` holds them. Described in docs/metrics.md. */
import type { Reliability } from "./calibration.ts";
import type { LabelSetOptions, LabelSetScores } from "./conformal.ts";
import type { Confusion } from "./confusion.ts";
import { type ClassScores, type Scores, scores } from "./scores.ts";

/** How one class did; a ratio 0/0 is null. */
export interface NamedClassScores extends ClassScores {
  readonly name: string;
}

/** Scores of one method with class names and the confusion matrix. */
export interface NamedScores extends Scores {
  readonly perClass: readonly NamedClassScores[];
  readonly confusion: Confusion;
}

/** The overall scores of one seed's run. */
export interface SeedScores extends Pick<Scores, "overallAccuracy" | "averageAccuracy" | "kappa"> {
  readonly seed: number;
}

/** Reliability of probabilities as heads give them, and after scaling. */
export interface Calibrated {
  readonly before: Reliability;
  readonly after: Reliability;
}

/** How far the probabilities of a run can be trusted. */
export interface Uncertainty {
  /** Null of a model that was not calibrated. */
  readonly calibration: {
    readonly temperature: number;
    /** Which held-out pixels it was fitted on: the split's `validation`, or training pixels by `folds`. */
    readonly from: "validation" | "folds";
    readonly heldOut: Calibrated;
    readonly test: Calibrated;
  } | null;
  /** Label sets as wanted, and as found on test pixels. */
  readonly labelSets: { readonly wanted: LabelSetOptions; readonly found: LabelSetScores } | null;
  /** Share of test pixels that get no class, and the scores of the others; null where none are left. */
  readonly abstention: {
    /** `sets`: label sets of not exactly one class; a number: less confident. */
    readonly when: "sets" | number;
    readonly share: number;
    readonly overallAccuracy: number | null;
    readonly averageAccuracy: number | null;
    readonly kappa: number | null;
  } | null;
}

/** What `metrics.json` holds. Shares and accuracies are fractions of 1. */
export interface Metrics extends NamedScores {
  /** The method whose scores these are, as `SymDiffuser`; files of older versions do not tell. */
  readonly method?: string;
  /** Share of test pixels whose patch contains a training pixel; null if not determined. */
  readonly leakage: number | null;
  /** The split's rule and seed, and its numbers of pixels. */
  readonly split: {
    readonly rule: string;
    readonly seed: number;
    readonly train: number;
    readonly validation: number;
    readonly test: number;
  };
  /** The seeds that were run; the scores above are those of the first. */
  readonly seeds: readonly number[];
  readonly perSeed: readonly SeedScores[];
  /** Files of older versions, and runs that are not calibrated, have none. */
  readonly uncertainty?: Uncertainty;
  /** By name, as `rf` and `svm`, on the same split. */
  readonly baselines: Readonly<Record<string, NamedScores>>;
  readonly timingsSeconds: Readonly<Record<string, number>>;
  /** Pixels of the map, those with data; files of older versions do not tell. */
  readonly mapPixels?: number;
  /** Numbers that the method learned; null where none are counted. In files of methods that are compared. */
  readonly parameters?: number | null;
  readonly peakMemoryBytes: number | null;
  /** Where it was computed, as `cpu`; files of older versions do not tell. */
  readonly device?: string;
  readonly versions: Readonly<Record<string, string>>;
}

/** The scores of a confusion matrix with the class names beside them, as `metrics.json` has them. */
export function namedScoresOf(confusion: Confusion, classNames: readonly string[]): NamedScores {
  const { perClass, ...overall }: Scores = scores(confusion);
  return {
    ...overall,
    perClass: perClass.map((of, index) => ({ name: classNames[index]!, ...of })),
    confusion: confusion.map((row) => [...row]),
  };
}
