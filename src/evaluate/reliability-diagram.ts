/** @file A reliability diagram as SVG: how often the chosen class is right, by how probable it is held. */
import type { Reliability } from "./calibration.ts";
import { type Html, html } from "./html.ts";

const side = 260;
const plot = { left: 44, right: side - 10, top: 10, bottom: side - 40 };

/** Bins of fewer pixels have a point, but no part in the line. */
const leastShare = 0.005;

const x = (share: number): number => round(plot.left + share * (plot.right - plot.left));
const y = (share: number): number => round(plot.bottom - share * (plot.bottom - plot.top));
const round = (value: number): number => Math.round(value * 10) / 10;

/**
 * Accuracy over confidence of every bin that holds pixels, before and after scaling; points on the diagonal mean what they
 * say, below it they are too sure. The area of a point is that of its share of the pixels.
 */
export function reliabilityDiagram(title: string, curves: Readonly<Record<string, Reliability>>): Html {
  const entries = Object.entries(curves);
  const points = ({ bins, pixels }: Reliability, line: number): Html[] =>
    bins.flatMap(({ count, confidence, accuracy }) =>
      confidence === null || accuracy === null
        ? []
        : [
            html`<circle class="point line${line}" cx="${x(confidence)}" cy="${y(accuracy)}" r="${round(2 + 10 * Math.sqrt(count / pixels))}"/>`,
          ],
    );
  const path = ({ bins, pixels }: Reliability): string =>
    bins
      .filter(({ count }) => count > 0 && count >= leastShare * pixels)
      .map(({ confidence, accuracy }, at) => `${at === 0 ? "M" : "L"}${x(confidence!)} ${y(accuracy!)}`)
      .join("");
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  return html`<figure class="chart square"><figcaption>${title}</figcaption>
<svg viewBox="0 0 ${side} ${side}" role="img" aria-label="${title}: accuracy over confidence">
${ticks.map(
  (tick) => html`<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${y(tick)}" y2="${y(tick)}"/>
<text x="${plot.left - 6}" y="${y(tick) + 4}" text-anchor="end">${tick}</text>
<text x="${x(tick)}" y="${plot.bottom + 16}" text-anchor="middle">${tick}</text>
`,
)}<line class="axis" x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}" stroke-dasharray="4 4"/>
<text x="${(plot.left + plot.right) / 2}" y="${side - 6}" text-anchor="middle">confidence</text>
<text transform="translate(11 ${(plot.top + plot.bottom) / 2}) rotate(-90)" text-anchor="middle">accuracy</text>
${entries.map(([, curve], line) => html`<path class="line line${line}" d="${path(curve)}"/>${points(curve, line)}`)}
</svg><ul class="key">${entries.map(([name], line) => html`<li><i class="stroke line${line}"></i>${name}</li>`)}</ul></figure>`;
}
