/** @file Tables of scores as text: aligned for the terminal, or as Markdown. */
import type { Labels, Split } from "../scene/index.ts";
import type { NamedClassScores, NamedScores } from "./metrics.ts";
import { spread } from "./scores.ts";
import { splitColumns, splitCounts } from "./split-counts.ts";

/** How {@link formatTable} writes. */
export type TableStyle = "plain" | "markdown";

/**
 * Rows of text as an aligned table; the first column is set left, all others, which hold numbers, right.
 *
 * @param head  one heading a column
 */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  style: TableStyle = "plain",
): string {
  const isMarkdown = style === "markdown";
  const lines = [head, ...rows].map((cells) => cells.map((cell) => (isMarkdown ? markdownCell(cell) : oneLine(cell))));
  const widths = head.map((_, column) => Math.max(3, ...lines.map((cells) => widthOf(cells[column]!))));
  const padded = lines.map((cells) =>
    cells.map((cell, column) => {
      const blank = " ".repeat(widths[column]! - widthOf(cell));
      return column === 0 ? cell + blank : blank + cell;
    }),
  );
  const rule = widths.map((width, column) =>
    isMarkdown && column > 0 ? `${"-".repeat(width - 1)}:` : (isMarkdown ? "-" : "─").repeat(width),
  );
  return [padded[0]!, rule, ...padded.slice(1)]
    .map((cells) => (isMarkdown ? `| ${cells.join(" | ")} |` : cells.join("  ").trimEnd()))
    .map((line) => `${line}\n`)
    .join("");
}

/** A fraction of 1 in per cent with two decimals; "–" where it is null. */
export function percent(share: number | null): string {
  return share === null ? "–" : (100 * share).toFixed(2);
}

/** Mean ± sample standard deviation of fractions of 1, in per cent; nulls make it "–". */
export function percentSpread(shares: readonly (number | null)[]): string {
  const known = shares.filter((share) => share !== null);
  if (known.length === 0 || known.length < shares.length) return "–";
  const { mean, deviation } = spread(known);
  return deviation === null ? percent(mean) : `${percent(mean)} ± ${percent(deviation)}`;
}

/** Methods below each other: overall accuracy, average accuracy and kappa, all × 100. */
export function methodTable(
  methods: readonly {
    readonly name: string;
    readonly scores: Pick<NamedScores, "overallAccuracy" | "averageAccuracy" | "kappa">;
  }[],
  style: TableStyle = "plain",
): string {
  const rows = methods.map(({ name, scores }) => [
    name,
    percent(scores.overallAccuracy),
    percent(scores.averageAccuracy),
    percent(scores.kappa),
  ]);
  return formatTable(["Method", "OA", "AA", "κ × 100"], rows, style);
}

/** Classes below each other: recall, precision and F1 in per cent, and the number of test pixels. */
export function classTable(perClass: readonly NamedClassScores[], style: TableStyle = "plain"): string {
  const rows = perClass.map(({ name, recall, precision, f1, support }) => [
    name,
    percent(recall),
    percent(precision),
    percent(f1),
    String(support),
  ]);
  return formatTable(["Class", "Recall", "Precision", "F1", "Test pixels"], rows, style);
}

function oneLine(cell: string): string {
  return cell.replace(/\s+/g, " ");
}

function markdownCell(cell: string): string {
  return oneLine(cell).replace(/[\\|`*_<[\]]/g, "\\$&");
}

/** Columns that text takes in a terminal: marks none, East Asian wide signs two. */
function widthOf(text: string): number {
  let width = 0;
  for (const sign of text.normalize("NFC")) {
    if (/\p{Mark}/u.test(sign)) continue;
    width += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u.test(sign)
      ? 2
      : 1;
  }
  return width;
}

/** Labelled pixels of each class, and how many of them train, validate and test; below, their sums. */
export function splitTable(split: Split, labels: Labels, style: TableStyle = "plain"): string {
  const counts = splitCounts(split, labels);
  const rows = labels.classes.map(({ name }, at) => [name, ...splitColumns.map((column) => counts[at]![column])]);
  const sums = ["all", ...splitColumns.map((column) => counts.reduce((sum, count) => sum + count[column], 0))];
  return formatTable(
    ["class", ...splitColumns],
    [...rows, sums].map((cells) => cells.map(String)),
    style,
  );
}
