/** @file A split as a JSON file: rule, seed, grid and the pixel indices of each part, for any tool to use again. */
import { readFileSync, writeFileSync } from "node:fs";
import { FormatError } from "../../tensor/index.ts";
import type { Split } from "../split.ts";

/** The grid on which a split's pixel indices count. */
export interface PixelGrid {
  readonly height: number;
  readonly width: number;
}

const kind = "symdiffuser split";
const parts = ["train", "validation", "test"] as const;

/** The keys of a split file. */
interface Layout extends PixelGrid, Readonly<Record<(typeof parts)[number], readonly number[]>> {
  readonly kind: typeof kind;
  readonly rule: string;
  readonly seed: number;
}

/** What the value of a key must be, in words and as a test. */
interface Rule {
  readonly expected: string;
  readonly fits: (value: unknown) => boolean;
}

const integer = (least: number): Rule => ({
  expected: `an integer ≥ ${least}`,
  fits: (value) => Number.isSafeInteger(value) && (value as number) >= least,
});
const pixels: Rule = {
  expected: "a list of pixel indices",
  fits: Array.isArray,
};
const layout: Readonly<Record<keyof Layout, Rule>> = {
  kind: { expected: `"${kind}"`, fits: (value) => value === kind },
  rule: { expected: "a text", fits: (value) => typeof value === "string" },
  seed: integer(0),
  height: integer(1),
  width: integer(1),
  train: pixels,
  validation: pixels,
  test: pixels,
};

/** The first thing wrong with what a file holds, or null. */
function misfit(json: unknown): string | null {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return "expected a split file; got other JSON";
  const values = new Map(Object.entries(json));
  for (const [key, { expected, fits }] of Object.entries(layout)) {
    const value = values.get(key);
    if (fits(value)) continue;
    const got = values.has(key) ? JSON.stringify(value).slice(0, 40) : "none";
    return `expected a split file with ${expected} as "${key}"; got ${got}`;
  }
  const unknown = [...values.keys()].find((key) => !Object.hasOwn(layout, key));
  return unknown === undefined
    ? null
    : `expected a split file with the keys ${Object.keys(layout).join(", ")}; got "${unknown}", too`;
}

/** Write a split; indices are `row · width + col`. */
export function writeSplit(file: string, split: Split, grid: PixelGrid): void {
  const { rule, seed } = split;
  const head = { kind, rule, seed, height: grid.height, width: grid.width };
  const lines = [
    ...Object.entries(head).map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`),
    ...parts.map((part) => `  "${part}": [${split[part].join(", ")}]`),
  ];
  writeFileSync(file, `{\n${lines.join(",\n")}\n}\n`);
}

/** The first thing wrong with the indices of one part, or null. */
function fault(part: string, indices: readonly number[], size: number, owner: Map<number, string>): string | null {
  let last = -1;
  for (const index of indices) {
    const isPixel = integer(0).fits(index) && index < size;
    if (!isPixel) return `expected pixel indices below ${size} in "${part}"; got ${JSON.stringify(index)}`;
    if (index <= last) return `expected ascending pixel indices in "${part}"; got ${index} after ${last}`;
    const other = owner.get(index);
    if (other !== undefined) return `expected each pixel in one part; got ${index} in "${other}" and "${part}"`;
    owner.set(index, part);
    last = index;
  }
  return null;
}

/**
 * Read a split.
 *
 * @param grid  the grid that the split must be for; without it, any
 * @throws FormatError if the file is not a split, or not for this grid
 */
export function readSplit(file: string, grid?: PixelGrid): Split {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new FormatError(file, "expected a readable file; got none", { cause });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FormatError(file, "expected JSON; got something else or a truncated file", { cause });
  }
  const message = misfit(json);
  if (message !== null) throw new FormatError(file, message);
  const { rule, seed, height, width, ...indices } = json as Layout;
  if (grid !== undefined && (grid.height !== height || grid.width !== width)) {
    throw new FormatError(
      file,
      `expected a split for ${grid.height} rows and ${grid.width} columns; got one for ${height} and ${width}`,
    );
  }
  const owner = new Map<number, string>();
  for (const part of parts) {
    const found = fault(part, indices[part], height * width, owner);
    if (found !== null) throw new FormatError(file, found);
  }
  return {
    rule,
    seed,
    train: Int32Array.from(indices.train),
    validation: Int32Array.from(indices.validation),
    test: Int32Array.from(indices.test),
  };
}
