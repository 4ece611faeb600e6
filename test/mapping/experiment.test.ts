import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import {
  type CellOutcome,
  cellOutcomes,
  comparisonTables,
  type JobEvent,
  parseResultLines,
  runExperiment,
  stateText,
  writeTables,
} from "../../src/mapping/index.ts";
import { ConfigError } from "../../src/tensor/index.ts";
import { type Cell, type Experiment, resolveExperiment } from "../../src/train/index.ts";
import { decodedPng } from "../evaluate/decoded-png.ts";

const folder = mkdtempSync(join(tmpdir(), "experiment-"));
after(() => rmSync(folder, { recursive: true, maxRetries: 5, retryDelay: 200 }));

const made = {
  scene: { simulate: { height: 32, width: 32, sources: ["msi", "lidar"] } },
  split: { rule: "blocks:8", perClass: 20 },
};
const tiny = {
  network: { width: 8, heads: 2, patch: 4 },
  features: { core: 4, windows: { mean: [3], deviation: [3] } },
  head: { count: 1, steps: 5 },
  pretraining: { steps: 120, batch: 2 },
};

const experimentOf = (keys: object): Experiment =>
  resolveExperiment({ name: "trial", scenes: { made }, out: join(folder, "trial"), ...keys }, "trial.yaml", folder);

interface Told {
  readonly outcomes: readonly CellOutcome[];
  readonly events: readonly JobEvent[];
}

/** Run an experiment; stop when an event's detail contains a text. */
async function run(experiment: Experiment, stopAt: string | null = null, overwrite = false): Promise<Told> {
  const stop = new AbortController();
  const events: JobEvent[] = [];
  const onEvent = (event: JobEvent): void => {
    events.push(event);
    if (stopAt !== null && event.kind === "task" && event.detail?.includes(stopAt)) stop.abort();
  };
  const options = { jobs: 2, threads: 2, overwrite, command: "" };
  const outcomes = await runExperiment(experiment, options, { onEvent, onOutcome: () => {}, stop: stop.signal });
  return { outcomes, events };
}

const linesOf = (experiment: Experiment): Record<string, unknown>[] =>
  readFileSync(join(experiment.out, "results.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("runExperiment", { timeout: 400_000 }, () => {
  it("reports a cell that fails and runs the rest; tables tell how far it is; what is finished is kept", async () => {
    const broken = { scene: { sources: { a: "none.tif", b: "none.tif" }, labels: "none.tif" } };
    const experiment = experimentOf({ scenes: { made, broken }, methods: ["rf"] });
    const { outcomes } = await run(experiment);
    assert.deepEqual(
      outcomes.map(({ state }) => state),
      ["finished", "failed"],
    );
    assert.equal(stateText(outcomes), "1 of 2 cells finished, 1 failed");
    const [first, second] = linesOf(experiment);
    assert.deepEqual([first!["method"], first!["variant"], first!["parameters"]], ["rf", null, null]);
    assert.ok((first!["overallAccuracy"] as number) > 0.3 && (first!["seconds"] as number) > 0);
    assert.match(second!["message"] as string, /none\.tif: expected/);
    await writeTables(experiment, outcomes);
    const text = readFileSync(join(experiment.out, "tables.md"), "utf8");
    assert.ok(text.includes("1 of 2 cells finished, 1 failed.") && text.includes("## broken (0 of 1 cells)"));
    assert.ok(readFileSync(join(experiment.out, "tables.html"), "utf8").includes("Ground truth"));

    const file = join(outcomes[0]!.cell.config.out, "metrics.json");
    const before = statSync(file).mtimeMs;
    const again = await run(experimentOf({ methods: ["rf"] }));
    assert.deepEqual([stateText(again.outcomes), statSync(file).mtimeMs], ["All 1 cell finished", before]);
  });

  it("runs the cells that are wanted, and says of each what it cost", async () => {
    const experiment = experimentOf({
      methods: {
        rf: {},
        cnn: { epochs: 2 },
        "knn-pixel": {},
        symdiffuser: { ...tiny, pretraining: { steps: 2, batch: 2 } },
      },
      seedsOf: { symdiffuser: [0, 1] },
      out: join(folder, "wanted"),
    });
    const options = { jobs: 1, threads: 2, overwrite: false, command: "" };
    const hooks = { onEvent: () => {}, onOutcome: () => {}, stop: new AbortController().signal };
    const isOthers = ({ method }: Cell): boolean => method !== "symdiffuser" && method !== "rf";
    const first = await runExperiment(experiment, { ...options, isWanted: isOthers }, hooks);
    assert.equal(stateText(first), "2 of 5 cells finished");
    await writeTables(experiment, first);
    const before = linesOf(experiment);
    assert.deepEqual(
      before.map(({ method, epochs, publishedEpochs, versus }) => [method, epochs, publishedEpochs, versus]),
      [
        ["cnn", 2, 128, null],
        ["knn-pixel", null, null, null],
      ],
    );
    assert.equal(before[1]!["parameters"], null);
    assert.ok((before[0]!["parameters"] as number) > 1000 && before[0]!["mapPixels"] === 32 * 32);
    for (const { seconds, trainSeconds, mapSeconds } of before as Record<string, number>[]) {
      assert.ok(trainSeconds! > 0 && mapSeconds! > 0 && trainSeconds! + mapSeconds! < seconds!);
    }

    const isOwn = ({ method, seed }: Cell): boolean => method === "symdiffuser" && seed === 0;
    const second = await runExperiment(experiment, { ...options, isWanted: isOwn }, hooks);
    await writeTables(experiment, second);
    const { versus } = linesOf(experiment)[0]! as unknown as { versus: { cell: string; z: number } };
    assert.equal(versus.cell, "made/symdiffuser-full-split0-seed0");
    const text = readFileSync(join(experiment.out, "comparison.md"), "utf8");
    assert.match(text, /\| Two-branch CNN \(epochs 2 of 128\) +\|/);
    assert.match(text, /3 of 5 cells are finished\. Split blocks:8/);
    const maps = join(experiment.out, "maps-made.png");
    assert.ok(statSync(maps).size < 200_000);
    // A scene of 32 × 32 pixels, seven times as large or more.
    assert.ok(
      decodedPng(readFileSync(maps)).width >= 4 * 7 * 32,
      `${decodedPng(readFileSync(maps)).width} pixels wide`,
    );
  });

  it("refuses cells with other settings, but where they are to be overwritten", async () => {
    const changed = experimentOf({ methods: ["rf"], settings: { split: { perClass: 10 } } });
    await assert.rejects(run(changed), (error) => {
      assert.ok(error instanceof ConfigError);
      const there = "expected 20 as in the cell made/rf-split0-seed0 that is there; got 10";
      const advice = "try --overwrite to start it anew, or --out for another folder";
      assert.equal(error.message, `split.perClass: ${there} — ${advice}`);
      return true;
    });
    const { outcomes } = await run(changed, null, true);
    assert.equal(outcomes[0]!.state, "finished");
    // Options of the method are none of a baseline's.
    const other = experimentOf({ methods: ["rf"], settings: { split: { perClass: 10 }, head: { count: 2 } } });
    assert.equal((await run(other)).outcomes[0]!.state, "finished");
  });

  it("stops in good order and goes on where it was", async () => {
    const experiment = experimentOf({ settings: tiny, out: join(folder, "stopped") });
    const stopped = await run(experiment, "csdiff 1");
    assert.equal(stopped.outcomes[0]!.state, "open");
    const out = stopped.outcomes[0]!.cell.config.out;
    assert.deepEqual(
      (await cellOutcomes(experiment)).map((one) => one.state === "open" && one.isBegun),
      [true],
    );
    assert.ok(existsSync(join(out, "stages", "csdiff.safetensors")) && !existsSync(join(out, "metrics.json")));
    const { outcomes, events } = await run(experiment);
    assert.equal(outcomes[0]!.state, "finished");
    assert.ok(!events.some((event) => event.kind === "task" && event.detail?.includes("csdiff 1/")));
    assert.ok((linesOf(experiment)[0]!["parameters"] as number) > 1000);
  });
});

describe("comparisonTables", () => {
  const { cells, ...rest } = experimentOf({ methods: ["rf", "knn"], splits: [0, 1] });
  const scoresOf: Record<string, number> = { "rf 0": 0.6, "knn 0": 0.65, "rf 1": 0.8, "knn 1": 0.7 };
  const text = cells.map((cell) => {
    const score = scoresOf[`${cell.method} ${cell.splitSeed}`]!;
    const scores = { state: "finished", overallAccuracy: score, averageAccuracy: score, kappa: score, versus: null };
    const split = { rule: "blocks:8", train: 20, test: 100, leakage: null };
    const costs = { trainSeconds: 1, mapSeconds: 1, mapPixels: 100 };
    const sizes = { parameters: null, epochs: null, publishedEpochs: null };
    return JSON.stringify({ cell: cell.id, ...scores, ...split, ...costs, ...sizes });
  });
  const bestOf = (count: number): string[][] => {
    const lines = parseResultLines(text.slice(0, count).join("\n"), "results.jsonl");
    const [table] = comparisonTables({ cells, ...rest }, lines);
    return table!.rows.map(({ values }) => values.flatMap(({ column, isBest }) => (isBest ? [column] : [])));
  };

  it("compares means over equal splits: where cells are open, those of the first split", () => {
    // Of the first three, the forest is finished and the neighbours have one of two splits.
    assert.deepEqual(
      cells.map(({ method, splitSeed }) => `${method} ${splitSeed}`),
      Object.keys(scoresOf),
    );
    assert.deepEqual(bestOf(3), [
      ["OA (%)", "AA (%)", "κ × 100"],
      ["OA, split 0", "AA, split 0"],
    ]);
    assert.deepEqual(bestOf(4), [["OA (%)", "AA (%)", "κ × 100"], []]);
  });
});
