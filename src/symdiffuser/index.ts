/** @file Door of the room `symdiffuser/`: the paper, in the paper's order. */
export { modelCheckpoint, modelFromCheckpoint } from "./checkpoint.ts";
export { symDiffuserClassifier } from "./classify.ts";
export { type ConsistencyOptions, consistencyErrors, usualConsistency } from "./consistency.ts";
export { type CsdiffOptions, conditionsOf, couplings, perceptions } from "./csdiff.ts";
export type { Calibration } from "./held-out.ts";
export { fitSymDiffuser, type SymDiffuserModel } from "./model.ts";
export { noiseSchedules, type Prediction, predictions } from "./noise.ts";
export {
  type Backbone,
  backbonePlans,
  backbones,
  calibrations,
  type FeatureOptions,
  type FinetuneOptions,
  featureOrigins,
  type HeadOptions,
  type LatentKind,
  type LatentOptions,
  latentKinds,
  latentScales,
  modes,
  type SymDiffuserOptions,
  small,
} from "./options.ts";
export type { PretrainingOptions } from "./pretrain.ts";
export { knownLatents, type SamplingOptions, usualSampling } from "./sample.ts";
export { type GenerationOptions, generatingClassifier } from "./sample-classifier.ts";
export { withHoles, withoutSources } from "./sample-scene.ts";
export { tempered } from "./temperature.ts";
export { clipFiles } from "./text/clip.ts";
export {
  classMark,
  promptOf,
  type TextEncoder,
  type TextEncoderName,
  type TextOptions,
  textEncoders,
} from "./text/encoder.ts";
export { hashedTextEncoder } from "./text/hash.ts";
export { openTextEncoder } from "./text/table.ts";
export { decodeLatent, translated } from "./translate.ts";
export { type VariantName, type VariantSettings, variantNames, variants } from "./variants.ts";
export type { Work } from "./work.ts";
