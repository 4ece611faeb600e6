/** @file What a schema refuses, as the sentence that people read. */
import type { z } from "zod";
import type { ConfigFault } from "./config-checks.ts";
import { nearest } from "./nearest.ts";

export type Issue = z.core.$ZodIssue;

/**
 * The first thing that a schema refuses; unknown keys before all else, since they explain what is missing.
 *
 * @param raw        what was refused
 * @param knownKeys  the keys that may stand below a path, null where any may
 */
export function schemaFault(
  issues: readonly Issue[],
  raw: unknown,
  knownKeys: (path: readonly PropertyKey[]) => readonly string[] | null,
): ConfigFault {
  const unknown = issues.find((issue) => issue.code === "unrecognized_keys");
  if (unknown?.code === "unrecognized_keys") {
    const [key] = unknown.keys;
    const known = knownKeys(unknown.path) ?? [];
    const near = nearest(key!, known);
    const message = `unknown key; known are ${known.join(", ")}${near === null ? "" : ` — did you mean ${near}?`}`;
    return { path: [...unknown.path, key!], message, value: valueAt(raw, [...unknown.path, key!]) };
  }
  const { path, message, ...issue } = issues[0]!;
  if (issue.code === "invalid_key") {
    const key = path.at(-1);
    return { path: path.slice(0, -1), message: `expected ${issue.issues[0]!.message}; got ${shown(key)}`, value: key };
  }
  const value = valueAt(raw, path);
  return { path, message: `expected ${message}; got ${shown(value)}`, value };
}

/** What a union refused, as said by the one choice that the value is of the kind of; the issue itself where none is. */
export function ofKind(issue: Issue): Issue[] {
  if (issue.code !== "invalid_union") return [issue];
  const isOther = ({ code, path }: Issue): boolean =>
    path.length === 0 && (code === "invalid_type" || code === "invalid_value");
  const choice = issue.errors.find((issues) => !issues.some(isOther));
  return choice?.map((one) => ({ ...one, path: [...issue.path, ...one.path] })).flatMap(ofKind) ?? [issue];
}

/** What stands at a path; undefined where nothing does. */
export function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], raw);
}

/** A value as messages show it. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number") return String(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
