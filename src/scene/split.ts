/** @file A split: which labelled pixels train, validate and test, with the rule and seed that chose them. */
import { ConfigError, childKey, DataError, type Key, keyOf, permutation } from "../tensor/index.ts";
import { plotSpacing } from "./plots.ts";
import type { Labels, Scene } from "./scene.ts";
import { fewestTraining, type Halves, halves } from "./splits/blocks.ts";
import { readSplit } from "./splits/file.ts";
import { type OfficialRule, parseSplitRule, type SplitRule, splitRuleText } from "./splits/rule.ts";

/** Pixel indices are `row · width + col`, ascending. */
export interface Split {
  /** The rule as written in a configuration, for example `blocks:28` or `perClass:20`. */
  readonly rule: string;
  readonly seed: number;
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly test: Int32Array;
}

export interface SplitOptions {
  /** At most this many training pixels per class; for `blocks` and `official`, as `,perClass:N` in the rule. */
  readonly perClass?: number;
  /** Share of the training pixels of each class set aside for validation, in [0, 1), as `,validation:V` in the rule. */
  readonly validation?: number;
}

/** The labels of a scene, 0 where a pixel is missing in a source: such pixels neither train nor test. */
function usableLabels(scene: Scene): Labels {
  if (scene.labels === null) throw new DataError(scene.name, "expected labels to split; got none");
  const { data, classes } = scene.labels;
  const { valid } = scene;
  return { data: valid === null ? data : data.map((label, pixel) => (valid[pixel] === 0 ? 0 : label)), classes };
}

/** Pixels by label; entry 0 stays empty. */
function byClass(pixels: Int32Array, labels: Labels): number[][] {
  const groups: number[][] = Array.from({ length: labels.classes.length + 1 }, () => []);
  for (const pixel of pixels) groups[labels.data[pixel]!]!.push(pixel);
  return groups;
}

const ascending = (pixels: number[]): Int32Array => Int32Array.from(pixels).sort();

/** `counts[label]` random pixels of each class, and the others. */
function draw(groups: readonly number[][], counts: readonly number[], key: Key): [Int32Array, Int32Array] {
  const drawn: number[] = [];
  const others: number[] = [];
  for (const [label, group] of groups.entries()) {
    const order = permutation(childKey(key, label), group.length);
    for (let at = 0; at < group.length; at++) (at < counts[label]! ? drawn : others).push(group[order[at]!]!);
  }
  return [ascending(drawn), ascending(others)];
}

function labelledPixels(labels: Labels): Int32Array {
  const pixels: number[] = [];
  for (let pixel = 0; pixel < labels.data.length; pixel++) if (labels.data[pixel] !== 0) pixels.push(pixel);
  return Int32Array.from(pixels);
}

/** The parts of the published masks. */
function masked(rule: OfficialRule, labels: Labels): Halves {
  const pick = (name: string, mask: ArrayLike<number>): Int32Array => {
    const size = labels.data.length;
    if (mask.length !== size) {
      throw new DataError(`official ${name} mask`, `expected ${size} pixels as in the labels; got ${mask.length}`);
    }
    return labelledPixels(labels).filter((pixel) => mask[pixel] !== 0);
  };
  const train = pick("train", rule.train);
  const test = pick("test", rule.test);
  const both = train.filter((pixel) => rule.test[pixel] !== 0).length;
  if (both > 0) throw new DataError("official masks", `expected no pixel in both; got ${both}`);
  return { train, test };
}

type DrawingRule = Exclude<SplitRule, { kind: "file" }>;

/** For each rule, the pixels to draw training pixels from, and those that test in any case. */
function poolOf(rule: DrawingRule, labels: Labels, scene: Scene, key: Key): Halves {
  switch (rule.kind) {
    case "perClass":
    case "fraction":
      return { train: labelledPixels(labels), test: new Int32Array(0) };
    case "official":
      return masked(rule, labels);
    case "plots": {
      if (scene.plots === null) {
        throw new DataError(scene.name, "expected a scene of many plots for the rule plots; got one place");
      }
      const { fraction = 0.5 } = rule;
      // Plots lie at multiples of their spacing: each is a block.
      const grid = { height: scene.height, width: scene.width, size: plotSpacing(scene.plots), guard: 0, fraction };
      return halves(labels.data, labels.classes.length, grid, key);
    }
    case "blocks": {
      const { size, guard = 0, fraction = 0.5 } = rule;
      const grid = { height: scene.height, width: scene.width, size, guard, fraction };
      return halves(labels.data, labels.classes.length, grid, key);
    }
  }
}

/** How many of the `size` pixels of a class in the pool train. */
function wanted(rule: DrawingRule, size: number): number {
  switch (rule.kind) {
    case "perClass":
      // A class that is too small to give `count` keeps half of its pixels to test.
      return size > rule.count ? rule.count : Math.ceil(size / 2);
    case "fraction":
      return Math.min(size - 1, Math.max(fewestTraining, Math.round(rule.fraction * size)));
    case "official":
    case "blocks":
    case "plots":
      return Math.min(size, rule.perClass ?? size);
  }
}

/** A split from a file, for this scene. */
function fromFile(path: string, scene: Scene, labels: Labels): Split {
  const split = readSplit(path, scene);
  for (const part of ["train", "validation", "test"] as const) {
    const stray = split[part].find((pixel) => labels.data[pixel] === 0);
    if (stray !== undefined) {
      throw new DataError(path, `expected labelled and valid pixels in "${part}"; got pixel ${stray}, which is not`);
    }
  }
  return split;
}

/**
 * Which labelled pixels train, validate and test. Pixels that are missing in a source take no part.
 *
 * - `perClass:N`: N random pixels of each class train, all others test; a class of at most N pixels gives half of them.
 * - `fraction:P`: that share of each class trains, all others test.
 * - `blocks:SIZE[,guard:G][,fraction:F][,perClass:N]`: spatially disjoint blocks, see {@link halves}; N pixels of each
 *   class, or all, train from the training blocks; every labelled pixel of the other blocks tests.
 * - `plots[,fraction:F][,perClass:N]`: the same with whole plots of a scene of many.
 * - `file:PATH`: as written by `writeSplit`; rule and seed are those of the file.
 * - `{ kind: "official", train, test }`: the published masks.
 *
 * @param seed  integer from 0; the same scene, rule and seed give the same split
 * @throws ConfigError if the rule is not known or an option does not go with it
 * @throws DataError if a class of the scene has fewer than 2 pixels to train, or no pixel is left to test
 */
export function makeSplit(scene: Scene, rule: string | SplitRule, seed: number, options: SplitOptions = {}): Split {
  const given = typeof rule === "string" ? parseSplitRule(rule) : rule;
  if (given.kind === "masks") throw new ConfigError("split", "expected masks that are read; got their files", rule);
  const labels = usableLabels(scene);
  const full = withOptions(given, options);
  if (full.kind === "file") return fromFile(full.path, scene, labels);
  const text = splitRuleText(full);
  const key = childKey(keyOf(seed), "split");
  const pool = poolOf(full, labels, scene, childKey(key, "pool"));
  const present = new Set(labels.data);
  const groups = byClass(pool.train, labels);
  for (const [at, { name }] of labels.classes.entries()) {
    const size = groups[at + 1]!.length;
    if (present.has(at + 1) && size < fewestTraining) {
      throw new DataError(text, `expected at least ${fewestTraining} pixels of "${name}" to train; got ${size}`);
    }
  }
  const counts = groups.map((group) => wanted(full, group.length));
  const [drawn, others] = draw(groups, counts, childKey(key, "train"));
  const share = full.validation ?? 0;
  const drawnGroups = byClass(drawn, labels);
  const aside = drawnGroups.map((group) => Math.min(group.length - 1, Math.round(share * group.length)));
  const [validation, train] = draw(drawnGroups, aside, childKey(key, "validation"));
  const test = full.kind === "perClass" || full.kind === "fraction" ? others : pool.test;
  if (test.length === 0) throw new DataError(text, "expected pixels to test; got none");
  return { rule: text, seed, train, validation, test };
}

/** The rule with the options in it, so that its text says all. */
function withOptions(rule: SplitRule, options: SplitOptions): SplitRule {
  const { perClass, validation } = options;
  if (perClass !== undefined && rule.kind !== "blocks" && rule.kind !== "plots" && rule.kind !== "official") {
    throw new ConfigError(
      "split",
      `expected perClass only with blocks, plots or official; got it with ${rule.kind}`,
      perClass,
    );
  }
  if (validation !== undefined && rule.kind === "file") {
    throw new ConfigError("split", "expected no validation share with file, which has its own; got one", validation);
  }
  return {
    ...rule,
    ...(perClass === undefined ? {} : { perClass }),
    ...(validation === undefined ? {} : { validation }),
  };
}
