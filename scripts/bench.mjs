/** @file `npm run bench`: set up, then run the benchmarks; words and flags go to bench/run.ts. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { build, installPackages, root } from "./setup.mjs";

installPackages();
build();
const words = ["--import", "tsx", join("bench", "run.ts"), ...process.argv.slice(2)];
const done = spawnSync(process.execPath, words, { cwd: root, stdio: "inherit" });
process.exit(done.status ?? 1);
