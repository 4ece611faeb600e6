/** @file A stage: one training, fully described. The one loop that runs it lives in the room `train/`. */
import type { Arrays } from "../tensor/index.ts";
import type { AdamW } from "./adamw.ts";
import type { Parameters } from "./parameters.ts";
import type { RateSchedule } from "./schedule.ts";
import type { BatchSpec, Objective } from "./training-step.ts";

/** How a batch is taken apart, along the first axis of everything in it. */
export interface MicroBatches {
  /** A divisor of that axis' length. */
  readonly count: number;
  /** What a part counts in the mean loss of the batch, relative to the other parts. */
  weightOf(part: Arrays): number;
}

/** The batch as it is. */
export const wholeBatch: MicroBatches = { count: 1, weightOf: () => 1 };

const mostParts = 4;

/** As many parts as divide a batch, at most four. @param weightOf  default: all count the same */
export function microBatches(batch: number, weightOf: MicroBatches["weightOf"] = () => 1): MicroBatches {
  let count = Math.min(mostParts, batch);
  while (batch % count !== 0) count--;
  return { count, weightOf };
}

/** What to learn, from what, how fast. */
export interface Stage<P extends Parameters = Parameters, Batch extends BatchSpec = BatchSpec>
  extends Objective<P, Batch> {
  /** Unique in its run: names its checkpoint and its curve. */
  readonly name: string;
  /** The batch of a step: depends on the step alone, so that a stopped training goes on with the same numbers. */
  readonly batches: (step: number) => Arrays;
  readonly schedule: RateSchedule;
  readonly adamw: AdamW;
  /** Share of the moving average of the parameters that each step keeps; null to use the last parameters. */
  readonly averageDecay: number | null;
  readonly microBatches: MicroBatches;
}

/** Train a stage to its end, or take up where an earlier run of it stopped; gives the trained parameters. */
export type RunStage = <P extends Parameters, Batch extends BatchSpec>(stage: Stage<P, Batch>) => Promise<P>;
