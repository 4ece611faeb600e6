/** @file Names of the files of a run. */

/** In the folder of a run. */
export const runFiles = {
  config: "config.yaml",
  split: "split.json",
  stages: "stages",
  model: "model.safetensors",
} as const;
