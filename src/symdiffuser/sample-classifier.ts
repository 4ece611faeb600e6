/** @file A trained model where sources are missing: latents are sampled, and class probabilities averaged over samples. */
import {
  type PartClassifier,
  type PartPrediction,
  type Progress,
  type Rectangle,
  type Scene,
  sourcesOf,
  wholeOf,
  within,
} from "../scene/index.ts";
import { symDiffuserClassifier } from "./classify.ts";
import type { SymDiffuserModel } from "./model.ts";
import type { SamplingOptions } from "./sample.ts";
import { completed, filledLatents, missingOf } from "./sample-scene.ts";
import type { Work } from "./work.ts";

/** How a model does without sources. */
export interface GenerationOptions {
  /** Names of sources that the scene lacks. */
  readonly without: readonly string[];
  /** How what is missing is sampled; `mean`: the mean of the source stands in for it. */
  readonly fill: SamplingOptions | "mean";
  /** Told, once for each part, which of its pixels were generated: 1 in `[h, w, S]`, sources in the order of the model. */
  readonly onGenerated?: (part: Rectangle, generated: Uint8Array) => void;
}

/**
 * A trained model as a classifier of scenes that lack sources, or pixels of sources. The parts of a scene are sampled one
 * by one.
 */
export function generatingClassifier(
  model: SymDiffuserModel,
  { without, fill, onGenerated = () => {} }: GenerationOptions,
  work: Omit<Work, "runStage">,
): PartClassifier {
  let draw = 0;
  let listen: Progress = () => {};
  const base = symDiffuserClassifier(model, work, (scene, place) => {
    const filling = fill === "mean" ? fill : { sampling: fill, draw };
    return filledLatents(model, scene, place, filling, work, listen);
  });
  const needed = model.latents.filter(({ source }) => !without.includes(source));

  const predictPart = async (around: Scene, place: Rectangle, part: Rectangle, report: Progress = () => {}) => {
    const whole = completed(around, model.latents);
    const missing = missingOf(whole);
    const inAround = within(part, place);
    const flags = new Uint8Array(part.height * part.width * missing.length);
    for (let at = 0; at < flags.length; at++) {
      const pixel = Math.floor(at / missing.length);
      const row = inAround.row + Math.floor(pixel / part.width);
      flags[at] = missing[at % missing.length]?.[row * place.width + inAround.col + (pixel % part.width)] ?? 0;
    }
    onGenerated(part, flags);
    const isRandom = fill !== "mean" && missing.some((mask) => mask !== null);
    const draws = isRandom ? fill.draws : 1;
    const sums: PartPrediction[] = [];
    for (draw = 0; draw < draws; draw++) {
      listen = (done, all) => report(draw * all + done, draws * all);
      sums.push(await base.predictPart(whole, place, part, isRandom ? () => {} : report));
    }
    const mean = (of: (one: PartPrediction) => Float32Array): Float32Array =>
      of(sums[0]!).map((_, at) => sums.reduce((sum, one) => sum + of(one)[at]!, 0) / draws);
    return {
      probabilities: mean((one) => one.probabilities),
      disagreement: mean((one) => one.disagreement),
    };
  };

  let held: { readonly scene: Scene; readonly probabilities: Float32Array } | null = null;
  return {
    ...base,
    name: fill === "mean" ? `${base.name}, mean for what is missing` : `${base.name}, what is missing generated`,
    check: (scene) => {
      sourcesOf(scene, needed);
    },
    predictPart,
    predict: async (scene, rows = [0, scene.height]) => {
      const whole = wholeOf(scene);
      if (held?.scene !== scene) {
        const { probabilities } = await predictPart(scene, whole, whole, work.progress("sampling"));
        held = { scene, probabilities };
      }
      const row = scene.width * model.classes.length;
      return held.probabilities.slice(rows[0] * row, rows[1] * row);
    },
  };
}
