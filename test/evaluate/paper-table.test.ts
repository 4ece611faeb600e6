import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  csvOf,
  latexOf,
  markdownOf,
  namedScoresOf,
  overviewTable,
  type PaperColumn,
  paperTable,
  renderPaperPage,
} from "../../src/evaluate/index.ts";

const classes = ["trees & shrubs", "a_b*"];
const run = (hits: number, misses: number) =>
  namedScoresOf(
    [
      [hits, misses],
      [2, 8],
    ],
    classes,
  );
const test = { onlyFirst: 9, onlySecond: 1, z: 2.53, pValue: 0.0215 };
const column = (name: string, runs: PaperColumn["runs"], planned: number, tests: PaperColumn["tests"] = []) => ({
  ...{ name, runs, planned, tests },
});
// Means and sample standard deviations by hand: OA 0.9 and 0.8, 0.7.
const columns = [
  column("ours", [run(10, 0), run(8, 2)], 2, [test, { ...test, z: -0.5, pValue: 0.6 }]),
  column("rf", [run(6, 4)], 2, [{ ...test, z: -2.53 }]),
  column("svm", [], 2),
];
const table = paperTable("Scene", columns, ["Split blocks:28."]);

describe("paperTable", () => {
  it("has a row for each class, then OA, AA and kappa: mean ± sample standard deviation, the best marked", () => {
    assert.deepEqual(
      table.rows.map(({ name }) => name),
      [...classes, "OA (%)", "AA (%)", "κ × 100", "McNemar z", "Runs"],
    );
    const [ours, rf, svm] = table.rows[2]!.values;
    assert.ok(Math.abs(ours!.spread!.mean - 0.85) < 1e-12);
    assert.ok(Math.abs(ours!.spread!.deviation! - Math.SQRT1_2 * 0.1) < 1e-12);
    assert.deepEqual([ours!.isBest, rf!.isBest, svm!.isBest], [true, false, false]);
    assert.deepEqual([rf!.spread!.deviation, svm!.spread], [null, null]);
  });

  it("says which runs are missing", () => {
    assert.deepEqual(
      table.rows.at(-1)!.values.map(({ text }) => text),
      ["2 of 2", "1 of 2", "0 of 2"],
    );
  });
});

describe("a table as text", () => {
  it("is Markdown", () => {
    assert.equal(
      markdownOf(table),
      `## Scene

|                |              ours |            rf |    svm |
| -------------- | ----------------: | ------------: | -----: |
| trees & shrubs | **90.00 ± 14.14** |         60.00 |      – |
| a\\_b\\*         |  **80.00 ± 0.00** |     **80.00** |      – |
| OA (%)         |  **85.00 ± 7.07** |         70.00 |      – |
| AA (%)         |  **85.00 ± 7.07** |         70.00 |      – |
| κ × 100        | **70.00 ± 14.14** |         40.00 |      – |
| McNemar z      |     +1.0 (1 of 2) | −2.5 (1 of 1) |      – |
| Runs           |            2 of 2 |        1 of 2 | 0 of 2 |

${table.notes.map((note) => `${note}\n`).join("")}`,
    );
  });

  it("is LaTeX, its signs escaped", () => {
    const text = latexOf(table);
    assert.ok(text.includes("    trees \\& shrubs & \\textbf{90.00 $\\pm$ 14.14} & 60.00 & -- \\\\\n"));
    assert.ok(text.includes("    a\\_b* & "));
    assert.ok(text.includes("\\begin{tabular}{lrrr}\n    \\toprule\n     & ours & rf & svm \\\\\n    \\midrule\n"));
    assert.equal(text.match(/\\midrule/g)!.length, 3);
  });

  it("is CSV, means and deviations as fractions", () => {
    const lines = csvOf([paperTable('a "b", c', columns)]).split("\r\n");
    assert.equal(lines[0], "table,row,column,mean,deviation");
    assert.equal(lines[2], '"a ""b"", c",trees & shrubs,rf,0.6,');
    assert.equal(lines.length, 2 + table.rows.length * 3);
  });

  it("is a page that escapes names and shows pictures", () => {
    const png = new Uint8Array(33);
    new DataView(png.buffer).setUint32(16, 2);
    new DataView(png.buffer).setUint32(20, 1);
    const pictures = [{ title: "<ours>", png }];
    const scene = { table, classes: [{ name: "x", color: [1, 2, 3] as const }], pictures, caption: "Split 0." };
    const page = renderPaperPage({
      title: "A & B",
      summary: "7 of 12 cells finished.",
      overview: null,
      scenes: [scene],
    });
    for (const part of ["<h1>A &amp; B</h1>", "7 of 12 cells", "&lt;ours&gt;", 'class="best">90.00 ± 14.14']) {
      assert.ok(page.includes(part), part);
    }
  });
});

describe("overviewTable", () => {
  it("has methods as rows and scenes as columns", () => {
    const scenes = ["first", "second"].map((name) => ({ name, columns }));
    const { rows } = overviewTable("All", scenes);
    assert.deepEqual(
      [rows.map(({ name }) => name), rows[0]!.values.map(({ column: name }) => name)],
      [
        ["ours", "rf", "svm"],
        ["first", "second"],
      ],
    );
    assert.ok(rows[0]!.values[1]!.isBest);
  });
});
