/** @file The classes of the training pixels: all that a method may know of labels. */
import type { LandCoverClass, Scene, Split } from "../scene/index.ts";
import { DataError } from "../tensor/index.ts";

/** Classes 0 … K − 1 of the training pixels. @throws DataError if they are not of two classes or more */
export function trainingClasses(
  scene: Scene,
  split: Split,
): { readonly classOf: Int32Array; readonly classes: readonly LandCoverClass[] } {
  if (scene.labels === null) throw new DataError(scene.name, "expected labels to train on; got none");
  const { data, classes } = scene.labels;
  const classOf = Int32Array.from(split.train, (pixel) => (data[pixel] ?? 0) - 1);
  const unlabelled = split.train.find((_, at) => classOf[at]! < 0);
  if (unlabelled !== undefined) {
    throw new DataError(split.rule, `expected labelled training pixels; got pixel ${unlabelled}, which is not`);
  }
  const present = [...new Set(classOf)];
  if (present.length < 2) {
    const got = present.length === 0 ? "none" : `only "${classes[present[0]!]!.name}"`;
    throw new DataError(split.rule, `expected training pixels of at least 2 classes; got ${got}`);
  }
  return { classOf, classes };
}
