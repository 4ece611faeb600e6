/** @file Door of the room `nn/`: layers are plain records of parameters and a function; losses, AdamW, schedules. */
export { type AdamState, type AdamW, adamwUpdate } from "./adamw.ts";
export { type Attention, attention, initAttention } from "./attention.ts";
export {
  type BatchNorm,
  batchNorm,
  type ChannelStatistics,
  estimatingPass,
  initBatchNorm,
  type Pass,
  pooledStatistics,
  predictingPass,
  trainingPass,
} from "./batch-norm.ts";
export { type Block, block, blockMean, initBlock, initMlp, type Mlp, mlp } from "./block.ts";
export { type Convolution, convolution, initConvolution } from "./convolution.ts";
export { dropout, dropoutMask } from "./dropout.ts";
export { initLayerNorm, type LayerNorm, scaledLayerNorm } from "./layer-norm.ts";
export { initLinear, initTable, initZeroLinear, type Linear, linear } from "./linear.ts";
export { crossEntropy, meanSquaredError, tokenMean } from "./loss.ts";
export { compileMicroBatches } from "./micro-batches.ts";
export {
  countParameters,
  decayMask,
  loadParameters,
  namedParameters,
  type Parameters,
  packParameters,
  type Symbolic,
  symbolicParameters,
  unpackParameters,
} from "./parameters.ts";
export { constantRate, cosineRate, droppingRate, type RateSchedule, type RateShape, rateAt } from "./schedule.ts";
export { type MicroBatches, microBatches, type RunStage, type Stage, wholeBatch } from "./stage.ts";
export {
  type BatchSpec,
  initialState,
  type Objective,
  rateInput,
  type TrainingState,
  trainingStep,
} from "./training-step.ts";
