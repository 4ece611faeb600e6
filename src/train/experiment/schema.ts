/** @file The keys of an experiment: methods × variants × sources × splits × seeds, on one scene or several. */
import { z } from "zod";
import { variantNames } from "../../symdiffuser/index.ts";
import { configKeys, publishedSchema } from "../config-keys.ts";
import { methodNames, ownMethod } from "../config-schema.ts";

/** Settings of a configuration, nested as in its file. */
export type Settings = Readonly<Record<string, unknown>>;

/** An experiment as people write it. */
export interface ExperimentKeys {
  readonly name: string;
  readonly scenes: string | readonly string[] | Readonly<Record<string, string | Settings>>;
  readonly settings: Settings;
  readonly methods: readonly string[] | Readonly<Record<string, Settings>>;
  readonly variants: readonly string[] | Readonly<Record<string, string | Settings>>;
  /** Null: all sources of a scene. */
  readonly sources: readonly (readonly string[])[] | null;
  readonly splits: readonly number[];
  readonly seeds: readonly number[];
  /** Of single methods, instead of `seeds`. */
  readonly seedsOf: Readonly<Record<string, readonly number[]>>;
  readonly out: string;
}

const known = variantNames.join(", ");
const name = z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N}._ +-]*$/u, "a name of letters, digits, spaces and . _ + -");
const settings = z.looseObject({}, "keys with values");
const file = z.string().min(1, "the file of a run's configuration");
/** At least one, by name. */
const some = <Value extends object>(of: z.ZodType<Value>): z.ZodType<Value> =>
  of.refine((one) => Object.keys(one).length > 0, "at least one, by name");
const method = z.enum(methodNames as [string, ...string[]], `one of ${methodNames.join(", ")}`);
/** Something for some methods, by name. */
const byMethod = <Value>(of: z.ZodType<Value>): z.ZodType<Readonly<Record<string, Value>>> =>
  z.partialRecord(method, of) as unknown as z.ZodType<Readonly<Record<string, Value>>>;
const seeds = (): z.ZodArray<z.ZodInt> =>
  z.array(z.int("an integer ≥ 0").min(0, "an integer ≥ 0"), "a list").min(1, "at least one number");

/** The schema of an experiment file. */
export const experimentSchema: z.ZodType<ExperimentKeys> = z.strictObject(
  {
    name: name.describe("Name of the experiment; by default that of its file"),
    scenes: z
      .union(
        [
          file,
          z.array(file, "a list").min(1, "at least one file"),
          some(z.record(name, z.union([file, settings], "a file, or a configuration written out"))),
        ],
        "the file of a run's configuration, a list of such files, or files or configurations by name",
      )
      .describe("Run configurations to start from: a file, several, or by name files or configurations written out"),
    settings: settings.default({}).describe("Settings that go before those of the scenes' configurations, in all runs"),
    methods: z
      .union(
        [z.array(method).min(1, "at least one method"), some(byMethod(settings))],
        `a list of ${methodNames.join(", ")}, or by name settings`,
      )
      .default([ownMethod])
      .describe("What is compared: a list of methods, or by name settings that each has of its own"),
    variants: z
      .union(
        [
          z.array(z.enum(variantNames, `one of ${known}`)).min(1, "at least one variant"),
          some(z.record(name, z.union([z.enum(variantNames), settings], `one of ${known}, or settings`))),
        ],
        `a list of ${known}, or by name one of these or settings`,
      )
      .default({ full: {} })
      .describe(`Variants of ${ownMethod}: a list of ${known}, or by name one of these or settings of one's own`),
    sources: z
      .array(z.array(z.string("the name of a source"), "a list of names").min(2, "two sources or more"), "a list")
      .min(1, "at least one set of sources")
      .nullable()
      .default(null)
      .describe("Sets of source names, each compared with the others; null: all sources of a scene"),
    splits: seeds().default([0]).describe("Seeds of the split"),
    seeds: seeds().default([0]).describe("Seeds of training, on every split"),
    seedsOf: byMethod(seeds()).default({}).describe("By name of a method, seeds of its training instead of these"),
    out: z
      .string("a folder")
      .min(1, "a folder")
      .describe("Folder of the experiment; by default runs/NAME in the current folder"),
  },
  "keys with values",
);

/** The keys that an experiment has. */
export const experimentKeys: readonly string[] = Object.keys((experimentSchema as unknown as z.ZodObject).shape);

/** JSON Schema of an experiment file, for editors; settings are those of `schema.json` beside it. */
export function experimentJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(experimentSchema, { io: "input", unrepresentable: "any" });
  const keys = [...new Set(configKeys.map(({ path }) => path[0]!))];
  const setting = {
    type: "object",
    properties: Object.fromEntries(keys.map((key) => [key, { $ref: `schema.json#/properties/${key}` }])),
    additionalProperties: false,
  };
  const isSettings = (node: unknown): boolean =>
    typeof node === "object" && node !== null && "properties" in node && Object.keys(node.properties!).length === 0;
  const filled = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(filled);
    if (typeof node !== "object" || node === null) return node;
    if (isSettings(node)) {
      const reference = { $ref: "#/$defs/settings" };
      return "description" in node ? { description: node.description, ...reference } : reference;
    }
    return Object.fromEntries(Object.entries(node).map(([key, one]) => [key, filled(one)]));
  };
  const title = "Experiment of symdiffuser: many runs, and their tables";
  return { ...publishedSchema(filled(schema) as object, title, ["scenes"]), $defs: { settings: setting } };
}
