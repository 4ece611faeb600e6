/** @file What of a map is uncertain: which classes a pixel may have, and which pixels get none. */
import {
  confusion,
  type LabelSetOptions,
  type LabelSetRule,
  labelSetRule,
  labelSets,
  mostProbable,
  reliability,
  scoreLabelSets,
  scores,
  setSizesAndBits,
  type Uncertainty,
} from "../evaluate/index.ts";
import type { Classifier, LandCoverClass } from "../scene/index.ts";
import { type Calibration, type SymDiffuserModel, tempered } from "../symdiffuser/index.ts";
import { DataError } from "../tensor/index.ts";

/** What is wanted to be known of a map's uncertainty. */
export interface UncertaintyOptions {
  /** Write `entropy.tif` and, of a model of several heads, `disagreement.tif`. */
  readonly entropy: boolean;
  /** Write `label-sets.tif` and `set-size.tif`; null: not. */
  readonly labelSets: LabelSetOptions | null;
  /** No class for pixels whose label set has not exactly one (`sets`), or that are less confident; null: all get one. */
  readonly abstain: "sets" | number | null;
}

export const usualLabelSets: LabelSetOptions = { coverage: 0.9, score: "lac", classConditional: false };
export const noUncertainty: UncertaintyOptions = { entropy: false, labelSets: null, abstain: null };

/** The same, as settled by a model. */
export interface UncertaintyRule extends Pick<UncertaintyOptions, "entropy" | "abstain"> {
  readonly labelSets: LabelSetRule | null;
  /** Whether the model has several heads, which may disagree. */
  readonly hasHeads: boolean;
}

export const certain: UncertaintyRule = { ...noUncertainty, labelSets: null, hasHeads: false };

/** What of a model is asked; a compared method has neither held-out pixels nor heads. */
export type Judged = Pick<SymDiffuserModel, "classes" | "calibration" | "heads">;

/** What a model held out, its probabilities scaled. */
function scaled({ probabilities, temperature }: Calibration, classes: number): Float32Array {
  return tempered(probabilities.data.slice(), classes, temperature);
}

/** @throws DataError for label sets of a model that was not calibrated */
export function uncertaintyRule(options: UncertaintyOptions, model: Judged): UncertaintyRule {
  const { calibration, classes, heads } = model;
  const { entropy, abstain, labelSets: asked = null } = options;
  const wanted = asked ?? (abstain === "sets" ? usualLabelSets : null);
  const common = { entropy, abstain, hasHeads: heads.length > 1 };
  if (wanted === null) return { ...common, labelSets: null };
  if (calibration === null) {
    throw new DataError(
      "label sets",
      "expected a model with held-out pixels; got one without — train with calibration: temperature, and with more labelled pixels if that was set",
    );
  }
  const probabilities = scaled(calibration, classes.length);
  return {
    ...common,
    labelSets: labelSetRule(probabilities, calibration.classOf.data, classes.length, wanted),
  };
}

/** Code of the pixels that get no class: the largest below 255 that no class has; above 255 classes, below 65535. */
export function abstainClass(classes: readonly LandCoverClass[]): LandCoverClass {
  const codes = new Set(classes.map(({ code }) => code));
  let code = classes.length < 254 ? 254 : 65534;
  while (codes.has(code)) code--;
  return { name: "abstain", color: [48, 48, 48], code };
}

/**
 * Labels with K + 1, abstain, where a pixel gets no class.
 *
 * @param labels   `[n]`, 0 = not classified
 * @param members  label sets, `[n, K]`; only needed where these decide
 */
export function abstained(
  labels: Uint16Array,
  confidence: Float32Array,
  members: Uint8Array | null,
  classes: number,
  abstain: UncertaintyOptions["abstain"],
): Uint16Array {
  if (abstain === null) return labels;
  const sizes = abstain === "sets" ? setSizesAndBits(members!, classes).sizes : null;
  const isDoubtful = (pixel: number): boolean =>
    sizes === null ? confidence[pixel]! < (abstain as number) : sizes[pixel] !== 1;
  return labels.map((label, pixel) => (label !== 0 && isDoubtful(pixel) ? classes + 1 : label));
}

/** A classifier that keeps, of some pixels, what it says. @param pixels  ascending */
export function listened(
  classifier: Classifier,
  pixels: Int32Array,
  classes: number,
): { readonly classifier: Classifier; readonly probabilities: Float32Array } {
  const probabilities = new Float32Array(pixels.length * classes);
  return {
    probabilities,
    classifier: {
      name: classifier.name,
      predict: async (scene, rows = [0, scene.height], progress) => {
        const said = await classifier.predict(scene, rows, progress);
        const [first, end] = [rows[0] * scene.width, rows[1] * scene.width];
        for (const [at, pixel] of pixels.entries()) {
          if (pixel < first || pixel >= end) continue;
          const from = (pixel - first) * classes;
          probabilities.set(said.subarray(from, from + classes), at * classes);
        }
        return said;
      },
    },
  };
}

/**
 * How far the probabilities of a map can be trusted, counted on held-out and on test pixels.
 *
 * @param probabilities  of the test pixels, as the model gives them, `[n, K]`
 * @param classOf        their true classes, 0 … K − 1
 */
export function uncertaintyOf(
  { calibration, classes }: Pick<SymDiffuserModel, "calibration" | "classes">,
  { labelSets: rule, abstain }: UncertaintyRule,
  probabilities: Float32Array,
  classOf: Int32Array,
): Uncertainty {
  const K = classes.length;
  const members = rule === null ? null : labelSets(probabilities, rule);
  const labels = Uint16Array.from(classOf, (_, row) => mostProbable(probabilities, row, K) + 1);
  const confidence = Float32Array.from(labels, (label, row) => probabilities[row * K + label - 1]!);
  const kept = abstained(labels, confidence, members, K, abstain);
  const rest = Int32Array.from(kept.keys()).filter((row) => kept[row]! <= K);
  const truth = Uint16Array.from(classOf, (k) => k + 1);
  const { perClass: _, ...overall } =
    rest.length === 0
      ? { perClass: null, overallAccuracy: null, averageAccuracy: null, kappa: null }
      : scores(confusion(truth, labels, K, rest));
  const { thresholds: __, ...wanted } = rule ?? { thresholds: null };
  return {
    calibration: calibration && {
      temperature: calibration.temperature,
      from: calibration.from,
      heldOut: {
        before: reliability(calibration.probabilities.data, calibration.classOf.data, K),
        after: reliability(scaled(calibration, K), calibration.classOf.data, K),
      },
      test: {
        before: reliability(tempered(probabilities.slice(), K, 1 / calibration.temperature), classOf, K),
        after: reliability(probabilities, classOf, K),
      },
    },
    labelSets:
      members === null ? null : { wanted: wanted as LabelSetOptions, found: scoreLabelSets(members, classOf, K) },
    abstention: abstain === null ? null : { when: abstain, share: 1 - rest.length / classOf.length, ...overall },
  };
}
