/** @file What a compared method is to the outside: how to fit it, and how to take it up again from a checkpoint. */
import type { RunStage } from "../nn/index.ts";
import {
  type ClassifierKind,
  type LandCoverClass,
  type PartClassifier,
  type Progress,
  type Rectangle,
  type Scene,
  type Split,
  widened,
  within,
} from "../scene/index.ts";
import { type Checkpoint, type Compute, ShapeError } from "../tensor/index.ts";
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
  /** Numbers that were learned; null of a method that keeps examples, or trees of them. */
  readonly parameters: number | null;
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
  /** Times that a training pixel is seen, as published; null of a method that does not learn in epochs. */
  readonly epochs: number | null;
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

/**
 * Whole rows of a scene, and parts of larger ones, from what classifies a rectangle.
 *
 * @param reach     pixels around a pixel that decide its class
 * @param classify  gives `f32 [h, w, K]` of a rectangle of a scene
 */
export function predictions(
  reach: number,
  classify: (scene: Scene, part: Rectangle, progress: Progress) => Promise<Float32Array>,
): Pick<FittedMethod, "predict" | "surroundings" | "predictPart"> {
  return {
    predict: async (scene, [first, end] = [0, scene.height], progress = () => {}) => {
      if (!(Number.isInteger(first) && Number.isInteger(end) && first >= 0 && first <= end && end <= scene.height)) {
        throw new ShapeError("predict", `expected rows within 0 to ${scene.height}; got ${first} to ${end}`);
      }
      return classify(scene, { row: first, col: 0, height: end - first, width: scene.width }, progress);
    },
    surroundings: (part, scene) => widened(part, reach, scene),
    predictPart: async (around, place, part, progress = () => {}) => ({
      probabilities: await classify(around, within(part, place), progress),
      disagreement: new Float32Array(part.height * part.width),
    }),
  };
}
