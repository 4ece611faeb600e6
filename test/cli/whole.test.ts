import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";

const folder = mkdtempSync(join(tmpdir(), "cli-whole-"));
after(() => rmSync(folder, { recursive: true, maxRetries: 5, retryDelay: 200 }));

const project = join(import.meta.dirname, "../..");

/** The program in a process of its own; Ctrl-C as soon as it prints `interruptAt`. */
function program(words: readonly string[], interruptAt: string | null = null) {
  const started = ["--import", "tsx", join(project, "src/cli/main.ts"), ...words];
  const env = { ...process.env, npm_lifecycle_event: undefined };
  const child = spawn(process.execPath, started, { cwd: project, env });
  let [out, err] = ["", ""];
  let isAsked = false;
  child.stdout.on("data", (data) => {
    out += data;
    if (isAsked || interruptAt === null || !out.includes(interruptAt)) return;
    isAsked = true;
    child.kill("SIGINT");
  });
  child.stderr.on("data", (data) => {
    err += data;
  });
  return new Promise<{ code: number | null; out: string; err: string; last: Record<string, never> }>((done) => {
    child.on("close", (code) => done({ code, out, err, last: JSON.parse(out.trim().split("\n").at(-1) || "{}") }));
  });
}

// A scene and a network as small as they can be.
const size = [
  ...["--scene.simulate.height", "32", "--scene.simulate.width", "32", "--split", "blocks:8", "--baselines", ""],
  ...["--network.width", "8", "--network.heads", "2", "--network.patch", "4", "--features.core", "4"],
  ...["--features.windows.mean", "1,3", "--features.windows.deviation", "3", "--head.count", "1", "--head.steps", "5"],
  ...["--pretraining.steps", "400", "--threads", "1"],
];
const demo = (out: string, ...words: string[]): string[] => [
  "demo",
  "--out",
  join(folder, out),
  "--json",
  ...size,
  ...words,
];

describe("the program as a whole", { timeout: 180_000 }, () => {
  const isWindows = process.platform === "win32";

  it("stops in good order at Ctrl-C, and goes on as if nothing had been", { skip: isWindows }, async () => {
    const stopped = await program(demo("stopped"), '"task":"csdiff"');
    assert.equal(stopped.code, 130, stopped.err);
    assert.equal(stopped.last["kind"], "stopped");
    assert.match(stopped.last["resume"]!, /^symdiffuser demo .* --resume$/);
    const resumed = await program(demo("stopped", "--resume"));
    assert.equal(resumed.code, 0, resumed.err);
    assert.ok(!resumed.out.includes('"task":"csdiff","done":1,'));
    const straight = await program(demo("straight"));
    const scores = (result: typeof resumed) => (result.last["metrics"] as { confusion: number[][] }).confusion;
    assert.deepEqual(scores(resumed), scores(straight));
  });

  it("maps and evaluates a run, and tells what it is", async () => {
    const run = join(folder, "run");
    const trained = await program([...demo("run"), "--pretraining.steps", "2"]);
    assert.equal(trained.code, 0, trained.err);
    const { files, metrics } = trained.last as unknown as { files: string[]; metrics: { overallAccuracy: number } };
    assert.ok(files.every((file) => file.startsWith(run)));
    const evaluated = await program(["evaluate", run, "--json"]);
    assert.deepEqual((evaluated.last["metrics"] as typeof metrics).overallAccuracy, metrics.overallAccuracy);
    const mapped = await program(["map", run, "--out", join(folder, "map"), "--json"]);
    assert.equal(mapped.code, 0, mapped.err);
    assert.deepEqual(readFileSync(join(folder, "map", "map.tif")), readFileSync(join(run, "map.tif")));
    const again = await program(["train", join(run, "config.yaml"), "--json"]);
    assert.equal(again.code, 1);
    assert.match(again.err, /holds a run already — try --resume to go on with it, --overwrite to start anew\n$/);
  });
});
