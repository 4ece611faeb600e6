/** @file What a compared method is to the outside: how to fit it, and how to take it up again from a checkpoint. */
import type { RunStage } from "../nn/index.ts";
import type { ClassifierKind, LandCoverClass, PartClassifier, Progress, Scene, Split } from "../scene/index.ts";
import type { Checkpoint, Compute } from "../tensor/index.ts";
import type { LearnOptions } from "./table.ts";

/** What every method is given to work with; most use a part of it. */
export interface FitOptions extends LearnOptions, Compute {
  /** Someone to run trainings: where they are kept, told of, and stopped is not a method's affair. */
  readonly runStage: RunStage;
  /** Times that a training pixel is seen, of methods that learn in epochs. @default as published */
  readonly epochs?: number | null;
}

/** A fitted method. */
export interface FittedMethod extends PartClassifier {
  readonly classes: readonly LandCoverClass[];
  readonly seed: number;
  /** All that {@link Method.load} needs. @param about  further metadata */
  checkpoint(about?: Readonly<Record<string, string>>): Checkpoint;
}

/** A compared method. */
export interface Method<Options = FitOptions> extends ClassifierKind<Options> {
  /** As in tables. */
  readonly title: string;
  /** Where it was published. */
  readonly paper: string;
  /** Side of the surroundings of a pixel that decide its class, for the leakage figure. */
  readonly patch: number;
  /** @throws DataError if the scene or split cannot be learned from; ConfigError for options that cannot be used */
  fit(scene: Scene, split: Split, options: Options, progress?: Progress): Promise<FittedMethod>;
  /**
   * The fitted method of a checkpoint.
   *
   * @param file  for messages
   * @throws FormatError if it is not one of this method, or not whole
   */
  load(checkpoint: Checkpoint, file: string, compute: Compute): FittedMethod;
}
