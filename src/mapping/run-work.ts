/** @file What jobs on a trained run and a whole scene are given. */
import type { Progress, Scene, Split } from "../scene/index.ts";
import type { SymDiffuserModel } from "../symdiffuser/index.ts";
import type { Compute } from "../tensor/index.ts";
import type { Origin } from "./origin.ts";

export interface RunWork {
  readonly model: SymDiffuserModel;
  readonly scene: Scene;
  /** The run's own scene and split; null where another scene is worked on, which costs time to open. */
  readonly own: () => Promise<{ readonly scene: Scene; readonly split: Split }>;
  readonly isOwn: boolean;
  readonly origin: Origin;
  readonly folder: string;
  readonly compute: Compute;
  /** Throws when the job is stopped. */
  readonly progress: (task: string, unit: string) => Progress;
  readonly note: (text: string) => void;
}
