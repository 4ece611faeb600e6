/** @file How much memory a large scene takes to map, and how long, next to a small one: two sources of 12 and 2 bands. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tiffFile } from "../src/evaluate/tiff-directory.ts";
import { predictors, tileEncoder } from "../src/evaluate/tiff-tiles.ts";
import { tilesInMemory } from "../src/evaluate/tile-store.ts";
import { doJob } from "../src/mapping/job.ts";
import { resolveConfig, trainRun } from "../src/train/index.ts";

/** Where a scene has data: as many pixels in every scene, across the parts in which a large one is mapped. */
const area = { row: 500, col: 600, side: 640 } as const;
type Square = Readonly<Record<"row" | "col" | "side", number>>;
const sources = { optical: 12, radar: 2 } as const;
const tileSide = 256;

/** Number of a pixel. */
type Value = (row: number, col: number, band: number) => number;

/** Six classes, in patches. */
const classAt: Value = (row, col) => 1 + ((Math.floor(row / 40) * 7 + Math.floor(col / 40) * 3) % 6);

/** Bands follow a shape that their class has. */
const valueAt: Value = (row, col, band) => {
  const patch = classAt(row, col, 0);
  const grain = Math.imul(row * 7919 + col * 104729 + band * 1299709, 2654435761) >>> 24;
  return 2000 + 900 * Math.sin(patch + (band * (patch + 1)) / 5) + 2 * grain;
};

/** A sparse GeoTIFF of 16-bit numbers, 0 = missing, with data from `row`, `col` on in a square. */
function writeSparse(file: string, side: number, bands: number, from: Square, numberAt: Value): void {
  const across = Math.ceil(side / tileSide);
  const store = tilesInMemory();
  const encode = tileEncoder(tileSide * bands, bands, predictors.none);
  const left = store.put(new Uint8Array(0));
  const tiles = Array.from({ length: across ** 2 }, (_, index) => {
    const [top, start] = [Math.floor(index / across) * tileSide, (index % across) * tileSide];
    const isIn = (at: number, first: number): boolean => at >= first && at < first + from.side && at < side;
    const meets = (at: number, first: number): boolean => at + tileSide > first && at < first + from.side;
    if (!meets(top, from.row) || !meets(start, from.col)) return left;
    const tile = new Uint16Array(tileSide ** 2 * bands);
    for (let row = 0; row < tileSide; row++) {
      if (!isIn(top + row, from.row)) continue;
      for (let col = 0; col < tileSide; col++) {
        if (!isIn(start + col, from.col)) continue;
        const at = (row * tileSide + col) * bands;
        for (let band = 0; band < bands; band++) tile[at + band] = numberAt(top + row, start + col, band);
      }
    }
    return store.put(encode(tile));
  });
  const each = (value: number): number[] => new Array<number>(bands).fill(value);
  const numbers = { 256: [side], 257: [side], 277: [bands], 322: [tileSide], 323: [tileSide] };
  const shorts = { 258: each(16), 259: [8], 262: [1], 284: [1], 317: [1], 339: each(1) };
  const fields = [
    ...Object.entries(numbers).map(([tag, values]) => ({ tag: Number(tag), type: "long", values }) as const),
    ...Object.entries(shorts).map(([tag, values]) => ({ tag: Number(tag), type: "short", values }) as const),
    { tag: 42113, type: "ascii", text: "0" } as const,
  ];
  writeFileSync(file, Buffer.concat([...tiffFile([{ fields, tiles }], store)]));
}

/** Write both sources; returns their files by name. */
function writeScene(folder: string, side: number, from: Square) {
  return Object.fromEntries(
    Object.entries(sources).map(([name, bands]) => {
      const file = join(folder, `${name}-${side}.tif`);
      writeSparse(file, side, bands, from, valueAt);
      return [name, [file]] as const;
    }),
  );
}

/** What the process of one map tells. */
interface Measured {
  readonly seconds: number;
  /** Of all threads; on a busy machine, this tells the work. */
  readonly processorSeconds: number;
  readonly peakBytes: number;
}

/** In a process of its own: map with a run, and tell. */
export async function mapHere(run: string, threads: number, files: readonly string[]): Promise<void> {
  const given = Object.fromEntries(Object.keys(sources).map((name, at) => [name, [files[at]!]]));
  const before = process.cpuUsage();
  const start = performance.now();
  await doJob(
    { job: "map", run, sources: given, out: join(run, "map"), threads },
    { onEvent: () => {}, isStopped: () => false },
  );
  const seconds = (performance.now() - start) / 1e3;
  const { user, system } = process.cpuUsage(before);
  const processorSeconds = (user + system) / 1e6;
  console.log(
    JSON.stringify({ seconds, processorSeconds, peakBytes: process.resourceUsage().maxRSS * 1024 } satisfies Measured),
  );
}

/** Train for a moment, then map a small scene that is all data, and large ones with as much data. */
export async function compareSizes(sides: readonly number[], threads: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "large-"));
  try {
    const run = join(folder, "run");
    const small = { row: 0, col: 0, side: 512 };
    const known = writeScene(folder, small.side, small);
    const labels = join(folder, "labels.tif");
    writeSparse(labels, small.side, 1, small, classAt);
    const scene = {
      sources: Object.fromEntries(Object.entries(known).map(([name, file]) => [name, { file }])),
      labels: { file: labels },
    };
    const short = { pretraining: { steps: 4 }, head: { steps: 4 }, baselines: [], threads };
    const config = resolveConfig(
      { name: "large", scene, split: { rule: "perClass:20" }, out: run, ...short },
      "large.yaml",
      folder,
    );
    await trainRun(
      config,
      run,
      { resume: false, overwrite: true },
      { onTask: () => {}, isStopped: () => false, onOpened: () => {} },
    );
    const measured = (side: number, files: readonly string[], valid: number) => {
      const words = ["--import", "tsx", fileURLToPath(new URL("./mapping.ts", import.meta.url)), "--map", run];
      const { status, stdout, stderr } = spawnSync(process.execPath, [...words, String(threads), ...files], {
        encoding: "utf8",
      });
      if (status !== 0) throw new RangeError(`expected a map; got ${stderr}`);
      const { seconds, processorSeconds, peakBytes } = JSON.parse(stdout) as Measured;
      return {
        ...{ side, validPixels: valid, seconds, processorSeconds },
        pixelsPerSecond: Math.round(valid / seconds),
        pixelsPerProcessorSecond: Math.round(valid / processorSeconds),
        peakMemoryMegabytes: Math.round(peakBytes / 1e6),
      };
    };
    const filesOf = (scene: Record<string, readonly string[]>): string[] => Object.values(scene).flat();
    const reference = measured(small.side, filesOf(known), small.side ** 2);
    console.log(JSON.stringify(reference));
    for (const side of sides) {
      const files = filesOf(writeScene(folder, side, area));
      const large = measured(side, files, area.side ** 2);
      const share = (name: "pixelsPerSecond" | "pixelsPerProcessorSecond"): number =>
        Number((large[name] / reference[name]).toFixed(3));
      const ofSmall = { wall: share("pixelsPerSecond"), processor: share("pixelsPerProcessorSecond") };
      console.log(JSON.stringify({ ...large, ofSmall }));
      for (const file of files) rmSync(file);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
