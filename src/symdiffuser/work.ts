/** @file What the method is given to work with: someone to run its trainings, threads, and ears for its progress. */
import type { RunStage } from "../nn/index.ts";
import type { Progress } from "../scene/index.ts";

export interface Work {
  readonly runStage: RunStage;
  /** Threads of a tensor program; 0 = as many as the machine has cores. */
  readonly threads: number;
  /** Listener for one task by name; called with tiles or pixels done and in all. */
  readonly progress: (task: string) => Progress;
}
