/** @file Makes a fresh clone ready, with Node and npm alone: packages if missing, compiled code if older than its source. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Run a command in the project's folder; end this process with its exit code if it fails. */
export function must(command, ...args) {
  const done = spawnSync(command, args, { cwd: root, stdio: "inherit", shell: process.platform === "win32" });
  if (done.status !== 0) process.exit(done.status ?? 1);
}

/** Install the packages of the lock file where they are missing or older than it. */
export function installPackages() {
  const installed = join(root, "node_modules", ".package-lock.json");
  const lock = join(root, "package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  // Not `npm ci`: a lock file made on one platform may lack the optional packages of another, which `ci` refuses.
  must("npm", "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error");
}

/** Newest modification time below a folder, in ms. */
function newest(folder) {
  let latest = 0;
  for (const entry of readdirSync(folder, { recursive: true })) {
    latest = Math.max(latest, statSync(join(folder, entry)).mtimeMs);
  }
  return latest;
}

/** Compile `src/` to `dist/` where that is missing or out of date. */
export function build() {
  const dist = join(root, "dist", "index.js");
  if (existsSync(dist) && statSync(dist).mtimeMs >= newest(join(root, "src"))) return;
  must("npm", "run", "--silent", "build");
}
