import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  encodePng,
  namedScoresOf,
  newPicture,
  type ReportData,
  reliability,
  renderReport,
} from "../../src/evaluate/index.ts";

const hostile = `<b>&"'`;
const escaped = "&lt;b&gt;&amp;&quot;&#39;";
const classes: ReportData["classes"] = [
  { name: "Water", color: [0, 83, 255] },
  { name: hostile, color: [0, 204, 51] },
];
const picture = encodePng(newPicture(8, 9, [1, 2, 3]));
const names = classes.map(({ name }) => name);
const scores = namedScoresOf([[1200, 40], [0, 25]], names); // biome-ignore format: a matrix

const reliable = reliability(Float32Array.of(0.8, 0.2, 0.3, 0.7, 0.75, 0.25), [0, 1, 1], 2);

const full: ReportData = {
  title: `Tiny ${hostile}`,
  classes,
  summary: hostile,
  date: hostile,
  notes: [hostile, "lidar: averaged from 0.5 m to 1 m"],
  methods: [
    { name: "SymDiffuser", scores, perSeed: [scores, { overallAccuracy: 0.9, averageAccuracy: 0.9, kappa: null }] },
    { name: hostile, scores: namedScoresOf([[1000, 240], [5, 20]], names), mcnemar: { onlyFirst: 9, onlySecond: 1, z: 2.5, pValue: 0.0217 } }, // biome-ignore format: a matrix
  ],
  split: {
    rule: hostile,
    seed: 3,
    leakage: 0.0312,
    patchSide: 11,
    perClass: [
      { labelled: 1300, train: 20, validation: 2, test: 1240 },
      { labelled: 30, train: 5, validation: 0, test: 25 },
    ],
    picture,
  },
  uncertainty: {
    calibration: {
      temperature: 1.875,
      from: "folds",
      heldOut: { before: reliable, after: reliable },
      test: { before: reliable, after: reliable },
    },
    labelSets: {
      wanted: { coverage: 0.9, score: "lac", classConditional: true },
      found: { coverage: 0.8712, coverageByClass: [0.9, null], meanSize: 1.25, single: 0.75 },
    },
    abstention: { when: "sets", share: 0.25, overallAccuracy: 0.95, averageAccuracy: 0.9, kappa: null },
  },
  sources: [{ title: hostile, caption: hostile, png: picture }],
  groundTruth: picture,
  map: picture,
  confidence: picture,
  stages: [
    {
      name: hostile,
      measure: hostile,
      curves: [
        { name: hostile, steps: [0, 10, 20], values: [1, Number.NaN, 0.001] },
        { name: "b", steps: [0, 20], values: [1, 0.5] },
      ],
    },
    { name: "constant", curves: [{ name: "a", steps: [5], values: [2] }] },
    { name: "empty", curves: [{ name: "a", steps: [], values: [] }] },
  ],
  configuration: `classes: ["${hostile}"]`,
  timingsSeconds: { [hostile]: 0.26, diffusion: 1859, night: 7322 },
  peakMemoryBytes: 3 * 2 ** 30,
  versions: { [hostile]: hostile },
  command: `symdiffuser train "${hostile}"`,
};

/** Text between tags, entities decoded, white space folded. */
function textOf(html: string): string {
  return html
    .replace(/<style>[\s\S]*?<\/style>/, "")
    .replace(/<[^>]*>/g, " ")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&#39;", "'")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&")
    .replace(/[\s\u2009]+/g, " ");
}

/** Opening and closing tags match, and every attribute is quoted. */
function assertWellFormed(html: string): void {
  const open: string[] = [];
  for (const [tag, end, name, rest] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)((?:[^<>"]|"[^"]*")*)>/g)) {
    if (/^(meta|img)$/.test(name!) || rest!.endsWith("/")) continue;
    if (end) assert.equal(open.pop(), name, tag);
    else open.push(name!);
  }
  assert.deepEqual(open, []);
  assert.equal(
    html.match(/</g)!.length,
    html.match(/<(\/?[a-z][a-z0-9]*((?:[^<>"]|"[^"]*")*)|!doctype html)>/g)!.length,
  );
}

describe("renderReport", () => {
  const html = renderReport(full);

  it("needs nothing else: no script, no file, no network", () => {
    assert.doesNotMatch(html, /<script|<link|@import|https?:|url\(|\son[a-z]+=/i);
    for (const [, source] of html.matchAll(/src="([^"]*)"/g)) assert.match(source!, /^data:image\/png;base64,/);
    assert.equal(html.match(/<img /g)!.length, 5);
  });

  it("is well formed and escapes names, in text and in attributes", () => {
    assertWellFormed(html);
    assert.ok(!html.includes('<b>&"'));
    assert.ok(html.includes(`<title>Tiny ${escaped}</title>`));
    assert.ok(html.includes(`alt="${escaped}"`));
    assert.ok(html.includes(`title="Water → ${escaped}: 40 of 1240"`));
  });

  it("says the scores, what they were counted on, and how they compare", () => {
    const text = textOf(html);
    assert.ok(text.includes("SymDiffuser 93.42 ± 4.84 94.19 ± 5.93 – "), text.slice(0, 600));
    assert.ok(text.includes("80.63 80.32 10.82 p = 0.022"), text.slice(0, 600));
    assert.ok(text.includes('Test pixels 1 265 Split <b>&"'));
    assert.ok(text.includes("Leakage is 3.12 %: the 11 × 11 patch of so many test pixels contains a training pixel"));
    assert.ok(text.includes("0.3 s diffusion 30 min 59 s night 2 h 2 min peak memory 3.00 GiB"));
  });

  it("says how far probabilities can be trusted, and what was found beside what was wanted", () => {
    const text = textOf(html);
    assert.ok(text.includes("Temperature 1.88, fitted on training pixels, by folds of ground"), text);
    assert.ok(text.includes("Held-out pixels 3 41.67 41.67 0.655 0.655 Test pixels 3 41.67"), text);
    assert.ok(text.includes("Wanted coverage 90.00 % Found on test pixels 87.12 % Classes in a set 1.25"));
    assert.ok(text.includes("Score LAC, each class by itself Without the 25.00 % of test pixels whose label set has"));
    assert.equal(html.match(/class="chart square"/g)!.length, 2);
    const { calibration, labelSets } = full.uncertainty!;
    const none = { when: 0.6, share: 1, overallAccuracy: null, averageAccuracy: null, kappa: null };
    const only = renderReport({ ...full, uncertainty: { calibration: null, labelSets: null, abstention: none } });
    assert.ok(
      textOf(only).includes("Without the 100.00 % of test pixels whose class is less probable than 60.00 %, none"),
    );
    assert.ok(calibration && labelSets);
  });

  it("says what was done to the files, and counts the pixels of each class", () => {
    const text = textOf(html);
    assert.ok(text.includes(`Common grid ${hostile} lidar: averaged from 0.5 m to 1 m `));
    assert.ok(text.includes("Class Labelled Training Validation Test Water 1 300 20 2 1 240 "));
    assert.ok(text.includes("All 1 330 25 2 1 265 "));
  });

  it("shows the matrix with its margins, zeros as dots", () => {
    const matrix = textOf(html.slice(html.indexOf('class="confusion"')));
    assert.ok(matrix.includes("Water 1 200 40 96.8"), matrix.slice(0, 200));
    assert.ok(matrix.includes("· 25 100.0 Precision 100.0 38.5 96.8"), matrix.slice(0, 300));
  });

  it("draws curves, with gaps where a loss was not finite, and copes with one point or none", () => {
    const training = html.slice(html.indexOf("<h2>Training"));
    const paths = [...training.matchAll(/<path [^>]* d="([^"]*)"/g)].map(([, path]) => path!);
    assert.deepEqual(
      paths.map((path) => path.replace(/[\d. ]+/g, "")),
      ["MM", "ML", "M"],
    );
    assert.ok(!paths.join("").includes("NaN"));
    assert.ok(textOf(html).includes("empty: no values."));
  });

  it("leaves out what is missing: title and classes are enough", () => {
    const bare = renderReport({ title: "Bare", classes });
    assertWellFormed(bare);
    assert.doesNotMatch(bare, /<section|undefined|null|NaN/);
    for (const part of [
      "methods",
      "notes",
      "split",
      "sources",
      "map",
      "stages",
      "timingsSeconds",
      "versions",
    ] as const) {
      const one = renderReport({ title: "One", classes, [part]: full[part] });
      assertWellFormed(one);
      assert.equal(one.match(/<section/g)!.length, part === "methods" ? 3 : 1, part);
      assert.doesNotMatch(one, /undefined|NaN/);
    }
  });

  it("calls a split without leakage by its name", () => {
    const text = (leakage: number | null): string =>
      textOf(renderReport({ title: "", classes, split: { rule: "official", seed: 0, leakage } }));
    assert.ok(text(0).includes("Leakage is 0 %: no test pixel's patch contains a training pixel"));
    assert.ok(text(null).includes("was not determined"));
  });
});
