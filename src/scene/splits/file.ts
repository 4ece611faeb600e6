/** @file A split as a JSON file: rule, seed, grid and the pixel indices of each part, for any tool to use again. */
import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { FormatError } from "../../tensor/index.ts";
import type { Split } from "../split.ts";

/** The grid on which a split's pixel indices count. */
export interface PixelGrid {
  readonly height: number;
  readonly width: number;
}

const kind = "symdiffuser split";
const pixels = z.array(z.int().min(0));

const layout = z.strictObject({
  kind: z.literal(kind),
  rule: z.string(),
  seed: z.int().min(0),
  height: z.int().min(1),
  width: z.int().min(1),
  train: pixels,
  validation: pixels,
  test: pixels,
});

const parts = ["train", "validation", "test"] as const;

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
    if (index >= size) return `expected pixel indices below ${size} in "${part}"; got ${index}`;
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
  const parsed = layout.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const where = issue.path.length === 0 ? "the file" : `"${issue.path.join(".")}"`;
    throw new FormatError(file, `expected a split file; ${where}: ${issue.message}`, { cause: parsed.error });
  }
  const { rule, seed, height, width } = parsed.data;
  if (grid !== undefined && (grid.height !== height || grid.width !== width)) {
    throw new FormatError(
      file,
      `expected a split for ${grid.height} rows and ${grid.width} columns; got one for ${height} and ${width}`,
    );
  }
  const owner = new Map<number, string>();
  for (const part of parts) {
    const message = fault(part, parsed.data[part], height * width, owner);
    if (message !== null) throw new FormatError(file, message);
  }
  return {
    rule,
    seed,
    train: Int32Array.from(parsed.data.train),
    validation: Int32Array.from(parsed.data.validation),
    test: Int32Array.from(parsed.data.test),
  };
}
