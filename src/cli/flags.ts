/** @file Every key of a configuration as a flag, from its schema, and the short flags of daily use. */
import { type Command, InvalidArgumentError, type Option } from "commander";
import { ConfigError, type DeviceChoice, deviceChoices } from "../tensor/index.ts";
import { type ConfigKey, configKeys, type Override } from "../train/index.ts";
import { flag as optionOf } from "./command.ts";

const dailyGroup = "Flags:";
const keyGroup = "Every key of a configuration, as a flag (lists with commas, null as null):";

/** What a flag's text says, as a value of YAML would; a text that is no such value is left to the schema to refuse. */
export function flagValue(key: ConfigKey, text: string): unknown {
  if (key.isNullable && text === "null") return null;
  if (key.isList) return text === "" ? [] : text.split(",").map((one) => scalarOf(key, one.trim()));
  return scalarOf(key, text);
}

const switches: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["false", false],
]);

function scalarOf({ type }: ConfigKey, text: string): unknown {
  if (type === "boolean") return switches.get(text) ?? text;
  if (type === "string") return text;
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** One source as on the command line: `name=FILE` or `name:kind=FILE`. */
export interface GivenSource {
  readonly name: string;
  readonly kind: string | null;
  readonly file: string;
}

/** @throws InvalidArgumentError if the text is not of that form */
export function parseSource(text: string): GivenSource {
  const parts = /^([^=:]+)(?::([^=]*))?=(.+)$/s.exec(text);
  if (parts === null) throw new InvalidArgumentError(`expected NAME=FILE or NAME:KIND=FILE; got "${text}"`);
  return { name: parts[1]!, kind: parts[2] ?? null, file: parts[3]! };
}

type Given = Omit<Override, "flag">;

/** A flag, and the keys that it sets. */
interface ConfigFlag {
  /** `--labels <file>` */
  readonly flags: string;
  readonly meaning: string;
  /** @param before  texts of the same flag so far */
  readonly given: (text: string, before: readonly string[]) => readonly Given[];
}

function keyOfPath(path: string): ConfigKey {
  return configKeys.find((key) => key.path.join(".") === path)!;
}

function sets(...paths: readonly string[]): (text: string) => readonly Given[] {
  return (text) => paths.map((path) => ({ path: path.split("."), value: flagValue(keyOfPath(path), text) }));
}

const deviceMeaning = "where to compute: cpu, webgpu, cuda, or auto for the faster of the first two (default: cpu)";

const daily: readonly ConfigFlag[] = [
  {
    flags: "--source <name=FILE>",
    meaning:
      "a source and its raster; repeat for every source, and for more files of one; NAME:KIND=FILE tells its kind (hsi, sar, lidar …)",
    given: (text, before) => {
      const { name, kind, file } = parseSource(text);
      const path = ["scene", "sources", name];
      const earlier = before.map(parseSource).filter((one) => one.name === name);
      return [
        { path: [...path, "file"], value: [...earlier.map((one) => one.file), file] },
        ...(kind === null ? [] : [{ path: [...path, "kind"], value: kind }]),
      ];
    },
  },
  {
    flags: "--labels <file>",
    meaning: "raster of class codes, or polygons and points with their class",
    given: sets("scene.labels.file"),
  },
  {
    flags: "--label-field <name>",
    meaning: "attribute of polygons and points that holds the class (default: the only one)",
    given: sets("scene.labels.field"),
  },
  {
    flags: "--unlabelled <codes>",
    meaning: "codes that mean no label, as 0,255 (default: nodata, 0 and negative codes)",
    given: sets("scene.labels.unlabelled"),
  },
  {
    flags: "--split <rule>",
    meaning: "which pixels train and which test, as blocks:28 or perClass:20",
    given: sets("split.rule"),
  },
  {
    flags: "--per-class <number>",
    meaning: "most training pixels of a class (default: all of the split)",
    given: sets("split.perClass"),
  },
  { flags: "--seed <number>", meaning: "seed of training and split (default: 0)", given: sets("seed", "split.seed") },
  {
    flags: "--split-seed <number>",
    meaning: "seed of the split, where it is to be another",
    given: sets("split.seed"),
  },
  {
    flags: "--baseline <name>",
    meaning: `method to compare with: ${keyOfPath("baselines").choices!.join(", ")}; repeat for several`,
    given: (text, before) => [{ path: ["baselines"], value: [...before, text] }],
  },
  { flags: "--out <dir>", meaning: "folder of the run (default: runs/NAME)", given: sets("out") },
  { flags: "--threads <number>", meaning: "threads to compute with (default: all cores)", given: sets("threads") },
  { flags: "--device <name>", meaning: deviceMeaning, given: sets("device") },
];

const simulateFlag = {
  flags: "--simulate <sensor:source>",
  meaning:
    "a source of a simulated sensor (pan, rgb, msi) from the bands of another, as pan:hsi or NAME=pan:hsi; repeatable",
};

/** A simulated sensor beside the source that it is simulated from: the same files and settings, but for the kind. */
function simulatedFrom(text: string, given: readonly Override[]): Override[] {
  const [, name, sensor, source] = /^(?:([^=:]+)=)?([^=:]+):([^=:]+)$/.exec(text) ?? [];
  if (sensor === undefined)
    throw new ConfigError("--simulate", `expected SENSOR:SOURCE, as pan:hsi; got "${text}"`, text);
  const own = ["scene", "sources", name ?? sensor];
  const copied = given.filter(({ path }) => path[1] === "sources" && path[2] === source && path[3] !== "kind");
  if (copied.length === 0)
    throw new ConfigError("--simulate", `expected --source ${source}=FILE beside it; got none`, text);
  return [
    ...copied.map((one) => ({ ...one, path: [...own, ...one.path.slice(3)] })),
    { path: [...own, "simulate"], value: sensor, flag: "--simulate" },
  ];
}

const longOf = (flags: string): string => flags.split(" ")[0]!;
const dailyNames: ReadonlySet<string> = new Set(daily.map(({ flags }) => longOf(flags)));

/** `3`, `1,5,11`, `null`. */
function defaultText(value: unknown): string {
  return Array.isArray(value) ? value.join(",") || "none" : String(value);
}

function meaningOf({ meaning, choices, isList, default: value }: ConfigKey): string {
  const isTold = choices?.every((choice) => meaning.includes(choice)) ?? true;
  const all = isTold ? meaning : `${meaning}; ${isList ? "any" : "one"} of ${choices!.join(", ")}`;
  const words =
    all[0]!.toLowerCase() === all[0] || all[1] === all[1]!.toUpperCase() ? all : all[0]!.toLowerCase() + all.slice(1);
  return value === undefined ? words : `${words} (default: ${defaultText(value)})`;
}

/** The flag of a key, or of one key below a placeholder: `--scene.sources.s2.bands`. */
function keyFlag(key: ConfigKey, path: readonly string[]): ConfigFlag {
  return {
    flags: `--${path.join(".")} <${key.isList ? "list" : key.isPath ? "file" : key.type === "string" ? "text" : key.type}>`,
    meaning: meaningOf(key),
    // A flag of files may be given again for each of them.
    given: (text, before) => {
      const isFiles = key.isList && key.isPath;
      return [{ path, value: isFiles ? [...before, text] : flagValue(key, text) }];
    },
  };
}

/** Keys of sources and classes that the command line names, such as `--scene.sources.s2.bands`. */
function namedFlags(argv: readonly string[]): ConfigFlag[] {
  const words = new Set(
    argv.filter((word) => word.startsWith("--scene.")).map((word) => word.slice(2).replace(/=.*$/s, "")),
  );
  return [...words].flatMap((word) => {
    const path = word.split(".");
    const key = configKeys.find(
      (known) =>
        known.path.length === path.length &&
        known.path.some((part) => part.startsWith("<")) &&
        known.path.every((part, at) => part.startsWith("<") || part === path[at]),
    );
    return key === undefined || path.some((part) => part.startsWith("<") || part === "") ? [] : [keyFlag(key, path)];
  });
}

/**
 * Give a command the flags of a configuration.
 *
 * @param isListed  whether the help lists a flag, by its name with dashes
 * @returns what was given, in the order of the command line, once that is parsed
 */
export function addConfigFlags(
  command: Command,
  argv: readonly string[],
  isListed: (flag: string) => boolean = () => true,
): () => readonly Override[] {
  const given: Override[] = [];
  const add = ({ flags, meaning, given: read }: ConfigFlag, group: string): Option => {
    const before: string[] = [];
    const option = optionOf(flags, meaning, group).argParser((text: string) => {
      given.push(...read(text, before).map((one) => ({ ...one, flag: longOf(flags) })));
      before.push(text);
      return text;
    });
    command.addOption(isListed(longOf(flags)) ? option : option.hideHelp());
    return option;
  };
  for (const flag of daily) add(flag, dailyGroup);
  for (const key of configKeys) {
    const flag = keyFlag(key, key.path);
    if (!dailyNames.has(longOf(flag.flags))) add(flag, keyGroup);
  }
  for (const flag of namedFlags(argv)) add(flag, keyGroup).hideHelp();
  const simulated: string[] = [];
  const { flags, meaning } = simulateFlag;
  const option = optionOf(flags, meaning, dailyGroup).argParser((text: string) => simulated.push(text));
  command.addOption(isListed(longOf(flags)) ? option : option.hideHelp());
  return () => {
    for (const text of simulated.splice(0)) given.push(...simulatedFrom(text, given));
    const isSplitSeed = ({ path, flag }: Override): boolean => path.join(".") === "split.seed" && flag !== "--seed";
    const hasSplitSeed = given.some(isSplitSeed);
    return given.filter((one) => !hasSplitSeed || one.path.join(".") !== "split.seed" || isSplitSeed(one));
  };
}

/** The flag of commands that compute without a configuration. */
export function deviceFlag(): Option {
  return optionOf("--device <name>", deviceMeaning).argParser((text: string): DeviceChoice => {
    const known = deviceChoices.find((choice) => choice === text);
    if (known !== undefined) return known;
    throw new InvalidArgumentError(`expected one of ${deviceChoices.join(", ")}; got "${text}"`);
  });
}

/** An integer from 0 as a flag's value. @throws InvalidArgumentError */
export function wholeNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`expected an integer ≥ 0; got "${text}"`);
}

/** Files by the name of their source, of a flag that is repeated for every file of another scene. @throws InvalidArgumentError */
export function addSource(
  text: string,
  before: Readonly<Record<string, readonly string[]>> = {},
): Record<string, readonly string[]> {
  const { name, kind, file } = parseSource(text);
  if (kind !== null) throw new InvalidArgumentError(`expected NAME=FILE, the kind is that of the run; got "${text}"`);
  return { ...before, [name]: [...(before[name] ?? []), file] };
}
