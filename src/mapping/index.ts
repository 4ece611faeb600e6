/** @file Door of the room `mapping/`: a trained model over a whole scene, and the jobs that users ask for. */
export type { CellOutcome, CellResult } from "./experiment/cell-result.ts";
export { comparisonTables } from "./experiment/comparison.ts";
export { parseResultLines, type ResultLine } from "./experiment/result-lines.ts";
export {
  cellOutcomes,
  type ExperimentHooks,
  type ExperimentOptions,
  runExperiment,
} from "./experiment/run-experiment.ts";
export { gridFile, stateText, writeTables } from "./experiment/tables.ts";
export { type MapFiles, usualFiles } from "./files.ts";
export type { Generation } from "./generation.ts";
export type { Job, JobEvent, JobHooks, JobResult } from "./jobs.ts";
export { type LandCoverMap, mapScene } from "./map.ts";
export { formatMetrics, metricsSchema, parseMetrics } from "./metrics-file.ts";
export { type PolygonFormat, polygonFormats } from "./polygon-files.ts";
export { runJob } from "./run-job.ts";
export type { Translation, TranslationOptions } from "./translate.ts";
export { type UncertaintyOptions, usualLabelSets } from "./uncertainty.ts";
