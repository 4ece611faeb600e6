/** @file An experiment: read from a YAML file, checked in every run that it asks for. */
import { basename, extname, join, resolve } from "node:path";
import { baselines } from "../../baselines/index.ts";
import { parseSplitRule } from "../../scene/index.ts";
import { variants as presets, type VariantName } from "../../symdiffuser/index.ts";
import { ConfigError } from "../../tensor/index.ts";
import { type Override, parseYaml, readConfig, resolveConfig } from "../config.ts";
import { type ConfigFault, configFault } from "../config-checks.ts";
import { ofKind, schemaFault, shown } from "../config-faults.ts";
import { isMap, keyText } from "../config-keys.ts";
import { methodNames, ownMethod, type RunConfig } from "../config-schema.ts";
import { type Cell, type Column, cellId } from "./cells.ts";
import { type ExperimentKeys, experimentKeys, experimentSchema, type Settings } from "./schema.ts";

/** An experiment, resolved. */
export interface Experiment {
  readonly name: string;
  /** Folder of all that it makes; absolute. */
  readonly out: string;
  /** Configurations of the scenes by name, each with all its sources. */
  readonly scenes: ReadonlyMap<string, RunConfig>;
  /** In the order of tables. */
  readonly columns: readonly Column[];
  /** In the order in which they are run: all columns of a split and seed, then the next. */
  readonly cells: readonly Cell[];
}

/**
 * The experiment of a file.
 *
 * @param overrides  settings of every run that go before those of the file, as threads and device
 * @param out        folder of the experiment, before that of the file
 * @throws ConfigError naming the key that cannot be used
 * @throws FormatError if a file cannot be read or is not YAML
 */
export function readExperiment(file: string, overrides: readonly Override[] = [], out?: string): Experiment {
  const raw = parseYaml(file);
  const given = isMap(raw) ? { name: basename(file, extname(file)), ...raw } : raw;
  return resolveExperiment(given, file, resolve(file, ".."), overrides, out);
}

/** A fault as a sentence, as those of configurations. */
function refusal(where: string, { path, message, value }: ConfigFault): ConfigError {
  return new ConfigError([where, keyText(path)].filter(Boolean).join(": "), message, value);
}

/**
 * An experiment from what people wrote.
 *
 * @param where       what messages begin with, usually the file
 * @param baseFolder  files of configurations are relative to it
 * @throws ConfigError
 */
export function resolveExperiment(
  raw: unknown,
  where: string,
  baseFolder: string,
  overrides: readonly Override[] = [],
  out?: string,
): Experiment {
  if (!isMap(raw)) {
    throw refusal(where, { path: [], message: `expected keys with values; got ${shown(raw)}`, value: raw });
  }
  const parsed = experimentSchema.safeParse({ out: resolve("runs", String(raw["name"])), ...raw });
  if (!parsed.success) {
    // Keys are those of an experiment, or names of methods.
    const known = ({ length }: readonly PropertyKey[]): readonly string[] =>
      length === 0 ? experimentKeys : methodNames;
    throw refusal(where, schemaFault(parsed.error.issues.flatMap(ofKind), raw, known));
  }
  const keys = parsed.data;
  const lists: readonly (readonly [path: readonly string[], list: unknown])[] = [
    [["methods"], keys.methods],
    [["splits"], keys.splits],
    [["seeds"], keys.seeds],
    ...Object.entries(keys.seedsOf).map(([method, list]) => [["seedsOf", method], list] as const),
  ];
  for (const [path, list] of lists) {
    const again = Array.isArray(list) ? list.find((one, at) => list.indexOf(one) < at) : undefined;
    if (again === undefined) continue;
    throw refusal(where, { path, message: `expected every value once; got ${shown(again)} again`, value: list });
  }
  const folder = out === undefined ? resolve(baseFolder, keys.out) : resolve(out);
  const plan = { keys, where, baseFolder, folder, overrides };
  const scenes = new Map(sceneFiles(keys).map(([name, given]) => [name, sceneConfig(plan, name, given)]));
  const columns = columnsOf(keys);
  const cells = cellsOf(plan, columns);
  // Some file systems take a letter and its capital for the same.
  const folders = cells.map(({ id }) => id.toLowerCase());
  const again = cells.find((_, at) => folders.indexOf(folders[at]!) < at);
  if (again !== undefined) {
    const message = `expected names of scenes, variants and sets of sources that differ; got ${again.id} twice`;
    throw refusal(where, { path: [], message, value: again.id });
  }
  return { name: keys.name, out: folder, scenes, columns, cells };
}

/** What all runs of an experiment share. */
interface Plan {
  readonly keys: ExperimentKeys;
  readonly where: string;
  readonly baseFolder: string;
  /** Of the experiment's results. */
  readonly folder: string;
  readonly overrides: readonly Override[];
}

/** Files or configurations of scenes, by name. */
function sceneFiles({ scenes }: ExperimentKeys): [string, string | Settings][] {
  const named = (file: string): [string, string] => [basename(file, extname(file)), file];
  if (typeof scenes === "string") return [named(scenes)];
  return Array.isArray(scenes) ? scenes.map(named) : Object.entries(scenes as Record<string, string | Settings>);
}

/** Settings as overrides that name their place in the experiment's file. */
function overridesOf(settings: Settings, { where, baseFolder }: Plan, place: string): Override[] {
  return Object.entries(settings).map(([key, value]) => ({
    path: [key],
    value,
    flag: [where, `${place}.${key}`].filter(Boolean).join(": "),
    folder: baseFolder,
  }));
}

/** The configuration of a scene under further overrides. */
function sceneConfig(plan: Plan, name: string, given: string | Settings, more: readonly Override[] = []): RunConfig {
  const { keys, where, baseFolder, overrides } = plan;
  const all = [...overridesOf(keys.settings, plan, "settings"), ...more, ...overrides];
  if (typeof given === "string") return readConfig(resolve(baseFolder, given), all);
  return resolveConfig({ name, ...given }, [where, `scenes.${name}`].filter(Boolean).join(": "), baseFolder, all);
}

/**
 * What a scene's configuration becomes under settings of a place in the experiment's file. The scene is good without
 * them: a key that does not go with them is their fault, wherever it stands.
 */
function fromHere({ where }: Plan, place: string, config: () => RunConfig): RunConfig {
  const file = where === "" ? "" : `${where}: `;
  try {
    return config();
  } catch (cause) {
    if (!(cause instanceof ConfigError) || cause.path.startsWith(`${file}${place}`)) throw cause;
    const rest = cause.message.startsWith(file) ? cause.message.slice(file.length) : cause.message;
    const error = new ConfigError(`${file}${place}`, rest, cause.value);
    error.cause = cause;
    throw error;
  }
}

/** Variants by name. */
function variantSettings({ variants }: ExperimentKeys): Map<string, Settings> {
  const entries: [string, string | Settings][] = Array.isArray(variants)
    ? variants.map((name: string) => [name, name])
    : Object.entries(variants as Record<string, string | Settings>);
  const settings = (given: string | Settings): Settings =>
    typeof given === "string" ? { ...presets[given as VariantName] } : given;
  return new Map(entries.map(([name, given]) => [name, settings(given)]));
}

/** Settings of each method, by name. */
function methodSettings({ methods }: ExperimentKeys): Map<string, Settings> {
  const isList = (given: ExperimentKeys["methods"]): given is readonly string[] => Array.isArray(given);
  return new Map(isList(methods) ? methods.map((name) => [name, {}]) : Object.entries(methods));
}

function columnsOf(keys: ExperimentKeys): Column[] {
  const names = [...variantSettings(keys).keys()];
  const sets = keys.sources ?? [null];
  return [...methodSettings(keys).keys()].flatMap((method) =>
    (method === ownMethod ? names : [null]).flatMap((variant) => sets.map((sources) => ({ method, variant, sources }))),
  );
}

function cellsOf(plan: Plan, columns: readonly Column[]): Cell[] {
  const { keys, folder } = plan;
  const settings = variantSettings(keys);
  const own = methodSettings(keys);
  const cells: Cell[] = [];
  for (const [scene, given] of sceneFiles(keys)) {
    const configs = new Map<Column, RunConfig>();
    for (const column of columns) {
      const { method, variant, sources } = column;
      const ofVariant = variant === null ? [] : overridesOf(settings.get(variant)!, plan, `variants.${variant}`);
      const more = [...ofVariant, ...overridesOf(own.get(method)!, plan, `methods.${method}`)];
      const place = variant === null ? `methods.${method}` : `variants.${variant}`;
      const config = fromHere(plan, place, () => sceneConfig(plan, scene, given, more));
      const baseline = method === ownMethod ? [] : [method];
      configs.set(column, { ...withSources(config, sources, plan), baselines: baseline });
    }
    const isFixed = isFixedSplit([...configs.values()][0]!);
    for (const splitSeed of isFixed ? keys.splits.slice(0, 1) : keys.splits) {
      const seedsOf = ({ method }: Column): readonly number[] => {
        const seeds = keys.seedsOf[method] ?? keys.seeds;
        return baselines.get(method)?.isSeedless ? seeds.slice(0, 1) : seeds;
      };
      const most = Math.max(...columns.map((column) => seedsOf(column).length));
      for (let at = 0; at < most; at++) {
        for (const column of columns) {
          const seed = seedsOf(column)[at];
          if (seed === undefined) continue;
          const cell = { ...column, scene, splitSeed, seed };
          const id = cellId(cell);
          const config = configs.get(column)!;
          const seeded = { ...config, seed, split: { ...config.split, seed: splitSeed } };
          cells.push({ ...cell, id, config: { ...seeded, out: join(folder, "cells", ...id.split("/")) } });
        }
      }
    }
  }
  return cells;
}

/** Whether a split is the same whatever its seed: published masks, or a file, taken whole. */
function isFixedSplit({ split: { rule, perClass, validation } }: RunConfig): boolean {
  const { kind } = parseSplitRule(rule);
  return (kind === "masks" || kind === "file") && perClass === null && validation === 0;
}

/** A configuration with some of its sources, in the order given. @throws ConfigError for one that the scene lacks */
function withSources(config: RunConfig, sources: readonly string[] | null, { where }: Plan): RunConfig {
  if (sources === null) return config;
  const { scene } = config;
  const known: readonly string[] = "simulate" in scene ? scene.simulate.sources : Object.keys(scene.sources);
  const path = ["sources"];
  const unknown = sources.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const message = `expected sources of ${config.name}, which are ${known.join(", ")}; got "${unknown}"`;
    throw refusal(where, { path, message, value: unknown });
  }
  const chosen =
    "simulate" in scene
      ? { simulate: { ...scene.simulate, sources: scene.simulate.sources.filter((name) => sources.includes(name)) } }
      : { ...scene, sources: Object.fromEntries(sources.map((name) => [name, scene.sources[name]!])) };
  const fault = configFault({ ...config, scene: chosen });
  if (fault !== null) throw refusal(where, fault);
  return { ...config, scene: chosen };
}
