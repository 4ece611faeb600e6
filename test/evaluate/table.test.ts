import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { classTable, formatTable, methodTable, percentSpread } from "../../src/evaluate/index.ts";

describe("tables", () => {
  it("align numbers to the right", () => {
    const table = methodTable([
      { name: "SymDiffuser", scores: { overallAccuracy: 0.9163, averageAccuracy: 0.92894, kappa: 0.9095 } },
      { name: "RF", scores: { overallAccuracy: 1, averageAccuracy: 0.05, kappa: null } },
    ]);
    assert.equal(
      table,
      [
        "Method           OA     AA  κ × 100",
        "───────────  ──────  ─────  ───────",
        "SymDiffuser   91.63  92.89    90.95",
        "RF           100.00   5.00        –",
        "",
      ].join("\n"),
    );
  });

  it("are Markdown on request, with class names that cannot break it", () => {
    const table = classTable([{ name: "<b>|x\n2", recall: 0.5, precision: null, f1: 0, support: 12 }], "markdown");
    assert.equal(
      table,
      [
        "| Class     | Recall | Precision |   F1 | Test pixels |",
        "| --------- | -----: | --------: | ---: | ----------: |",
        "| \\<b>\\|x 2 |  50.00 |         – | 0.00 |          12 |",
        "",
      ].join("\n"),
    );
  });

  it("count wide signs as two columns and marks as none", () => {
    assert.equal(formatTable(["", "n"], [["草地", "1"], ["e\u0301te\u0301", "22"]]), "        n\n────  ───\n草地    1\nété    22\n".replace("été", "e\u0301te\u0301")); // biome-ignore format: a table
  });
});

describe("percentSpread", () => {
  it("is mean ± sample standard deviation in per cent", () => {
    assert.equal(percentSpread([0.9, 0.92, 0.94]), "92.00 ± 2.00");
    assert.equal(percentSpread([0.9]), "90.00");
    assert.equal(percentSpread([0.9, null]), "–");
  });
});
