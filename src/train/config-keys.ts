/** @file The keys of a configuration as a table, from its schema: for flags, messages, documentation and editors. */
import { z } from "zod";
import { configSchema } from "./config-schema.ts";

/** The part of JSON Schema that the configuration's schema is written in. */
interface Node {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly properties?: Readonly<Record<string, Node>>;
  /** Of a record: every value. */
  readonly additionalProperties?: Node | boolean;
  readonly required?: readonly string[];
  /** The key that a plain text stands for: `s2: FILE` is `s2: { file: FILE }`. */
  readonly shorthand?: string;
  /** Of a record: what its keys are. */
  readonly each?: string;
  readonly isPath?: boolean;
  /** Of a list: one value alone stands for a list of it. */
  readonly isSingle?: boolean;
}

const root = z.toJSONSchema(configSchema, { io: "input", unrepresentable: "any" }) as Node;

/** Something with a value of its own, as `head.count`. */
export interface ConfigKey {
  /** `<name>` stands for any name of a source, `<code>` for any class code. */
  readonly path: readonly string[];
  readonly type: "boolean" | "integer" | "number" | "string";
  readonly isList: boolean;
  readonly isNullable: boolean;
  /** A file or folder. */
  readonly isPath: boolean;
  /** Null where any value of the type may be given. */
  readonly choices: readonly string[] | null;
  /** Undefined where the default depends on other keys or there is none. */
  readonly default: unknown;
  readonly meaning: string;
}

const plainTypes = ["boolean", "integer", "number", "string"] as const;

/** A node without the `null` that it may be. */
function withoutNull(node: Node): { readonly node: Node; readonly isNullable: boolean } {
  const types = [node.type ?? []].flat();
  if (types.includes("null"))
    return { node: { ...node, type: types.filter((one) => one !== "null")[0]! }, isNullable: true };
  const others = node.anyOf?.filter((one) => one.type !== "null");
  if (node.anyOf && others?.length === 1) return { node: { ...node, ...others[0] }, isNullable: true };
  return { node, isNullable: false };
}

/** Children by key: those of all alternatives; those of a record below a placeholder. */
function children(node: Node): [string, Node][] {
  const own = Object.entries(node.properties ?? {});
  const each: [string, Node][] =
    typeof node.additionalProperties === "object" ? [[`<${node.each}>`, node.additionalProperties]] : [];
  return [...own, ...each, ...(node.anyOf ?? []).flatMap(children)];
}

function* leaves(given: Node, path: readonly string[]): Generator<ConfigKey> {
  const below = children(given);
  if (below.length > 0) {
    for (const [key, child] of below) yield* leaves(child, [...path, key]);
    return;
  }
  const { node, isNullable } = withoutNull(given);
  const value = node.items ?? node;
  yield {
    path,
    type: plainTypes.find((type) => type === value.type)!,
    isList: node.items !== undefined,
    isNullable,
    isPath: value.isPath ?? false,
    choices: value.enum ?? null,
    default: given.default,
    meaning: given.description ?? "",
  };
}

/** All keys that hold a value, in the order of the schema. */
export const configKeys: readonly ConfigKey[] = [...leaves(root, [])];

/** The keys that may stand below a path, null where any may. */
export function knownKeys(path: readonly PropertyKey[]): readonly string[] | null {
  const found = nodeAt(path);
  if (found === null || typeof found.additionalProperties === "object") return null;
  return children(found).map(([key]) => key);
}

function child(node: Node, key: string): Node | null {
  if (node.properties && Object.hasOwn(node.properties, key)) return node.properties[key]!;
  if (typeof node.additionalProperties === "object") return node.additionalProperties;
  for (const one of node.anyOf ?? []) {
    const found = child(one, key);
    if (found !== null) return found;
  }
  return null;
}

function nodeAt(path: readonly PropertyKey[]): Node | null {
  return path.reduce<Node | null>((node, key) => node && child(node, String(key)), root);
}

/** Whether a value is a plain object, as YAML's maps are. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * What people wrote, with shorthands written out and paths made absolute; whatever the schema does not know stays.
 *
 * @param absolute  of a path as written
 */
export function normalised(value: unknown, absolute: (path: string) => string): unknown {
  const walk = (given: unknown, at: Node | null): unknown => {
    if (at === null) return given;
    const { node } = withoutNull(at);
    if (typeof given === "string" && node.shorthand) return walk({ [node.shorthand]: given }, node);
    if (typeof given === "string" && given !== "" && node.isPath) return absolute(given);
    if (node.items && Array.isArray(given)) return given.map((one) => walk(one, node.items!));
    if (node.isSingle && typeof given === "string") return [walk(given, node.items!)];
    if (!isMap(given)) return given;
    return Object.fromEntries(Object.entries(given).map(([key, one]) => [key, walk(one, child(node, key))]));
  };
  return walk(value, root);
}

/** `head.count`; names that hold dots are not written differently. */
export function keyText(path: readonly PropertyKey[]): string {
  return path
    .map((key, at) => (typeof key === "number" ? `[${key}]` : `${at === 0 ? "" : "."}${String(key)}`))
    .join("");
}

/** JSON Schema of a configuration file, for editors: with shorthands, descriptions and defaults. */
export function jsonSchema(): Record<string, unknown> {
  return publishedSchema(root, "Configuration of a run of symdiffuser", ["scene"]);
}

/** A schema made from one of ours, for editors. @param required  keys that people must write */
export function publishedSchema(schema: object, title: string, required: readonly string[]): Record<string, unknown> {
  const publish = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(publish);
    if (!isMap(node)) return node;
    const { shorthand, isSingle, each: _each, isPath: _isPath, description, ...rest } = node;
    const isNamed = isMap(rest["properties"]);
    const entries = Object.entries(rest)
      .filter(([key, value]) => !isNoise(key, value, isNamed))
      .map(([key, value]) => [key, key === "properties" ? publishEach(value) : publish(value)]);
    const published = Object.fromEntries(entries);
    const told = typeof description === "string" ? { description } : {};
    if (isSingle === true) return { ...told, anyOf: [published["items"], published] };
    return shorthand === undefined
      ? { ...told, ...published }
      : { ...told, anyOf: [{ type: "string", description: `Short for ${shorthand}` }, published] };
  };
  const publishEach = (properties: unknown): unknown =>
    Object.fromEntries(Object.entries(properties as Record<string, unknown>).map(([key, one]) => [key, publish(one)]));
  const { $schema, required: _required, ...rest } = publish(schema) as Record<string, unknown>;
  return { $schema, title, ...rest, required };
}

/** Bounds that every safe integer keeps, and defaults `{}` that say nothing. */
function isNoise(key: string, value: unknown, isNamed: boolean): boolean {
  if (key === "maximum" || key === "minimum") return Math.abs(value as number) === Number.MAX_SAFE_INTEGER;
  return key === "default" && isMap(value) && (isNamed || Object.keys(value).length === 0);
}
