/** @file What a report shows. Only the title and the classes are needed; every other part is left out when missing. */
import type { LandCoverClass } from "../scene/index.ts";
import type { McNemar } from "./mcnemar.ts";
import type { NamedScores, Uncertainty } from "./metrics.ts";
import type { Scores } from "./scores.ts";
import type { SplitCount } from "./split-counts.ts";

/** A picture as a PNG file, with what it shows. */
export interface ReportPicture {
  readonly title: string;
  /** A few words more: the sensor, the bands, the number of channels. */
  readonly caption?: string;
  readonly png: Uint8Array;
}

/** A classification of the scene, with its scores on the test pixels. */
export interface ReportMethod {
  readonly name: string;
  readonly scores: NamedScores;
  /** Scores of all seeds, when there were several: shown as mean ± sample standard deviation. */
  readonly perSeed?: readonly Pick<Scores, "overallAccuracy" | "averageAccuracy" | "kappa">[];
  /** The first method against this one, on the same test pixels. */
  readonly mcnemar?: McNemar;
}

/** How training and test pixels were chosen. */
export interface ReportSplit {
  readonly rule: string;
  readonly seed: number;
  /** Share of test pixels whose patch contains a training pixel; null if not determined. */
  readonly leakage: number | null;
  /** Side of the square patch in pixels, for the sentence on leakage. */
  readonly patchSide?: number;
  /** Pixels of each class, in the order of the classes. */
  readonly perClass?: readonly SplitCount[];
  /** From `splitPicture`. */
  readonly picture?: Uint8Array;
}

/** One line of a chart: a value at each of some steps. */
export interface ReportCurve {
  readonly name: string;
  readonly steps: readonly number[];
  readonly values: readonly number[];
}

/** The training of one stage. */
export interface ReportStage {
  readonly name: string;
  /** What is measured, as the y axis says it. @default "loss" */
  readonly measure?: string;
  readonly curves: readonly ReportCurve[];
}

export interface ReportData {
  /** Name of the run or scene. */
  readonly title: string;
  readonly classes: readonly Pick<LandCoverClass, "name" | "color">[];
  /** One sentence below the title: the sources, the size of the scene, its plots. */
  readonly summary?: string;
  /** What was done to bring the files on one grid, in sentences. */
  readonly notes?: readonly string[];
  /** What a model made up of the sources, and how. */
  readonly generated?: string;
  /** The classification that the report is about, then those it is compared with. */
  readonly methods?: readonly ReportMethod[];
  readonly split?: ReportSplit;
  readonly sources?: readonly ReportPicture[];
  /** From `classPicture` of the labels. */
  readonly groundTruth?: Uint8Array;
  /** From `classPicture` of the predicted labels. */
  readonly map?: Uint8Array;
  /** How far probabilities can be trusted. */
  readonly uncertainty?: Uncertainty;
  /** From `confidencePicture`. */
  readonly confidence?: Uint8Array;
  readonly stages?: readonly ReportStage[];
  /** The resolved configuration as YAML. */
  readonly configuration?: string;
  readonly timingsSeconds?: Readonly<Record<string, number>>;
  readonly peakMemoryBytes?: number | null;
  /** Where it was computed. */
  readonly device?: string;
  readonly versions?: Readonly<Record<string, string>>;
  /** The exact command that made it. */
  readonly command?: string;
  /** When it was made, as it is to be shown. */
  readonly date?: string;
}
