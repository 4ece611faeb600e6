/** @file A comparison as a page: tables, and the maps of all methods side by side. Needs no other file. */
import { figures } from "./figures.ts";
import { type Html, html, page } from "./html.ts";
import type { PaperRow, PaperTable } from "./paper-table.ts";
import { valueText } from "./paper-text.ts";
import type { ReportData, ReportPicture } from "./report-data.ts";
import { reportStyle } from "./report-style.ts";
import { swatch } from "./report-tables.ts";

/** The table of one scene, and its pictures in the order of papers: sources, ground truth, maps. */
export interface PaperScene {
  readonly table: PaperTable;
  readonly classes: ReportData["classes"];
  readonly pictures: readonly ReportPicture[];
  /** Which runs the maps are of. */
  readonly caption: string;
}

export interface PaperPage {
  readonly title: string;
  /** How far the experiment is. */
  readonly summary: string;
  /** Of all scenes together; null where there is one scene. */
  readonly overview: PaperTable | null;
  readonly scenes: readonly PaperScene[];
}

const style = `${reportStyle}
body { max-width: 1280px; }
.paper { margin-bottom: 16px; }
.paper tr.overall + tr.about > *, .paper tr.class + tr.overall > * { border-top: 1px solid var(--strong); }
.paper tr.about > * { color: var(--soft); }
`;

function rowHtml({ name, kind, values }: PaperRow, color: Html | null): Html {
  return html`
<tr class="${kind}"><th scope="row">${color}${name}</th>${values.map(
    (value) => html`<td${value.isBest ? html` class="best"` : null}>${valueText(value)}</td>`,
  )}</tr>`;
}

function tableHtml({ columns, rows, notes }: PaperTable, classes: PaperScene["classes"]): Html {
  return html`<div class="scroll"><table class="paper">
<thead><tr><th scope="col"></th>${columns.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows.map((row, at) => rowHtml(row, row.kind === "class" && classes[at] ? swatch(classes[at].color) : null))}</tbody>
</table></div>
${notes.map((note) => html`<p class="soft">${note}</p>`)}`;
}

function sceneHtml({ table, classes, pictures, caption }: PaperScene): Html {
  const legend = html`<ul class="legend">${classes.map(({ name, color }) => html`<li>${swatch(color)}${name}</li>`)}</ul>`;
  return html`<section><h2>${table.title}</h2>
${tableHtml(table, classes)}
${pictures.length > 0 ? html`${figures(pictures)}${legend}<p class="soft">${caption}</p>` : null}</section>`;
}

/** The text of `tables.html`. */
export function renderPaperPage({ title, summary, overview, scenes }: PaperPage): string {
  const header = html`<p class="kind">Comparison of methods</p>
<h1>${title}</h1>
<p class="summary">${summary}</p>`;
  const main = html`${overview === null ? null : html`<section><h2>${overview.title}</h2>${tableHtml(overview, [])}</section>`}
${scenes.map(sceneHtml)}`;
  return page(title, style, header, main);
}
