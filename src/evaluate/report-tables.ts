/** @file The tables of a report: methods, confusion matrix, classes, split, and lists of names and values. */
import { cssColor, type Html, html } from "./html.ts";
import type { NamedScores } from "./metrics.ts";
import type { ReportData, ReportMethod, ReportSplit } from "./report-data.ts";
import { margins } from "./scores.ts";
import { splitColumns } from "./split-counts.ts";
import { percent, percentSpread } from "./table.ts";

type Classes = ReportData["classes"];

/** Thousands set off by a thin space. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, "\u2009");
}

/** A class's colour as a small square. */
export function swatch(color: ArrayLike<number>): Html {
  return html`<i class="swatch" style="background:${cssColor(color)}"></i>`;
}

/** Methods below each other, the best number of each column in bold. */
export function methodsTable(methods: readonly ReportMethod[]): Html {
  const columns = [
    ["Overall accuracy (%)", "overallAccuracy"],
    ["Average accuracy (%)", "averageAccuracy"],
    ["Kappa × 100", "kappa"],
  ] as const;
  const means = methods.map(({ scores, perSeed }) =>
    columns.map(([, field]) => {
      const values = perSeed && perSeed.length > 1 ? perSeed.map((seed) => seed[field]) : [scores[field]];
      return {
        mean: values.reduce<number>((sum, value) => sum + (value ?? 0), 0) / values.length,
        text: percentSpread(values),
      };
    }),
  );
  const best = columns.map((_, column) => Math.max(...means.map((row) => row[column]!.mean)));
  const isTested = methods.some(({ mcnemar }) => mcnemar !== undefined);
  return html`<div class="scroll"><table class="methods">
<thead><tr><th scope="col">Method</th>${columns.map(([name]) => html`<th scope="col">${name}</th>`)}${
    isTested ? html`<th scope="col">McNemar’s test</th>` : null
  }</tr></thead>
<tbody>${methods.map(
    ({ name, mcnemar }, row) => html`
<tr${row === 0 ? html` class="own"` : null}><th scope="row">${name}</th>${means[row]!.map(
      ({ mean, text }, column) =>
        html`<td${methods.length > 1 && mean === best[column] ? html` class="best"` : null}>${text}</td>`,
    )}${isTested ? html`<td class="soft">${mcnemar ? significance(mcnemar.pValue) : null}</td>` : null}</tr>`,
  )}</tbody></table></div>`;
}

function significance(pValue: number): string {
  return pValue < 0.001 ? "p < 0.001" : `p = ${pValue.toFixed(3)}`;
}

/** Rows are true classes, columns predictions; the margins hold recall, precision and overall accuracy. */
export function confusionTable({ confusion, perClass, overallAccuracy }: NamedScores, classes: Classes): Html {
  const { truths } = margins(confusion);
  const name = (index: number): string => classes[index]?.name ?? perClass[index]!.name;
  const color = (index: number): Html | null => (classes[index] ? swatch(classes[index].color) : null);
  return html`<div class="scroll"><table class="confusion">
<thead><tr><th class="corner"><span>truth ↓ &nbsp; prediction →</span></th>${perClass.map(
    (_, column) => html`<th scope="col"><span>${color(column)}${name(column)}</span></th>`,
  )}<th scope="col" class="margin"><span>Recall</span></th></tr></thead>
<tbody>${confusion.map(
    (counts, row) => html`
<tr><th scope="row">${color(row)}${name(row)}</th>${counts.map((count, column) =>
      count === 0
        ? html`<td class="zero">·</td>`
        : html`<td class="${row === column ? "hit" : "miss"}" style="--share:${shade(count / truths[row]!, row === column)}%" title="${name(row)} → ${name(column)}: ${count} of ${truths[row]!}">${grouped(count)}</td>`,
    )}<td class="margin">${margin(perClass[row]!.recall)}</td></tr>`,
  )}</tbody>
<tfoot><tr><th scope="row">Precision</th>${perClass.map(({ precision }) => html`<td>${margin(precision)}</td>`)}<td class="margin total" title="Overall accuracy">${margin(overallAccuracy)}</td></tr></tfoot>
</table></div>`;
}

/** One decimal is enough beside the matrix; the table of classes has two. */
function margin(share: number | null): string {
  return share === null ? "–" : (100 * share).toFixed(1);
}

/** Strength of a cell's colour in per cent; small shares of errors are lifted, they are what one looks for. */
function shade(share: number, isHit: boolean): number {
  return Math.round(isHit ? 12 + 88 * share : 12 + 88 * Math.sqrt(share));
}

/** Recall, precision, F1 as bars, and support, below each other by class. */
export function classesTable({ perClass }: NamedScores, classes: Classes): Html {
  const bar = (share: number | null): Html =>
    share === null
      ? html`<td class="soft">–</td>`
      : html`<td><span class="bar"><i style="width:${(100 * share).toFixed(1)}%"></i></span><span class="value">${percent(share)}</span></td>`;
  return html`<div class="scroll"><table class="classes">
<thead><tr><th scope="col">Class</th><th scope="col">Recall (%)</th><th scope="col">Precision (%)</th><th scope="col">F1 (%)</th><th scope="col">Test pixels</th></tr></thead>
<tbody>${perClass.map(
    (of, index) => html`
<tr><th scope="row">${classes[index] ? swatch(classes[index].color) : null}${of.name}</th>${bar(of.recall)}${bar(of.precision)}${bar(of.f1)}<td>${grouped(of.support)}</td></tr>`,
  )}</tbody></table></div>`;
}

/** Pixels of each class that are labelled, and those that train, validate and test. */
export function splitTable(perClass: NonNullable<ReportSplit["perClass"]>, classes: Classes): Html {
  const columns = splitColumns.filter(
    (column) => column !== "validation" || perClass.some(({ validation }) => validation > 0),
  );
  const heads = { labelled: "Labelled", train: "Training", validation: "Validation", test: "Test" };
  return html`<div class="scroll"><table>
<thead><tr><th scope="col">Class</th>${columns.map((column) => html`<th scope="col">${heads[column]}</th>`)}</tr></thead>
<tbody>${perClass.map(
    (counts, index) => html`
<tr><th scope="row">${swatch(classes[index]!.color)}${classes[index]!.name}</th>${columns.map((column) => html`<td>${grouped(counts[column])}</td>`)}</tr>`,
  )}</tbody>
<tfoot><tr><th scope="row">All</th>${columns.map((column) => html`<td>${grouped(perClass.reduce((sum, counts) => sum + counts[column], 0))}</td>`)}</tr></tfoot></table></div>`;
}

/** Names and values below each other. */
export function valuesTable(title: string, values: readonly (readonly [string, string])[]): Html {
  return html`<table class="values"><caption>${title}</caption><tbody>${values.map(
    ([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`,
  )}</tbody></table>`;
}
