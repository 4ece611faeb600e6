/** @file What the method is given to work with: someone to run its trainings, a device, and ears for its progress. */
import type { RunStage } from "../nn/index.ts";
import type { Progress } from "../scene/index.ts";
import type { Compute } from "../tensor/index.ts";

export interface Work extends Compute {
  readonly runStage: RunStage;
  /** Listener for one task by name; called with tiles or pixels done and in all. */
  readonly progress: (task: string) => Progress;
}
