/** @file The table of commands. */
import type { CommandEntry } from "./command.ts";

/** All commands, in the order of the help. */
export const commands: readonly CommandEntry[] = [
  {
    name: "demo",
    summary: "try it on a simulated scene; no data needed",
    words: {},
    load: () => import("./demo.ts"),
  },
  {
    name: "train",
    summary: "learn from labelled pixels, map the scene and test the map",
    words: { "[config]": "configuration file in YAML; flags override it" },
    load: () => import("./train.ts"),
  },
  {
    name: "map",
    summary: "map a scene with a trained run",
    words: { "<run>": "folder of the run" },
    load: () => import("./map.ts"),
  },
  {
    name: "evaluate",
    summary: "test a trained run against labels",
    words: { "<run>": "folder of the run" },
    load: () => import("./evaluate.ts"),
  },
  {
    name: "translate",
    summary: "make one source of a scene from others",
    words: { "<run>": "folder of the run" },
    load: () => import("./translate.ts"),
  },
  {
    name: "consistency",
    summary: "tell where the sources of a scene do not go together",
    words: { "<run>": "folder of the run" },
    load: () => import("./consistency.ts"),
  },
  {
    name: "experiment",
    summary: "train many runs — methods, variants, sources, seeds — and make tables of them",
    words: { "<file>": "experiment file in YAML" },
    load: () => import("./experiment.ts"),
  },
  {
    name: "info",
    summary: "tell what a raster, polygons, a run or a model hold",
    words: { "<file...>": "raster, FILE.mat#NAME, polygons or points, folder of a run, or .safetensors file" },
    load: () => import("./info.ts"),
  },
  {
    name: "simulate",
    summary: "write a simulated scene as files, with a configuration",
    words: {},
    load: () => import("./simulate.ts"),
  },
  {
    name: "recipe",
    summary: "list published scenes, get them, and write configurations for them",
    words: {
      "<action>":
        "list: all; show NAME: what it is, as a configuration; check DIR: whether its files are as published; prepare DIR: write the configuration, labels and split for them; fetch NAME: get them",
      "[what]": "name of a recipe, or folder",
    },
    load: () => import("./recipe.ts"),
  },
  {
    name: "text-encoder",
    summary: "get the text part of a CLIP model, to describe classes to the method",
    words: { "<action>": "fetch: get its two files from the Hugging Face hub, about 254 MB" },
    load: () => import("./text-encoder.ts"),
  },
];
