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
export { ownMethod } from "./config-schema.ts";
export { type Cell, type Column, columnNames } from "./experiment/cells.ts";
export { type Experiment, readExperiment, resolveExperiment } from "./experiment/experiment.ts";
export { experimentJsonSchema } from "./experiment/schema.ts";
export { fitBaseline } from "./fit-baseline.ts";
export { type LoopOptions, runStage, type StepReport, type Trained } from "./loop.ts";
export { nearest } from "./nearest.ts";
export {
  changedSetting,
  dataChecksums,
  openRunScene,
  openRunSplit,
  type RunHooks,
  type TrainedRun,
  trainRun,
} from "./run.ts";
export { runFiles } from "./run-files.ts";
export { openRun, readRunSplit, type StoredRun, symDiffuserOf } from "./stored-run.ts";
