import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { commandText, resultText, resumeText } from "../../src/cli/job.ts";
import type { Uncertainty } from "../../src/evaluate/index.ts";

describe("commandText", () => {
  it("quotes what a shell would part or change", () => {
    const words = ["train", "--source", "s2=my files/a.tif", "--baselines", "", "--name", 'a"$b'];
    assert.equal(commandText(words), 'symdiffuser train --source "s2=my files/a.tif" --baselines "" --name "a\\"\\$b"');
  });
});

describe("resumeText", () => {
  const words = ["demo", "--overwrite", "--seed", "3"];

  it("is the same command with --resume", () => {
    assert.equal(resumeText(words, undefined), "symdiffuser demo --seed 3 --resume");
    assert.equal(resumeText([...words, "--resume"], "test"), "symdiffuser demo --seed 3 --resume");
  });

  it("is what was typed where npm started the program", () => {
    assert.equal(resumeText(words, "npx"), "npx symdiffuser demo --seed 3 --resume");
    assert.equal(resumeText(words, "demo"), "npm run demo -- --seed 3 --resume");
  });
});

describe("resultText", () => {
  const scores = { overallAccuracy: 0.9, averageAccuracy: 0.8, kappa: 0.7, perClass: [], confusion: [] };
  const metrics = {
    ...scores,
    leakage: 0.021,
    split: { rule: "blocks:28", seed: 2, train: 240, validation: 0, test: 12_345 },
    seeds: [0],
    perSeed: [{ seed: 0, ...scores }],
    baselines: { rf: { ...scores, overallAccuracy: 0.85 } },
    timingsSeconds: {},
    peakMemoryBytes: null,
    versions: {},
  };

  it("is the numbers with their split, then where to look", () => {
    assert.equal(
      resultText({ folder: "runs/a", files: ["runs/a/map.png", "runs/a/report.html"], metrics }),
      [
        "Method          OA     AA  κ × 100",
        "───────────  ─────  ─────  ───────",
        "SymDiffuser  90.00  80.00    70.00",
        "rf           85.00  80.00    70.00",
        "",
        "12 345 test pixels, 240 for training (split blocks:28, seed 2); 2.10 % of them have a training pixel in their patch",
        "",
        "Open runs/a/report.html",
        "All files are in runs/a",
        "",
      ].join("\n"),
    );
  });

  it("says how far probabilities and label sets can be trusted", () => {
    const calibrated = (expectedCalibrationError: number) => ({
      ...{ pixels: 12_345, expectedCalibrationError, negativeLogLikelihood: 0.5, bins: [] },
    });
    const curves = { before: calibrated(0.15), after: calibrated(0.0321) };
    const abstention = { when: 0.6, share: 0.25, overallAccuracy: 0.951, averageAccuracy: 0.9, kappa: 0.8 };
    const uncertainty = {
      calibration: { temperature: 0.5612, from: "folds", heldOut: curves, test: curves },
      labelSets: {
        wanted: { coverage: 0.9, score: "lac", classConditional: false },
        found: { coverage: 0.875, coverageByClass: [], meanSize: 1.134, single: 0.8 },
      },
      abstention,
    } as const;
    const linesOf = (of: Uncertainty): string[] =>
      resultText({ folder: "a", files: [], metrics: { ...metrics, uncertainty: of } })
        .split("\n")
        .slice(6, -2);
    assert.deepEqual(linesOf(uncertainty), [
      "Calibration error 15.00 % before, 3.21 % after temperature 0.56",
      "Label sets hold the class of 87.50 % of them (wanted: 90.00 %), with 1.13 classes on average",
      "Abstaining where confidence is below 0.6 leaves out 25.00 %: OA of the others 95.10",
      "",
    ]);
    const none = { ...abstention, when: "sets", share: 1, overallAccuracy: null } as const;
    assert.deepEqual(linesOf({ calibration: null, labelSets: null, abstention: none }), [
      "Abstaining where label sets have not exactly one class leaves out 100.00 %: none is left",
      "",
    ]);
  });

  it("is the picture of a map without numbers", () => {
    const result = { folder: "maps", files: ["maps/map.tif", "maps/map.png"], metrics: null };
    assert.equal(resultText(result), "Open maps/map.png\nAll files are in maps\n");
  });
});
