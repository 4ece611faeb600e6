import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { type Metrics, namedScoresOf } from "../../src/evaluate/index.ts";
import { formatMetrics, parseMetrics } from "../../src/mapping/index.ts";

const names = ["Water", "Trees", 'A "quoted" [1, 2] name'];
const metrics: Metrics = {
  ...namedScoresOf([[5, 1, 0], [0, 4, 0], [0, 0, 0]], names), // biome-ignore format: a matrix
  leakage: 0.25,
  split: { rule: "blocks:28", seed: 3, train: 20, validation: 0, test: 10 },
  seeds: [3],
  perSeed: [{ seed: 3, overallAccuracy: 0.9, averageAccuracy: 0.9, kappa: 0.8 }],
  baselines: { rf: namedScoresOf([[6, 0, 0], [4, 0, 0], [0, 0, 0]], names) }, // biome-ignore format: a matrix
  timingsSeconds: { autoencoder: 12.5, diffusion: 100 },
  peakMemoryBytes: null,
  versions: { symdiffuser: "0.1.0", node: "20.19.0" },
};

describe("metrics.json", () => {
  it("reads back as it was written, nulls included", () => {
    assert.deepEqual(parseMetrics(formatMetrics(metrics)), metrics);
  });

  it("is text a person can read: a matrix has one row a line", () => {
    assert.match(formatMetrics(metrics), /"confusion": \[\n {4}\[5, 1, 0\],\n {4}\[0, 4, 0\],/);
  });

  it("ignores fields of later versions", () => {
    assert.deepEqual(parseMetrics(JSON.stringify({ ...metrics, later: 1 })), metrics);
  });

  it("names the field at fault", () => {
    const text = formatMetrics({ ...metrics }).replace('"leakage": 0.25', '"leakage": 25');
    assert.throws(() => parseMetrics(text, "runs/1/metrics.json"), {
      name: "FormatError",
      message: "runs/1/metrics.json: leakage: Too big: expected number to be <=1",
    });
    assert.throws(() => formatMetrics({ ...metrics, overallAccuracy: Number.NaN }), {
      message: "metrics: overallAccuracy: Invalid input: expected number, received NaN",
    });
    assert.throws(() => parseMetrics("OA 0.9"), { message: 'metrics.json: expected JSON; got "OA 0.9"' });
  });

  it("has every field described in docs/metrics.md", () => {
    const text = readFileSync(new URL("../../docs/metrics.md", import.meta.url), "utf8");
    const fields = [...Object.keys(metrics), ...Object.keys(metrics.split), ...Object.keys(metrics.perClass[0]!)];
    assert.deepEqual(
      fields.filter((field) => !text.includes(`\`${field}\``)),
      [],
    );
  });
});
