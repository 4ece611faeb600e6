/** @file The report of a run: one HTML file that needs no other, no script and no network. */
import { colorAt } from "./color-map.ts";
import { aspectOf, figures } from "./figures.ts";
import { cssColor, dataUri, type Html, html, page } from "./html.ts";
import { lineChart } from "./line-chart.ts";
import { confidenceColors, splitColors, splitParts } from "./map-picture.ts";
import type { ReportData, ReportPicture, ReportSplit } from "./report-data.ts";
import { reportStyle } from "./report-style.ts";
import {
  classesTable,
  confusionTable,
  grouped,
  methodsTable,
  splitTable,
  swatch,
  valuesTable,
} from "./report-tables.ts";
import { uncertaintySection } from "./report-uncertainty.ts";
import { percent } from "./table.ts";

/** The text of `report.html`. */
export function renderReport(data: ReportData): string {
  const { title, summary, date, methods, classes, stages, configuration, command } = data;
  const own = methods?.[0];
  const header = html`<p class="kind">Land-cover classification${date ? ` · ${date}` : null}</p>
<h1>${title}</h1>
${summary ? html`<p class="summary">${summary}</p>` : null}`;
  const main = html`${methods && methods.length > 0 ? section("Accuracy", methodsTable(methods), accuracyNote(data)) : null}
${data.generated ? section("Generated", html`<p>${data.generated}.</p>`) : null}
${pictures(data)}
${data.notes && data.notes.length > 0 ? gridSection(data.notes) : null}
${own ? section("Confusion matrix", matrixNote(own.name), confusionTable(own.scores, classes)) : null}
${own ? section("Classes", classesTable(own.scores, classes)) : null}
${data.uncertainty ? section("Uncertainty", uncertaintySection(data.uncertainty)) : null}
${data.split ? splitSection(data.split, data) : null}
${stages && stages.length > 0 ? section("Training", html`<div class="charts">${stages.map(lineChart)}</div>`) : null}
${resources(data)}
${configuration ? section("Settings", html`<pre>${configuration}</pre>`) : null}
${command ? section("Command", html`<pre class="command">${command}</pre>`) : null}`;
  return page(title, reportStyle, header, main);
}

function section(title: string, ...content: readonly (Html | null)[]): Html {
  return html`<section><h2>${title}</h2>
${content}</section>`;
}

/** What the numbers were counted on; below the headline table. */
function accuracyNote({ methods, split }: ReportData): Html {
  const tested = methods![0]!.scores.perClass.reduce((sum, { support }) => sum + support, 0);
  const seeds = methods![0]!.perSeed?.length ?? 1;
  const facts: (readonly [string, string])[] = [["Test pixels", grouped(tested)]];
  if (split) {
    facts.push(["Split", split.rule], ["Split seed", String(split.seed)]);
    facts.push(["Leakage", split.leakage === null ? "not determined" : `${percent(split.leakage)} %`]);
  }
  if (seeds > 1) facts.push(["Runs", `${seeds} seeds, mean ± sample standard deviation`]);
  if (methods!.some(({ mcnemar }) => mcnemar !== undefined)) {
    facts.push(["McNemar’s test", `exact, two-sided, against ${methods![0]!.name}`]);
  }
  return html`<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function matrixNote(method: string): Html {
  return html`<p>Test pixels as classified by ${method}. The colour of a cell is its share of the true class, errors lifted.</p>`;
}

/** What was done to the files before they lay on one grid. */
function gridSection(notes: readonly string[]): Html {
  return section("Common grid", html`<ul class="notes">${notes.map((note) => html`<li>${note}</li>`)}</ul>`);
}

/** Previews of the sources, then ground truth, map and confidence, with their legends. */
function pictures({ sources = [], groundTruth, map, confidence, classes }: ReportData): Html | null {
  const results: ReportPicture[] = [
    ...(groundTruth ? [{ title: "Ground truth", png: groundTruth }] : []),
    ...(map ? [{ title: "Map", png: map }] : []),
    ...(confidence ? [{ title: "Confidence", caption: "probability of the chosen class", png: confidence }] : []),
  ];
  if (sources.length + results.length === 0) return null;
  const legend = html`<ul class="legend">${classes.map(({ name, color }) => html`<li>${swatch(color)}${name}</li>`)}</ul>`;
  return section(
    "Pictures",
    sources.length > 0 ? figures(sources) : null,
    results.length > 0 ? figures(results) : null,
    groundTruth || map ? legend : null,
    confidence ? confidenceLegend() : null,
  );
}

function confidenceLegend(): Html {
  const stops = confidenceColors.map((_, index) =>
    cssColor(colorAt(confidenceColors, index / (confidenceColors.length - 1))),
  );
  return html`<p class="ramp">Confidence <span>0</span><i style="background:linear-gradient(to right,${stops.join(",")})"></i><span>1</span></p>`;
}

function splitSection(split: ReportSplit, { classes }: ReportData): Html {
  const { rule, seed, leakage, patchSide, perClass, picture } = split;
  const patch = patchSide === undefined ? "patch" : `${patchSide} × ${patchSide} patch`;
  const sentence =
    leakage === null
      ? `Leakage, the share of test pixels whose ${patch} contains a training pixel, was not determined.`
      : leakage === 0
        ? `Leakage is 0 %: no test pixel's ${patch} contains a training pixel, so the scores are of ground not seen in training.`
        : `Leakage is ${percent(leakage)} %: the ${patch} of so many test pixels contains a training pixel, so part of what is tested was seen in training and the scores are optimistic.`;
  const parts = splitParts.filter(
    (part) => part !== "validation" || perClass?.some(({ validation }) => validation > 0),
  );
  const names = { train: "training", validation: "validation", test: "test" };
  const figure =
    picture === undefined
      ? null
      : html`<figure style="--aspect:${aspectOf(picture).toFixed(3)}"><img src="${dataUri(picture)}" alt="Training and test pixels"><figcaption><ul class="legend">${parts.map(
          (part) => html`<li>${swatch(splitColors[part])}${names[part]}</li>`,
        )}</ul></figcaption></figure>`;
  const isWide = picture !== undefined && aspectOf(picture) > 1.6;
  return section(
    "Split",
    html`<p>Rule <code>${rule}</code>, seed ${seed}. ${sentence}</p>
<div class="${isWide ? "below" : "beside"}">${figure}${perClass ? splitTable(perClass, classes) : null}</div>`,
  );
}

function resources({ timingsSeconds, peakMemoryBytes, device, versions }: ReportData): Html | null {
  const timings = Object.entries(timingsSeconds ?? {}).map(([name, seconds]) => [name, duration(seconds)] as const);
  if (peakMemoryBytes) timings.push(["peak memory", `${(peakMemoryBytes / 2 ** 30).toFixed(2)} GiB`]);
  if (device !== undefined) timings.push(["computed on", device]);
  const tables = [
    ...(timings.length > 0 ? [valuesTable("Time and memory", timings)] : []),
    ...(versions ? [valuesTable("Versions", Object.entries(versions))] : []),
  ];
  return tables.length === 0 ? null : section("Resources", html`<div class="columns">${tables}</div>`);
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
