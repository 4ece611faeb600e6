/** @file `npm test`: set up, then run every `test/**\/*.test.ts`, or those whose path contains one of the given words. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { build, installPackages, root } from "./setup.mjs";

installPackages();
build();
const words = process.argv.slice(2);
const files = readdirSync(join(root, "test"), { recursive: true })
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => join("test", file))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort();
const done = spawnSync(process.execPath, ["--import", "tsx", "--test", "--test-concurrency=2", ...files], {
  cwd: root,
  stdio: "inherit",
});
process.exit(done.status ?? 1);
