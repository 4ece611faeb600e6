/** @file `npm run demo`: set up, then train on a simulated scene; further words go to the command. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { build, installPackages, root } from "./setup.mjs";

installPackages();
build();
// Ctrl-C reaches both processes: the command ends in good order, and this one waits for it.
process.on("SIGINT", () => {});
const program = join(root, "dist", "cli", "main.js");
const done = spawnSync(process.execPath, [program, "demo", ...process.argv.slice(2)], { cwd: root, stdio: "inherit" });
process.exit(done.status ?? 1);
