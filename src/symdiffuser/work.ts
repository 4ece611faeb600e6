/** @file What the method is given to work with: someone to run its trainings, a device, and ears for its progress. */
import type { BatchSpec, Parameters, RunStage, Stage } from "../nn/index.ts";
import type { Progress } from "../scene/index.ts";
import type { Compute } from "../tensor/index.ts";

export interface Work extends Compute {
  readonly runStage: RunStage;
  /** Listener for one task by name; called with tiles or pixels done and in all. */
  readonly progress: (task: string) => Progress;
}

/**
 * Trainings that do not need each other: side by side on the processor, where each leaves cores idle, one by one elsewhere.
 * When one fails, or is stopped, the others end first.
 */
export async function runStages<P extends Parameters, Batch extends BatchSpec>(
  { runStage, device }: Pick<Work, "runStage" | "device">,
  stages: readonly Stage<P, Batch>[],
): Promise<P[]> {
  const running: Promise<P>[] = [];
  for (const stage of stages) {
    running.push(runStage(stage));
    if (device !== "cpu") await running.at(-1);
  }
  await Promise.allSettled(running);
  return Promise.all(running);
}
