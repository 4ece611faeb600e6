import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { run } from "../../src/cli/main.ts";
import { kept } from "./streams.ts";

const folder = mkdtempSync(join(tmpdir(), "experiment-cli-"));
after(() => rmSync(folder, { recursive: true }));
const file = join(folder, "trial.yaml");
writeFileSync(file, "scenes: { made: { scene: { simulate: {} } } }\nmethods: [rf, svm]\nsplits: [0, 1]\n");

async function listed(...flags: string[]): Promise<[code: number, cells: string[], err: string]> {
  const [out, err] = [kept(), kept()];
  const words = ["experiment", file, "--dry-run", "--out", join(folder, "runs"), ...flags];
  const code = await run(words, { out, err });
  const cells = [...out.text.matchAll(/^made +(\w+) .* (\d+) +\d+ +open$/gm)].map(
    ([, method, split]) => method + split!,
  );
  return [code, cells, err.text];
}

describe("experiment --dry-run", () => {
  it("lists all cells, or those that flags ask for", async () => {
    assert.deepEqual(await listed(), [0, ["rf0", "svm0", "rf1", "svm1"], ""]);
    assert.deepEqual(await listed("--methods", "svm", "--splits", "1"), [0, ["svm1"], ""]);
  });

  it("refuses a method or split that the experiment has not", async () => {
    assert.deepEqual(await listed("--methods", "rff"), [1, [], "--methods: expected some of rf, svm; got rff\n"]);
    assert.deepEqual(await listed("--splits", "3"), [1, [], "--splits: expected some of 0, 1; got 3\n"]);
  });
});
