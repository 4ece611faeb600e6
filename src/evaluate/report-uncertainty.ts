/** @file The part of a report on uncertainty: calibration, label sets and pixels without a class. */
import type { Reliability } from "./calibration.ts";
import { type Html, html } from "./html.ts";
import type { Calibrated, Uncertainty } from "./metrics.ts";
import { reliabilityDiagram } from "./reliability-diagram.ts";
import { grouped } from "./report-tables.ts";
import { percent } from "./table.ts";

const origins = {
  validation: "the validation pixels of the split",
  folds: "training pixels, by folds of ground of which each was predicted by a head that learned from the others",
};

function calibration({ temperature, from, heldOut, test }: NonNullable<Uncertainty["calibration"]>): Html {
  const rows: readonly (readonly [string, Calibrated])[] = [
    ["Held-out pixels", heldOut],
    ["Test pixels", test],
  ];
  const columns: readonly ((one: Reliability) => string)[] = [
    ({ expectedCalibrationError }) => percent(expectedCalibrationError),
    ({ negativeLogLikelihood }) => negativeLogLikelihood.toFixed(3),
  ];
  return html`<p>Temperature ${temperature.toFixed(2)}, fitted on ${origins[from]}. Test pixels had no part in it. Expected calibration error: how far the probability of the chosen class is from the share of pixels where it is right, on average.</p>
<div class="scroll part"><table>
<thead><tr><th scope="col"></th><th scope="col">Pixels</th><th scope="col">Calibration error before (%)</th><th scope="col">after (%)</th><th scope="col">−ln p of the truth before</th><th scope="col">after</th></tr></thead>
<tbody>${rows.map(
    ([name, { before, after }]) => html`
<tr><th scope="row">${name}</th><td>${grouped(before.pixels)}</td>${columns.map((text) => html`<td>${text(before)}</td><td>${text(after)}</td>`)}</tr>`,
  )}</tbody></table></div>
<div class="columns part">${rows.map(([name, curves]) => reliabilityDiagram(name, { ...curves }))}</div>`;
}

function labelSets({ wanted, found }: NonNullable<Uncertainty["labelSets"]>): Html {
  const { coverage, score, classConditional } = wanted;
  const facts = [
    ["Wanted coverage", `${percent(coverage)} %`],
    ["Found on test pixels", `${percent(found.coverage)} %`],
    ["Classes in a set", found.meanSize.toFixed(2)],
    ["Sets of one class", `${percent(found.single)} %`],
    ["Score", `${score.toUpperCase()}${classConditional ? ", each class by itself" : ""}`],
  ] as const;
  return html`<p>Label sets hold every class that cannot be ruled out. The wanted coverage is kept for pixels drawn like the held-out ones. Pixels of other blocks of ground, and classes in other shares than those in training, are not: the coverage found is what counts.</p>
<dl class="facts part">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function abstention({ when, share, overallAccuracy, averageAccuracy }: NonNullable<Uncertainty["abstention"]>): Html {
  const reason =
    when === "sets"
      ? "whose label set has several classes, or none"
      : `whose class is less probable than ${percent(when)} %`;
  const rest =
    overallAccuracy === null || averageAccuracy === null
      ? "none are left."
      : `overall accuracy is ${percent(overallAccuracy)} %, average accuracy ${percent(averageAccuracy)} %.`;
  return html`<p>Without the ${percent(share)} % of test pixels ${reason}, ${rest}</p>`;
}

/** What there is to say, without a heading. */
export function uncertaintySection(given: Uncertainty): Html {
  return html`${given.calibration && calibration(given.calibration)}${given.labelSets && labelSets(given.labelSets)}${given.abstention && abstention(given.abstention)}`;
}
