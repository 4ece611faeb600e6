/** @file Tables of comparisons as text: Markdown, LaTeX, CSV. */
import type { PaperTable, PaperValue } from "./paper-table.ts";
import type { Spread } from "./scores.ts";
import { formatTable, percent } from "./table.ts";

/** `90.42 ± 0.31` in per cent. */
export function spreadText({ mean, deviation }: Spread): string {
  return deviation === null ? percent(mean) : `${percent(mean)} ± ${percent(deviation)}`;
}

/** What a cell of a table prints. */
export function valueText({ spread, text }: PaperValue): string {
  return text ?? (spread === null ? "–" : spreadText(spread));
}

/** As Markdown: a heading, the table with the best of each row in bold, the notes. */
export function markdownOf({ title, columns, rows, notes }: PaperTable): string {
  // Asterisks in names are escaped; these, as wide as they end up, are not.
  const bold = "\u0001\u0002";
  const cells = rows.map(({ name, values }) => [
    name,
    ...values.map((value) => (value.isBest ? `${bold}${valueText(value)}${bold}` : valueText(value))),
  ]);
  const table = formatTable(["", ...columns], cells, "markdown").replaceAll(bold, "**");
  return `## ${title}\n\n${table}\n${notes.map((note) => `${note}\n`).join("")}`;
}

const latexSigns: ReadonlyMap<string, string> = new Map([
  ...[..."&%$#_{}"].map((sign) => [sign, `\\${sign}`] as const),
  ["~", "\\textasciitilde{}"],
  ["^", "\\textasciicircum{}"],
  ["\\", "\\textbackslash{}"],
  ["±", "$\\pm$"],
  ["κ", "$\\kappa$"],
  ["×", "$\\times$"],
  ["−", "$-$"],
  ["–", "--"],
  ["<", "$<$"],
  [">", "$>$"],
]);

/** Text as LaTeX prints it. */
export function latexText(text: string): string {
  return [...text.replace(/\s+/g, " ")].map((sign) => latexSigns.get(sign) ?? sign).join("");
}

/** As LaTeX, a float with the package booktabs; the best of each row in bold. */
export function latexOf({ title, columns, rows, notes }: PaperTable): string {
  const line = (cells: readonly string[]): string => `    ${cells.join(" & ")} \\\\\n`;
  const body = rows.map(({ name, kind, values }, at) => {
    const rule = at > 0 && rows[at - 1]!.kind !== kind ? "    \\midrule\n" : "";
    const cells = values.map((value) => {
      const text = latexText(valueText(value));
      return value.isBest ? `\\textbf{${text}}` : text;
    });
    return rule + line([latexText(name), ...cells]);
  });
  return [
    "\\begin{table}\n  \\centering\n",
    `  \\caption{${latexText([title, ...notes].map((part) => part.replace(/\.$/, "")).join(". "))}.}\n`,
    `  \\begin{tabular}{l${"r".repeat(columns.length)}}\n    \\toprule\n`,
    line(["", ...columns.map(latexText)]),
    "    \\midrule\n",
    ...body,
    "    \\bottomrule\n  \\end{tabular}\n\\end{table}\n",
  ].join("");
}

/** A field as RFC 4180 has it. */
function field(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** As CSV: a line for each number, means and deviations as fractions of 1. @see RFC 4180 */
export function csvOf(tables: readonly PaperTable[]): string {
  const lines = tables.flatMap(({ title, rows }) =>
    rows.flatMap(({ name, values }) =>
      values.map(({ column, spread, text }) => {
        const [mean, deviation] = [spread?.mean ?? text ?? "", spread?.deviation ?? ""];
        return [title, name, column, String(mean), String(deviation)];
      }),
    ),
  );
  return [["table", "row", "column", "mean", "deviation"], ...lines]
    .map((cells) => `${cells.map(field).join(",")}\r\n`)
    .join("");
}
