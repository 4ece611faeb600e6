/** @file The training without labels that some networks begin with. */
import type { Parameters } from "../../nn/index.ts";
import { childKey, type Key, permutation } from "../../tensor/index.ts";
import type { Loss, Pretraining, Recipe, Task, Unlabelled } from "./network.ts";
import { networkStage } from "./training.ts";

/** How to learn without labels. */
export interface PretrainingPlan<P extends Parameters, Q extends Parameters> {
  readonly recipe: Omit<Recipe, "patch">;
  /** Most pixels that it sees, drawn by chance from all valid ones. */
  readonly pixels: number;
  readonly init: (key: Key, task: Task) => Q;
  /** Sees no classes: they are all the first. */
  readonly loss: Loss<Q>;
  /** Fresh parameters with what was learned in their place. */
  readonly taken: (fresh: P, learned: Q) => P;
}

/** Pixels drawn by chance, no more than there are. */
function drawnPixels(key: Key, { images, valid }: Unlabelled, most: number): Int32Array {
  const { width, height } = images[0]!;
  const all = Int32Array.from({ length: width * height }, (_, pixel) => pixel);
  const known = valid === null ? all : all.filter((pixel) => valid[pixel] !== 0);
  return permutation(key, known.length)
    .subarray(0, most)
    .map((at) => known[at]!);
}

/** A training without labels, as a stage of its own. */
export function definePretraining<P extends Parameters, Q extends Parameters>({
  recipe,
  pixels: most,
  init,
  loss,
  taken,
}: PretrainingPlan<P, Q>): Pretraining<P> {
  return async (given) => {
    const { name, task, images, share, runStage } = given;
    const key = childKey(given.key, "pretraining");
    const pixels = drawnPixels(childKey(key, "pixels"), given, most);
    const lessons = { images, pixels, classOf: new Int32Array(pixels.length) };
    const shortened = { ...recipe, epochs: share * recipe.epochs };
    const stage = networkStage({ name: `${name}.pretraining`, init, loss }, task, key, lessons, shortened);
    const learned = await runStage(stage);
    return (fresh) => taken(fresh, learned);
  };
}
