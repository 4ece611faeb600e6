/** @file An outside check: scripts in Python, run where Python and what they import are installed, else skipped. */
import { spawnSync } from "node:child_process";

/** The program; another one than `python3` can be named in the environment. */
const program = process.env["SYMDIFFUSER_PYTHON"] ?? "python3";

/** Why scripts that import these modules cannot run here, false where they can: the `skip` of a test. */
export function missingPython(...modules: readonly string[]): string | false {
  const { status } = spawnSync(program, ["-c", `import ${modules.join(", ")}`], { stdio: "ignore" });
  return status === 0 ? false : `needs ${program} with ${modules.join(", ")}; SYMDIFFUSER_PYTHON names another Python`;
}

/** What a script prints. @throws Error with what it complained of */
export function runPython(...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, words, {
    encoding: "utf8",
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1", PYTHONIOENCODING: "utf-8" },
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`${program} ${words.join(" ")} ended with ${status}\n${stdout}${stderr}`);
  return stdout;
}
