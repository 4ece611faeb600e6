/** @file What the keys of a configuration must be together: checked after each of them has been found good. */
import { parseSplitRule } from "../scene/index.ts";
import { classMark } from "../symdiffuser/index.ts";
import { ConfigError } from "../tensor/index.ts";
import type { RunConfig } from "./config-schema.ts";

/** What is wrong, and where. */
export interface ConfigFault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly value: unknown;
  readonly cause?: unknown;
}

type Check = (config: RunConfig) => ConfigFault | null;

function fault(path: string, message: string, value: unknown): ConfigFault {
  return { path: path.split("."), message, value };
}

const expected = (path: string, what: string, value: unknown): ConfigFault =>
  fault(path, `expected ${what}; got ${JSON.stringify(value)}`, value);

/** The first number of a list that is out of a rule or there twice. */
function listFault(path: string, values: readonly number[], holds: (one: number) => boolean, what: string) {
  const bad = values.find((one) => !holds(one));
  if (bad !== undefined) return expected(path, what, bad);
  const again = values.find((one, at) => values.indexOf(one) < at);
  return again === undefined ? null : fault(path, `expected every number once; got ${again} again`, values);
}

const isOdd = (value: number): boolean => value % 2 === 1;

const checks: readonly Check[] = [
  ({ scene }) => {
    const names: readonly string[] = "simulate" in scene ? scene.simulate.sources : Object.keys(scene.sources);
    const path = "simulate" in scene ? "scene.simulate.sources" : "scene.sources";
    const again = names.find((name, at) => names.indexOf(name) < at);
    if (again !== undefined) return fault(path, `expected every source once; got "${again}" again`, names);
    if (names.length >= 2) return null;
    return fault(
      path,
      `expected at least two sources; got ${names.length === 0 ? "none" : `only "${names[0]}"`}`,
      names,
    );
  },
  ({ scene }) => {
    if ("simulate" in scene || scene.grid === null) return null;
    const known = [...Object.keys(scene.sources), "labels"];
    return known.includes(scene.grid) ? null : expected("scene.grid", `one of ${known.join(", ")}`, scene.grid);
  },
  ({ split: { rule, perClass, validation } }) => {
    try {
      const { kind } = parseSplitRule(rule);
      if (perClass !== null && kind !== "blocks" && kind !== "plots" && kind !== "masks") {
        return fault(
          "split.perClass",
          `expected a number only with a rule blocks:…, plots or official:…; got ${perClass} with ${rule}`,
          perClass,
        );
      }
      if (validation > 0 && kind === "file") {
        return fault("split.validation", `expected 0 with a split from a file; got ${validation}`, validation);
      }
      return null;
    } catch (cause) {
      if (!(cause instanceof ConfigError)) throw cause;
      return { ...fault("split.rule", cause.message.slice(cause.path.length + 2), rule), cause };
    }
  },
  ({ network: { width } }) =>
    width % 2 === 0 ? null : expected("network.width", "an even number, half sines and half cosines of time", width),
  ({ network: { width, heads } }) =>
    width % heads === 0 ? null : expected("network.width", `a multiple of network.heads, which is ${heads}`, width),
  ({ network: { patch }, features: { core } }) =>
    core <= patch ? null : expected("features.core", `at most network.patch, which is ${patch}`, core),
  ({ network, features: { steps } }) =>
    listFault(
      "features.steps",
      steps,
      (step) => step < network.steps,
      `steps from −1 to below network.steps, which is ${network.steps}`,
    ),
  ({ features: { from, steps } }) =>
    from !== "latents" || (steps.length === 1 && steps[0] === -1)
      ? null
      : expected("features.steps", "-1 alone where features.from is latents", steps),
  ({ features, pretraining, network: { perception } }) =>
    !features.alone || pretraining.alone > 0 || perception === "none"
      ? null
      : expected("features.alone", "false where pretraining.alone is 0", true),
  ({ features: { from }, backbone }) =>
    from !== "latents" || backbone === "frozen"
      ? null
      : expected("backbone", "frozen where features.from is latents", backbone),
  ({ features: { windows } }) => listFault("features.windows.mean", windows.mean, isOdd, "odd sides"),
  ({ features: { windows } }) => listFault("features.windows.deviation", windows.deviation, isOdd, "odd sides"),
  ({ features: { windows } }) =>
    windows.mean.length + windows.deviation.length > 0
      ? null
      : fault("features.windows", "expected at least one window in mean or deviation; got none", windows),
  ({ text: { prompt } }) =>
    prompt.includes(classMark) ? null : expected("text.prompt", `a text with ${classMark} in it`, prompt),
  ({ text: { encoder, folder } }) =>
    encoder !== "clip" || folder !== null
      ? null
      : fault(
          "text.folder",
          "expected a folder with a CLIP text model, as text.encoder is clip; got none — symdiffuser text-encoder fetch gets one",
          folder,
        ),
  ({ head: { width } }) => (width % 4 === 0 ? null : expected("head.width", "a multiple of 4", width)),
  ({ smoothing }) => (isOdd(smoothing) ? null : expected("smoothing", "an odd side of a window", smoothing)),
];

/** The first thing that does not fit; null if all does. */
export function configFault(config: RunConfig): ConfigFault | null {
  for (const check of checks) {
    const found = check(config);
    if (found !== null) return found;
  }
  return null;
}
