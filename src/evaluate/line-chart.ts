/** @file A line chart as SVG, for training curves: axes, grid, several lines, a legend. */
import { type Html, html } from "./html.ts";
import type { ReportCurve, ReportStage } from "./report-data.ts";

const width = 520;
const height = 260;
const plot = { left: 58, right: width - 14, top: 14, bottom: height - 40 };

/** More points than these are drawn as means of neighbours. */
const mostPoints = 260;

/** From this ratio of largest to smallest value on, the y axis is logarithmic. */
const logarithmicFrom = 30;

type Axis = (value: number) => number;

/** Values over steps; the y axis is logarithmic where the values span decades. Values that are not finite leave gaps. */
export function lineChart({ name, measure = "loss", curves }: ReportStage): Html {
  const finite = curves.flatMap(({ values }) => values.filter(Number.isFinite));
  const steps = curves.flatMap((curve) => curve.steps);
  if (finite.length === 0) return html`<p class="none">${name}: no values.</p>`;
  const [low, high] = [least(finite), most(finite)];
  const isLogarithmic = low > 0 && high / low >= logarithmicFrom;
  const yTicks = isLogarithmic ? logarithmicTicks(low, high) : ticks(low, high, 5);
  const xTicks = ticks(least(steps), most(steps), 6).filter((tick) => tick >= least(steps) && tick <= most(steps));
  const x = axis(least(steps), most(steps), plot.left, plot.right);
  const [bottom, top] = isLogarithmic ? [low / 1.15, high * 1.15] : [yTicks[0]!, yTicks.at(-1)!];
  const linear = axis(
    isLogarithmic ? Math.log(bottom) : bottom,
    isLogarithmic ? Math.log(top) : top,
    plot.bottom,
    plot.top,
  );
  const y: Axis = isLogarithmic ? (value) => linear(Math.log(value)) : linear;
  return html`<figure class="chart"><figcaption>${name}</figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${name}: ${measure} over steps">
${yTicks.map(
  (tick) => html`<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${round(y(tick))}" y2="${round(y(tick))}"/>
<text x="${plot.left - 8}" y="${round(y(tick) + 4)}" text-anchor="end">${label(tick)}</text>
`,
)}${xTicks.map(
  (
    tick,
  ) => html`<line class="tick" x1="${round(x(tick))}" x2="${round(x(tick))}" y1="${plot.bottom}" y2="${plot.bottom + 5}"/>
<text x="${round(x(tick))}" y="${plot.bottom + 18}" text-anchor="middle">${label(tick)}</text>
`,
)}<line class="axis" x1="${plot.left}" x2="${plot.right}" y1="${plot.bottom}" y2="${plot.bottom}"/>
<text x="${(plot.left + plot.right) / 2}" y="${height - 6}" text-anchor="middle">step</text>
<text transform="translate(13 ${(plot.top + plot.bottom) / 2}) rotate(-90)" text-anchor="middle">${measure}${isLogarithmic ? " (log)" : ""}</text>
${curves.map((curve, index) => html`<path class="line line${index % 4}" d="${pathOf(thinned(curve), x, y)}"/>`)}
</svg>${curves.length < 2 ? null : keyOf(curves)}</figure>`;
}

function keyOf(curves: readonly ReportCurve[]): Html {
  return html`<ul class="key">${curves.map(
    ({ name }, index) => html`<li><i class="stroke line${index % 4}"></i>${name}</li>`,
  )}</ul>`;
}

function pathOf({ steps, values }: Pick<ReportCurve, "steps" | "values">, x: Axis, y: Axis): string {
  let isDrawing = false;
  return values
    .map((value, index) => {
      if (!Number.isFinite(y(value))) {
        isDrawing = false;
        return "";
      }
      const command = isDrawing ? "L" : "M";
      isDrawing = true;
      return `${command}${round(x(steps[index]!))} ${round(y(value))}`;
    })
    .join("");
}

function thinned({ steps, values }: ReportCurve): Pick<ReportCurve, "steps" | "values"> {
  const size = Math.ceil(values.length / mostPoints);
  if (size <= 1) return { steps, values };
  const starts = Array.from({ length: Math.ceil(values.length / size) }, (_, index) => index * size);
  const mean = (of: readonly number[], start: number): number => {
    const block = of.slice(start, start + size);
    return block.reduce((sum, value) => sum + value, 0) / block.length;
  };
  return { steps: starts.map((start) => mean(steps, start)), values: starts.map((start) => mean(values, start)) };
}

function axis(from: number, to: number, start: number, end: number): Axis {
  return (value) => (to === from ? (start + end) / 2 : start + ((value - from) / (to - from)) * (end - start));
}

/** Round numbers from at most `low` to at least `high`: steps of 1, 2 or 5 times a power of ten. */
function ticks(low: number, high: number, count: number): number[] {
  if (low === high) return [low];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999)!;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
}

/** 1, 2 and 5 times powers of ten within a range; where those are too many, every power, or every other. */
function logarithmicTicks(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const powers = Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
  const isInside = (tick: number): boolean => tick >= low / 1.15 && tick <= high * 1.15;
  const fine = powers.flatMap((power) => [power, 2 * power, 5 * power]).filter(isInside);
  return fine.length <= 7
    ? fine
    : powers.filter((tick, index) => isInside(tick) && index % Math.ceil(powers.length / 8) === 0);
}

function label(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || size < 1e-3)) return value.toExponential(0).replace("e+", "e");
  return size >= 10_000 ? `${Number((value / 1000).toPrecision(4))}k` : String(Number(value.toPrecision(4)));
}

const round = (value: number): number => Math.round(value * 10) / 10;
const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b));
const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b));
