/**
 * @file How long do people wait for an answer that takes no computing: the help, and a look into a small GeoTIFF?
 *
 * Run: npm run build && node --import tsx bench/start.ts [runs 15]
 * Times the built program, as it is installed, in fresh processes. Prints a JSON line for each command.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeGeoTiff } from "../src/evaluate/index.ts";
import { simulateScene } from "../src/scene/index.ts";
import { median } from "./figures.ts";

const [runs = "15"] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "start-"));
const file = join(folder, "hsi.tif");
writeFileSync(file, encodeGeoTiff(simulateScene({ seed: 0, height: 128, width: 128 }).sources[0]!.raster));
const program = join(import.meta.dirname, "../dist/cli/main.js");
const commands: readonly (readonly [name: string, ...words: string[]])[] = [
  ["node alone", "-e", "0"],
  ["--help", program, "--help"],
  ["info", program, "info", file],
];
for (const [command, ...words] of commands) {
  const seconds = Array.from({ length: Number(runs) }, () => {
    const start = performance.now();
    execFileSync(process.execPath, words);
    return (performance.now() - start) / 1e3;
  });
  console.log(JSON.stringify({ command, leastSeconds: Math.min(...seconds), medianSeconds: median(seconds) }));
}
rmSync(folder, { recursive: true });
