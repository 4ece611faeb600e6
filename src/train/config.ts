/** @file The configuration of a run: read from a YAML file, checked, completed and written again. */
import { readFileSync } from "node:fs";
import { basename, extname, resolve } from "node:path";
import { Document, parseDocument, visit } from "yaml";
import { type ClassOptions, isRemote, type SceneOptions, type SourceOptions } from "../scene/index.ts";
import type { SymDiffuserOptions } from "../symdiffuser/index.ts";
import { ConfigError, FormatError } from "../tensor/index.ts";
import { type ConfigFault, configFault } from "./config-checks.ts";
import { type Issue, schemaFault, shown, valueAt } from "./config-faults.ts";
import { isMap, keyText, knownKeys, normalised } from "./config-keys.ts";
import { configSchema, type FileSceneConfig, presets, type RunConfig, type SourceConfig } from "./config-schema.ts";

export type { FileSceneConfig, RunConfig, SimulatedSceneConfig } from "./config-schema.ts";

/** A value that goes before that of the file. */
export interface Override {
  readonly path: readonly string[];
  readonly value: unknown;
  /** What people typed, `--head.count`, for messages; keys below it are added where the value has some. */
  readonly flag: string;
  /** Paths in the value are relative to it. @default the current folder */
  readonly folder?: string;
}

/**
 * The configuration of a file, completed with defaults.
 *
 * @param file       YAML; null for overrides alone
 * @param overrides  later ones go before earlier ones
 * @throws ConfigError naming the key, or the flag, that cannot be used
 * @throws FormatError if the file cannot be read or is not YAML
 */
export function readConfig(file: string | null, overrides: readonly Override[] = []): RunConfig {
  if (file === null) return resolveConfig({}, "", process.cwd(), overrides);
  const name = basename(file, extname(file));
  const raw = parseYaml(file);
  return resolveConfig(isMap(raw) ? { name, ...raw } : raw, file, resolve(file, ".."), overrides);
}

/** What a file of YAML says. @throws FormatError if it cannot be read or is not YAML */
export function parseYaml(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const got = code === "ENOENT" ? "no such file" : code === "EISDIR" ? "a folder" : String(code);
    throw new FormatError(file, `expected a configuration file; got ${got}`, { cause });
  }
  const document = parseDocument(text, { prettyErrors: true });
  const fault = document.errors[0];
  if (fault !== undefined) {
    const [what] = fault.message.split(/ at line |\n/);
    const line = fault.linePos?.[0].line;
    throw new FormatError(file, `expected YAML; got: ${what}${line === undefined ? "" : ` — line ${line}`}`, {
      offset: fault.pos[0],
      cause: fault,
    });
  }
  return document.toJS() ?? {};
}

/**
 * A configuration from what people wrote, completed with defaults.
 *
 * @param raw         as parsed from YAML; unknown keys are refused
 * @param where       what messages begin with, usually the file; may be empty
 * @param baseFolder  paths are relative to it
 * @throws ConfigError
 */
export function resolveConfig(
  raw: unknown,
  where: string,
  baseFolder: string,
  overrides: readonly Override[] = [],
): RunConfig {
  const refuse = ({ path, message, value, cause }: ConfigFault): ConfigError => {
    const given = overrides.findLast(
      (one) =>
        one.path.every((key, at) => key === String(path[at])) &&
        (!isMap(one.value) || valueAt(one.value, path.slice(one.path.length)) !== undefined),
    );
    const below = given !== undefined && isMap(given.value) ? path.slice(given.path.length) : [];
    const flag = given && [given.flag, keyText(below)].filter(Boolean).join(".");
    const error = new ConfigError(flag ?? [where, keyText(path)].filter(Boolean).join(": "), message, value);
    if (cause !== undefined) error.cause = cause;
    return error;
  };
  if (!isMap(raw)) throw refuse({ path: [], message: `expected keys with values; got ${shown(raw)}`, value: raw });
  const absolute = (folder: string) => (given: unknown) => withRule(normalised(given, pathFrom(folder)), folder);
  const written = overrides.reduce<unknown>(
    (all, { path, value, folder }) => merged(all, absolute(folder ?? process.cwd())(nested(path, value))),
    absolute(baseFolder)(raw),
  ) as Record<string, unknown>;
  const fault = sceneFault(written["scene"]);
  if (fault !== null) throw refuse(fault);
  const preset = Object.hasOwn(presets, String(written["preset"]))
    ? (written["preset"] as RunConfig["preset"])
    : "small";
  const named = { name: nameOf(written["scene"] as Record<string, unknown>), ...presets[preset] };
  const full = merged(named, written) as Record<string, unknown>;
  const parsed = configSchema.safeParse({ out: resolve("runs", String(full["name"])), ...full });
  const problem = parsed.success
    ? configFault(parsed.data)
    : schemaFault(
        parsed.error.issues.flatMap((issue) => inBranch(issue, full)),
        full,
        knownKeys,
      );
  if (problem !== null) throw refuse(problem);
  return parsed.data!;
}

/** A path from a folder; the field after `#` is no part of it. */
function pathFrom(folder: string): (path: string) => string {
  return (path) => {
    if (isRemote(path)) return path;
    const hash = path.lastIndexOf("#");
    return hash <= 0 ? resolve(folder, path) : resolve(folder, path.slice(0, hash)) + path.slice(hash);
  };
}

/** The files of a split rule are relative to the folder, too. */
function withRule(raw: unknown, folder: string): unknown {
  const split = isMap(raw) ? raw["split"] : null;
  const rule = isMap(split) ? split["rule"] : null;
  const [, kind, files] = /^(file|official):(.+)$/.exec(String(rule)) ?? [];
  if (kind === undefined) return raw;
  const paths = kind === "file" ? [files!] : files!.split(",");
  return merged(raw, { split: { rule: `${kind}:${paths.map(pathFrom(folder)).join(",")}` } });
}

/** `[a, b], 1` → `{ a: { b: 1 } }`. */
function nested(path: readonly string[], value: unknown): unknown {
  return path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
}

/** Maps key by key, all else as a whole. */
function merged(base: unknown, over: unknown): unknown {
  if (over === undefined) return base;
  if (!isMap(base) || !isMap(over)) return over;
  const keys = [...Object.keys(base), ...Object.keys(over).filter((key) => !Object.hasOwn(base, key))];
  const value = (key: string) => (Object.hasOwn(base, key) ? merged(base[key], over[key]) : over[key]);
  return Object.fromEntries(keys.map((key) => [key, value(key)]));
}

/** A scene is one of two things; the schema alone would say so in riddles. */
function sceneFault(scene: unknown): ConfigFault | null {
  const path = ["scene"];
  const what = "expected sources and labels, or simulate";
  if (scene === undefined || scene === null) return { path, message: `${what}; got nothing`, value: scene };
  if (!isMap(scene)) return { path, message: `${what}; got ${shown(scene)}`, value: scene };
  const isSimulated = Object.hasOwn(scene, "simulate");
  const fromFiles = ["sources", "labels"].filter((key) => Object.hasOwn(scene, key));
  if (isSimulated && fromFiles.length > 0) {
    return {
      path,
      message: `expected sources and labels, or simulate; got simulate and ${fromFiles[0]}`,
      value: scene,
    };
  }
  if (Object.keys(scene).length === 0) return { path, message: `${what}; got nothing`, value: scene };
  if (fromFiles.length === 1 && Object.keys(scene).length === 1) {
    return { path, message: `expected sources and labels; got ${fromFiles[0]} only`, value: scene };
  }
  return null;
}

/** By default, a run is named after its first source's file. */
function nameOf(scene: Record<string, unknown>): string {
  const { simulate, sources } = scene;
  if (simulate !== undefined) return `simulated-${isMap(simulate) ? (simulate["seed"] ?? 0) : 0}`;
  const first = isMap(sources) ? Object.values(sources)[0] : null;
  const files = isMap(first) && Array.isArray(first["file"]) ? first["file"] : [];
  const file = typeof files[0] === "string" ? files[0].replace(/#[^#]*$/, "") : "run";
  return basename(file, extname(file)).replaceAll("*", "plots") || "run";
}

/** Issues of the alternative that was meant: of a scene, the one that has one of its keys. */
function inBranch(issue: Issue, raw: Record<string, unknown>): Issue[] {
  if (issue.code !== "invalid_union") return [issue];
  const [files, simulated] = issue.errors;
  const isSimulated = Object.hasOwn(raw["scene"] as object, "simulate");
  return (isSimulated ? simulated! : files!).map((one) => ({ ...one, path: [...issue.path, ...one.path] }));
}

/** The configuration as YAML, complete and in the order of the schema: the same text for the same configuration. */
export function configText(config: RunConfig): string {
  const document = new Document(config, { aliasDuplicateObjects: false });
  visit(document, {
    Seq: (_, node) => {
      node.flow = true;
    },
    Map: (_, node) => {
      if (node.items.length === 0) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

const methodKeys = Object.keys(presets.small) as (keyof SymDiffuserOptions)[];

/** The method's part of a configuration. */
export function methodOptions(config: RunConfig): SymDiffuserOptions {
  return Object.fromEntries(methodKeys.map((key) => [key, config[key]])) as unknown as SymDiffuserOptions;
}

/** A configured source as `openScene` takes it. */
export function sourceOptions(
  name: string,
  { file, kind, bands, nodata, wavelengths, simulate }: SourceConfig,
): SourceOptions {
  return {
    name,
    file,
    ...(kind === null ? {} : { kind }),
    ...(bands === null ? {} : { bands }),
    ...(nodata === null ? {} : { nodata }),
    ...(wavelengths === null ? {} : { wavelengths }),
    ...(simulate === null ? {} : { simulate }),
  };
}

/** A configured scene of files as `openScene` takes it. */
export function sceneOptions(name: string, { sources, labels, grid }: FileSceneConfig): SceneOptions {
  const { file, field, allTouched, join, unlabelled, minPixels, classes } = labels;
  return {
    name,
    ...(grid === null ? {} : { grid }),
    sources: Object.entries(sources).map(([key, source]) => sourceOptions(key, source)),
    labels: {
      file,
      allTouched,
      minPixels,
      ...(field === null ? {} : { field }),
      ...(join === null ? {} : { join }),
      ...(unlabelled === null ? {} : { unlabelled }),
      classes: Object.entries(classes).map(
        ([code, { name, color }]): ClassOptions => ({
          code: Number(code),
          ...(name === null ? {} : { name }),
          ...(color === null
            ? {}
            : {
                color: [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16)) as unknown as [
                  number,
                  number,
                  number,
                ],
              }),
        }),
      ),
    },
  };
}
