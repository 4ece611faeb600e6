/** @file Door of the room `symdiffuser/`: the paper, in the paper's order. */
export { modelCheckpoint, modelFromCheckpoint } from "./checkpoint.ts";
export { type PartClassifier, symDiffuserClassifier } from "./classify.ts";
export { type CsdiffOptions, couplings, perceptions } from "./csdiff.ts";
export { fitSymDiffuser, type SymDiffuserModel } from "./model.ts";
export { noiseSchedules, type Prediction, predictions } from "./noise.ts";
export {
  backbones,
  type FeatureOptions,
  type FinetuneOptions,
  type HeadOptions,
  type LatentKind,
  type LatentOptions,
  latentKinds,
  modes,
  type SymDiffuserOptions,
  small,
} from "./options.ts";
export type { PretrainingOptions } from "./pretrain.ts";
export { hashedTextEncoder, promptOf, type TextEncoder } from "./text.ts";
export type { Work } from "./work.ts";
