/** @file Door of the room `train/`: the training loop, configurations and runs. */
export {
  configText,
  type FileSceneConfig,
  methodOptions,
  type Override,
  type RunConfig,
  readConfig,
  resolveConfig,
  type SimulatedSceneConfig,
  sceneOptions,
  sourceOptions,
} from "./config.ts";
export { type ConfigKey, configKeys, jsonSchema } from "./config-keys.ts";
export { type Cell, type Column, columnNames } from "./experiment/cells.ts";
export { type Experiment, readExperiment, resolveExperiment } from "./experiment/experiment.ts";
export { experimentJsonSchema, ownMethod } from "./experiment/schema.ts";
export { fitBaseline } from "./fit-baseline.ts";
export { type LoopOptions, runStage, type StepReport, type Trained } from "./loop.ts";
export { nearest } from "./nearest.ts";
export {
  changedSetting,
  dataChecksums,
  openRun,
  openRunScene,
  openRunSplit,
  type RunHooks,
  readRunSplit,
  runFiles,
  type StoredRun,
  type TrainedRun,
  trainRun,
} from "./run.ts";
