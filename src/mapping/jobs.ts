/** @file What can be asked for, as plain data, and what comes of it. */
import type { Metrics } from "../evaluate/index.ts";
import type { ConsistencyOptions } from "../symdiffuser/index.ts";
import type { DeviceChoice } from "../tensor/index.ts";
import type { RunConfig } from "../train/index.ts";
import type { MapFiles } from "./files.ts";
import type { Generation } from "./generation.ts";
import type { Translation, TranslationOptions } from "./translate.ts";
import type { UncertaintyOptions } from "./uncertainty.ts";

/** Progress of a named task, or a sentence worth knowing. */
export type JobEvent =
  | {
      readonly kind: "task";
      readonly task: string;
      readonly done: number;
      readonly total: number;
      readonly unit: string;
      readonly detail?: string;
    }
  | { readonly kind: "note"; readonly text: string };

export interface JobHooks {
  onEvent(event: JobEvent): void;
  /** Ends the job with a StoppedError, its state saved. */
  readonly stop: AbortSignal;
}

/** Plain data, so that it can be sent to a worker. */
export type Job =
  | {
      readonly job: "train";
      readonly config: RunConfig;
      readonly resume: boolean;
      readonly overwrite: boolean;
      /** The command line, for the report. */
      readonly command: string;
    }
  | {
      readonly job: "map";
      readonly run: string;
      /** Files of another scene by source; null for the run's own scene. */
      readonly sources: Readonly<Record<string, readonly string[]>> | null;
      /** Folder of the results; null for `map/` in the run's folder. */
      readonly out: string | null;
      /** @default the usual files alone */
      readonly files?: MapFiles;
      /** @default none */
      readonly uncertainty?: UncertaintyOptions;
      /** @default every source is there */
      readonly generation?: Generation;
      readonly threads: number;
      /** @default cpu */
      readonly device?: DeviceChoice;
    }
  | {
      readonly job: "evaluate";
      readonly run: string;
      /** Label file on the run's grid instead of the run's own. */
      readonly labels: string | null;
      /** Split file instead of the run's own. */
      readonly split: string | null;
      /** @default label sets at a coverage of 0.9, where the model has what they need */
      readonly uncertainty?: UncertaintyOptions;
      /** Sources are generated, and what one could do instead is tested, too. @default every source is there */
      readonly generation?: Generation;
      /** Folder of the results; null for `evaluation/` in the run's folder. */
      readonly out: string | null;
      readonly threads: number;
      /** The command line, for the report. */
      readonly command: string;
      /** @default cpu */
      readonly device?: DeviceChoice;
    }
  | (RunJob & { readonly job: "translate"; readonly options: TranslationOptions })
  | (RunJob & { readonly job: "consistency"; readonly options: ConsistencyOptions });

/** What jobs on a whole scene with a trained run have in common. */
export interface RunJob {
  readonly run: string;
  /** Files of another scene by source; null for the run's own scene. */
  readonly sources: Readonly<Record<string, readonly string[]>> | null;
  /** Folder of the results; null for one of the job's name in the run's folder. */
  readonly out: string | null;
  readonly threads: number;
  /** @default cpu */
  readonly device?: DeviceChoice;
}

export interface JobResult {
  readonly folder: string;
  readonly files: readonly string[];
  readonly metrics: Metrics | null;
  /** Scores of a generated source; none, or null, where there is none, or no real one. */
  readonly translation?: Translation | null;
}

/** How a job in a worker is told of, and stopped. */
export interface JobControl {
  readonly onEvent: (event: JobEvent) => void;
  readonly isStopped: () => boolean;
}

/** A job of one kind. */
export type JobOf<Kind extends Job["job"]> = Extract<Job, { readonly job: Kind }>;
