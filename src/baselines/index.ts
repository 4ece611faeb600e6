/** @file Door of the room `baselines/`: what users would pick instead, each behind the same interface. */
import type { ClassifierKind } from "../scene/index.ts";
import { ConfigError } from "../tensor/index.ts";
import { defineContextClassifier } from "./context-classifier.ts";
import { type ForestOptions, growForest } from "./forest.ts";
import { learnSupportVectors, type SupportVectorOptions } from "./support-vectors.ts";
import type { LearnOptions } from "./table.ts";

export type { ForestOptions, LearnOptions, SupportVectorOptions };

/** Random forest on box mean and deviation at 1, 3, 9 and 21 pixels. */
export const rf: ClassifierKind<ForestOptions> = defineContextClassifier("rf", growForest);

/** Support vector machine on box mean and deviation at 1, 3, 9 and 21 pixels; nothing in it is random. */
export const svm: ClassifierKind<SupportVectorOptions> = {
  ...defineContextClassifier("svm", learnSupportVectors),
  isSeedless: true,
};

/** All baselines by name. */
export const baselines: ReadonlyMap<string, ClassifierKind<LearnOptions>> = new Map<
  string,
  ClassifierKind<LearnOptions>
>([
  [rf.name, rf],
  [svm.name, svm],
]);

/**
 * The baseline of a name.
 *
 * @throws ConfigError if there is none, with the known names
 */
export function baselineOf(name: string): ClassifierKind<LearnOptions> {
  const kind = baselines.get(name);
  if (kind === undefined) {
    throw new ConfigError("method", `expected one of ${[...baselines.keys()].join(", ")}; got "${name}"`, name);
  }
  return kind;
}
