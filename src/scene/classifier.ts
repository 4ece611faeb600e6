/** @file What SymDiffuser and every baseline are to the outside: something fitted on a scene's training pixels. */
import type { Scene } from "./scene.ts";
import type { Split } from "./split.ts";

/** Called with work done and work in all, in the same unit. */
export type Progress = (done: number, total: number) => void;

/** A fitted classifier. */
export interface Classifier {
  readonly name: string;
  /**
   * Class probabilities for whole rows of a scene.
   *
   * @param rows  first and last + 1 row; default the whole scene
   * @returns     `f32 [rows, W, K]`, each pixel summing to 1
   */
  predict(scene: Scene, rows?: readonly [number, number], progress?: Progress): Promise<Float32Array>;
}

/** A kind of classifier: how to fit one. */
export interface ClassifierKind<Options> {
  readonly name: string;
  /** Nothing in it is random: one training seed tells as much as many. @default false */
  readonly isSeedless?: boolean;
  /** @param split  only `split.train` may be looked at; labels of other pixels must not influence the result */
  fit(scene: Scene, split: Split, options: Options, progress?: Progress): Promise<Classifier>;
}
