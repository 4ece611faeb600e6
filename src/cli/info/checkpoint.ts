/** @file What `symdiffuser info` tells of a checkpoint. */
import { formatTable } from "../../evaluate/index.ts";
import { type Checkpoint, readCheckpoint } from "../../tensor/index.ts";
import type { Tell } from "./tell.ts";

interface CheckpointDescription {
  readonly file: string;
  readonly arrays: readonly { readonly name: string; readonly dtype: string; readonly shape: readonly number[] }[];
  readonly metadata: Checkpoint["metadata"];
}

const longestText = 100;

function textOf({ file, arrays, metadata }: CheckpointDescription): string {
  const size = ({ shape }: { readonly shape: readonly number[] }): number => shape.reduce((a, b) => a * b, 1);
  const parts = new Map<string, { arrays: number; numbers: number }>();
  for (const array of arrays) {
    const part = partOf(array.name);
    const before = parts.get(part) ?? { arrays: 0, numbers: 0 };
    parts.set(part, { arrays: before.arrays + 1, numbers: before.numbers + size(array) });
  }
  const count = arrays.reduce((total, array) => total + size(array), 0);
  const rows = Array.from(parts, ([part, { arrays, numbers }]) => [part, String(arrays), String(numbers)]);
  const about = Object.entries(metadata).map(([name, value]) => `${name}: ${shortened(value)}\n`);
  return `${file}: ${arrays.length} arrays, ${count} numbers\n\n${formatTable(["Part", "Arrays", "Numbers"], rows)}\n${about.join("")}`;
}

/** `network.0` of `network.0.embed.bias`, `scale` of `scale.mean`. */
function partOf(name: string): string {
  return /^[^.]+(?:\.\d+)?/.exec(name)![0];
}

function shortened(text: string): string {
  const isLong = text.length > longestText || text.includes("\n");
  return isLong ? `${text.length} characters of text, whole with --json` : text;
}

export const tell: Tell = async (file) => {
  const { arrays, metadata } = await readCheckpoint(file);
  const description: CheckpointDescription = {
    file,
    arrays: Object.entries(arrays).map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
    metadata,
  };
  return { description, text: textOf(description) };
};
