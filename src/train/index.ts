/** @file Door of the room `train/`: the training loop, configurations and runs. */
export { configText, methodOptions, type RunConfig, readConfig } from "./config.ts";
export { type LoopOptions, runStage, type StepReport, type Trained } from "./loop.ts";
export {
  dataChecksums,
  openRun,
  openRunScene,
  type RunHooks,
  readRunSplit,
  runFiles,
  type StoredRun,
  type TrainedRun,
  trainRun,
} from "./run.ts";
