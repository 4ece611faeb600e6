/**
 * @file Does any damage to a file make a reader crash, hang or take much memory?
 *
 * Run: node --import tsx scripts/damage.ts [files of each format 20000] [formats…] [--from number of a damage 0]
 *
 * The files that the tests damage, damaged far more often, each format in a process of its own. Times are of the
 * processor; the peak is of all memory of that process. Every fault is told with the number of its damage. A long run
 * can be made in parts: 20000 of a format with nine files go on `--from 2223`.
 */
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { damagedFormats, damagedReadings } from "../test/support/damage.ts";

/** What has happened so far. */
interface Tally {
  readonly files: number;
  readonly refused: number;
  readonly slowestMs: number;
  readonly slowest: string;
  readonly peakMb: number;
  /** The largest raster that was read. */
  readonly largestMb: number;
  readonly faults: number;
  /** What is read next, for those that never come back. */
  readonly next: string;
  readonly fault: string | null;
}

/** Seconds without a word after which a reader hangs. */
const patience = 60;

const { values, positionals } = parseArgs({ options: { from: { type: "string" } }, allowPositionals: true });
const [count = "20000", ...names] = positionals;
const from = Number(values.from ?? 0);
if (process.send !== undefined) await damageHere(names[0]!, Number(count));
else await damageAll(Number(count));

async function damageAll(count: number): Promise<void> {
  const unknown = names.find((name) => !damagedFormats.some((format) => format.name === name));
  if (unknown !== undefined) {
    const known = damagedFormats.map(({ name }) => name).join(", ");
    console.error(`formats: expected some of ${known}; got ${unknown}`);
    process.exit(2);
  }
  let faults = 0;
  console.log("format         files  refused     read  slowest ms   peak MB  largest MB  faults");
  for (const { name } of damagedFormats) {
    if (names.length > 0 && !names.includes(name)) continue;
    const done = await damageFormat(name, count);
    const { files, refused, slowestMs, peakMb, largestMb, slowest } = done;
    const numbers = [files, refused, files - refused - done.faults].map((one) => String(one).padStart(9));
    const sizes = [slowestMs, peakMb, largestMb].map((one) => one.toFixed(0).padStart(11));
    console.log(
      `${name.padEnd(11)}${numbers.join("")} ${sizes.join("")}${String(done.faults).padStart(8)}  ${slowest}`,
    );
    faults += done.faults;
  }
  process.exitCode = faults === 0 ? 0 : 1;
}

/** In a process of its own, which may crash or hang. */
async function damageFormat(name: string, count: number): Promise<Tally> {
  const child = fork(fileURLToPath(import.meta.url), [String(count), name, "--from", String(from)], {
    execArgv: ["--import", "tsx"],
  });
  let last: Tally | null = null;
  let silent = 0;
  const clock = setInterval(() => {
    if (++silent > patience) child.kill("SIGKILL");
  }, 1000);
  child.on("message", (tally: Tally) => {
    silent = 0;
    last = tally;
    if (tally.fault !== null) console.log(`fault: ${tally.fault}`);
  });
  const code = await new Promise<number | null>((resolve) => child.on("exit", resolve));
  clearInterval(clock);
  const tally = last as Tally | null;
  if (tally === null) throw new RangeError(`expected ${name} to start; got exit code ${code}`);
  if (code === 0) return tally;
  console.log(`fault: ${tally.next}: ${code === null ? "hangs or is killed" : `crashes (exit code ${code})`}`);
  return { ...tally, faults: tally.faults + 1 };
}

async function damageHere(name: string, count: number): Promise<void> {
  const format = damagedFormats.find((one) => one.name === name)!;
  const folder = mkdtempSync(join(tmpdir(), "symdiffuser-damage-"));
  const tally = { files: 0, refused: 0, slowestMs: 0, slowest: "", peakMb: 0, largestMb: 0, faults: 0, next: "" };
  const tell = (fault: string | null): void => {
    tally.peakMb = process.resourceUsage().maxRSS / 1024;
    process.send!({ ...tally, fault } satisfies Tally);
  };
  try {
    for (const [at, one] of format.files.entries()) {
      const numbers = Array.from({ length: Math.ceil(count / format.files.length) }, (_, damage) => from + damage);
      tally.next = `${basename(one.file)} (${basename(one.location)}) damage ${from}`;
      tell(null);
      for await (const outcome of damagedReadings(format, one, numbers, join(folder, String(at)))) {
        const { damage, read, fault, tookMs } = outcome;
        const what = `${basename(one.file)} (${basename(one.location)}) damage ${damage}`;
        tally.files++;
        if (fault !== null) tally.faults++;
        else if (read === null) tally.refused++;
        if (tookMs > tally.slowestMs) [tally.slowestMs, tally.slowest] = [tookMs, what];
        if (read !== null && "data" in read)
          tally.largestMb = Math.max(tally.largestMb, read.data.byteLength / 2 ** 20);
        tally.next = what.replace(/\d+$/, String(damage + 1));
        tell(fault === null ? null : `${what}: ${fault}`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.disconnect();
}
