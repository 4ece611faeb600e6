import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { describe, it } from "node:test";

const project = join(import.meta.dirname, "../..");

/** A GPU in software, as Debian's chromium-common and others bring it. */
const softwareGpu = [
  "/usr/lib/chromium/vk_swiftshader_icd.json",
  "/usr/lib/chromium-browser/vk_swiftshader_icd.json",
  "/opt/google/chrome/vk_swiftshader_icd.json",
].find(existsSync);
/** The machine's own GPU is used only where that is asked for. */
const isOwn = process.env["SYMDIFFUSER_WEBGPU"] === "own";
const skip =
  isOwn || softwareGpu !== undefined
    ? false
    : "needs SwiftShader (Debian: apt install chromium-common libvulkan1); SYMDIFFUSER_WEBGPU=own takes the machine's GPU";

function environment(): NodeJS.ProcessEnv {
  if (isOwn || softwareGpu === undefined) return process.env;
  const libraries = [dirname(softwareGpu), process.env["LD_LIBRARY_PATH"] ?? ""].filter(Boolean).join(delimiter);
  return { ...process.env, VK_ICD_FILENAMES: softwareGpu, LD_LIBRARY_PATH: libraries };
}

/** The last line that a program prints, as JSON; drivers may end a process ill once it has printed. */
function answerOf(words: readonly string[], env: NodeJS.ProcessEnv) {
  const started = ["--import", "tsx", ...words];
  const { stdout, stderr } = spawnSync(process.execPath, started, {
    ...{ cwd: project, encoding: "utf8", env, timeout: 240_000 },
  });
  const line = stdout.trim().split("\n").at(-1)!;
  assert.ok(line.startsWith("{"), `no answer; ${stderr}`);
  return JSON.parse(line);
}

describe("WebGPU", () => {
  it("trains and maps as the processor does", { skip, timeout: 250_000 }, (context) => {
    const { operations, training, resumption, map, times } = answerOf(
      [join("test", "support", "on-webgpu.ts")],
      environment(),
    );
    context.diagnostic(JSON.stringify({ operations, training, resumption, map, times }));
    assert.ok(operations < 1e-5, `operations differ by ${operations}`);
    assert.ok(training.last < 0.5 * training.first, `the loss went from ${training.first} to ${training.last}`);
    assert.ok(training.losses < 1e-3, `losses differ by ${training.losses}`);
    // The state was read back from the device and fed to it again.
    assert.ok(resumption.isStopped, "was stopped");
    assert.ok(resumption.losses < 1e-5, `after a stop, losses differ by ${resumption.losses}`);
    assert.ok(map < 1e-4, `probabilities differ by ${map}`);
  });

  const isLinux = process.platform === "linux";
  it("is not taken by auto where there is no GPU", { skip: !isLinux && "hides the GPU by a way of Linux" }, () => {
    const program =
      'import { chooseDevice } from "./src/tensor/index.ts"; process.stdout.write(JSON.stringify(await chooseDevice("auto", 1)));';
    const env = { ...process.env, VK_ICD_FILENAMES: join(project, "absent.json") };
    assert.deepEqual(answerOf(["--input-type=module", "--eval", program], env), {
      device: "cpu",
      note: "Computing on the cpu: no GPU that WebGPU can use was found",
    });
  });
});
