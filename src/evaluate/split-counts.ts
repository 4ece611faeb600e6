/** @file How many pixels of each class are labelled, and how many of them train, validate and test. */
import type { Labels, Split } from "../scene/index.ts";
import { splitParts } from "./map-picture.ts";

/** What is counted, in the order of tables. */
export const splitColumns: readonly ["labelled", ...typeof splitParts] = ["labelled", ...splitParts];

/** Pixels of one class. */
export type SplitCount = Readonly<Record<(typeof splitColumns)[number], number>>;

/** One count a class, in order. */
export function splitCounts(split: Split, { data, classes }: Pick<Labels, "data" | "classes">): SplitCount[] {
  const count = (labels: Iterable<number>): Int32Array => {
    const found = new Int32Array(classes.length + 1);
    for (const label of labels) found[label]!++;
    return found;
  };
  const all = count(data);
  const [train, validation, test] = splitParts.map((part) => count(split[part].map((pixel) => data[pixel]!)));
  return classes.map((_, index) => {
    const k = index + 1;
    return { labelled: all[k]!, train: train![k]!, validation: validation![k]!, test: test![k]! };
  });
}
