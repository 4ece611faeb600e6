/** @file A recipe as a configuration to train from. */
import { ConfigError } from "../../tensor/index.ts";
import { type SimulatedKind, simulatedKinds } from "../spectral-response.ts";
import { alternatives } from "./found.ts";
import type { Layout, Recipe, RecipeFile, RecipeSource } from "./recipe.ts";

/** Names of the files that `prepared` labels and splits are written to. */
export const preparedFiles = { labels: "labels.tif", split: "split.json" } as const;

/** What has to be written before a configuration of this layout can be used, since no file of it says so directly. */
export function needsPreparing({ truth }: Layout): { readonly labels: boolean; readonly split: boolean } {
  const hasMasks = truth.train !== null && truth.test !== null && truth.areIndices === undefined;
  return { labels: truth.labels === null, split: truth.train !== null && !(hasMasks && truth.labels !== null) };
}

/** @param locate  the location of a file in the configuration's folder */
export type Locate = (file: RecipeFile) => string;

/** The preferred name of each file, as in the folder of its layout. */
export const preferredName: Locate = (file) => alternatives(file)[0]!;

/** Those names that a layout has, of the sources that a recipe would use. */
export function usedSources({ use, simulated, sources }: Recipe, layout: Layout): readonly string[] {
  const has = (name: string): boolean =>
    Object.hasOwn(layout.sources, name) || (Object.hasOwn(layout.sources, "hsi") && isSimulated(name, simulated));
  const own = use.filter(has);
  if (own.length >= 2) return own;
  const others = [...sources.map(({ name }) => name), ...simulated].filter((name) => has(name) && !own.includes(name));
  return [...own, ...others].slice(0, 2);
}

function isSimulated(name: string, simulated: readonly SimulatedKind[]): name is SimulatedKind {
  return (simulated as readonly string[]).includes(name);
}

function one<T>(list: readonly T[]): T | readonly T[] {
  return list.length === 1 ? list[0]! : list;
}

/**
 * A configuration, as the object that its YAML says.
 *
 * @param names  sources to use; a sensor that the layout lacks is simulated from `hsi`
 * @throws ConfigError for sources that the layout neither has nor can simulate
 */
export function recipeConfiguration(
  recipe: Recipe,
  layout: Layout,
  names: readonly string[] = usedSources(recipe, layout),
  locate: Locate = preferredName,
): Record<string, unknown> {
  const { truth } = layout;
  const prepare = needsPreparing(layout);
  const labels = prepare.labels ? preparedFiles.labels : one(truth.labels!.map(locate));
  const classes = recipe.classes.map(({ code, name, color }) => [code, { name, color }] as const);
  return {
    name: recipe.name,
    scene: {
      sources: Object.fromEntries(names.map((name) => [name, sourceOf(name, recipe, layout, locate)])),
      labels: {
        file: labels,
        ...(truth.attribute && { field: truth.attribute.field, join: locate(truth.attribute.join) }),
        ...(recipe.unlabelled && { unlabelled: recipe.unlabelled }),
        ...(classes.length > 0 && { classes: new Map(classes) }),
      },
    },
    split: splitOf(recipe, layout, locate),
    baselines: ["rf", "svm"],
  };
}

function splitOf(recipe: Recipe, layout: Layout, locate: Locate): Record<string, unknown> {
  const { train, test } = layout.truth;
  if (needsPreparing(layout).split) return { rule: `file:${preparedFiles.split}` };
  if (train !== null && test !== null) return { rule: `official:${locate(train)},${locate(test)}` };
  // The limit of pixels a class is a key of its own in a configuration.
  const [, rule, perClass] = /^(.*?),perClass:(\d+)$/.exec(recipe.split) ?? [null, recipe.split, null];
  return { rule, ...(perClass != null && { perClass: Number(perClass) }) };
}

function sourceOf(name: string, recipe: Recipe, layout: Layout, locate: Locate): Record<string, unknown> {
  const known = (wanted: string): RecipeSource | undefined => recipe.sources.find((source) => source.name === wanted);
  const source = known(name);
  if (source !== undefined && Object.hasOwn(layout.sources, name)) {
    const { kind, select } = source;
    return { file: one(layout.sources[name]!.map(locate)), kind, ...(select && { bands: select }) };
  }
  const hsi = known("hsi");
  if (
    hsi !== undefined &&
    Object.hasOwn(layout.sources, "hsi") &&
    (simulatedKinds as readonly string[]).includes(name)
  ) {
    const { wavelengthsNm } = hsi;
    const file = one(layout.sources["hsi"]!.map(locate));
    return { file, ...(wavelengthsNm && { wavelengths: wavelengthsNm }), simulate: name };
  }
  const own = Object.keys(layout.sources);
  const all = own.includes("hsi") ? [...own, ...simulatedKinds.filter((kind) => !own.includes(kind))] : own;
  throw new ConfigError("sources", `expected sources of ${all.join(", ")}; got "${name}"`, name);
}
