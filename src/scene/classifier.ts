/** @file What SymDiffuser and every baseline are to the outside: something fitted on a scene's training pixels. */
import type { KnownSources } from "./known-sources.ts";
import type { Scene } from "./scene.ts";
import type { Split } from "./split.ts";
import type { Rectangle } from "./windows.ts";

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

/** A classifier that can do with the surroundings of what it classifies. */
export interface PartClassifier extends Classifier {
  /** Bytes that a pixel takes while it is classified, nearly. */
  readonly bytesPerPixel: number;
  /** @throws DataError if a scene lacks sources, or has other bands */
  check(scene: KnownSources): void;
  /** The part of the scene that is needed to classify a part of it. */
  surroundings(part: Rectangle, scene: Pick<Scene, "height" | "width">): Rectangle;
  /**
   * What is said of a part of a scene, the same as in the whole of it.
   *
   * @param around  its surroundings, as a scene
   * @param place   where these lie in the scene
   */
  predictPart(around: Scene, place: Rectangle, part: Rectangle, progress?: Progress): Promise<PartPrediction>;
}

/** What is said of the pixels of a part. */
export interface PartPrediction {
  /** Of the classes, `[h, w, K]`. */
  readonly probabilities: Float32Array;
  /** How much a pixel's heads disagree, in nats, `[h, w]`; 0 where only one speaks. */
  readonly disagreement: Float32Array;
}

/** A kind of classifier: how to fit one. */
export interface ClassifierKind<Options> {
  readonly name: string;
  /** Nothing in it is random: one training seed tells as much as many. @default false */
  readonly isSeedless?: boolean;
  /** @param split  only `split.train` may be looked at; labels of other pixels must not influence the result */
  fit(scene: Scene, split: Split, options: Options, progress?: Progress): Promise<Classifier>;
}
