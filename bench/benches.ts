/** @file The table of benchmarks: each runs a program of this folder, or the product, and makes figures of what it says. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Figure, median, type Target } from "./figures.ts";
import { writeMadeScene } from "./made-scene.ts";

/** What the command line says. */
export interface Options {
  /** A Python with PyTorch, SciPy and h5py; null where there is none. */
  readonly python: string | null;
  /** A Python with GDAL. */
  readonly gdalPython: string | null;
  /** How long the training for steadiness lasts. */
  readonly minutes: number;
}

/** An entry of the table. */
export interface Bench {
  readonly name: string;
  /** A slow one is run only where its name is given. */
  readonly isSlow: boolean;
  readonly measure: (options: Options) => readonly Figure[];
}

const root = join(import.meta.dirname, "..");
const threads = 2;

type Line = Readonly<Record<string, unknown>>;

/** Lines of JSON that a program prints. */
function linesOf(program: string, ...words: readonly string[]): Line[] {
  const given = ["--import", "tsx", join("bench", program), ...words];
  const { status, stdout } = spawnSync(process.execPath, given, {
    ...{ cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], maxBuffer: 1e8 },
  });
  if (status !== 0) throw new RangeError(`expected bench/${program} to end well; got exit code ${status}`);
  const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line) as Line);
}

function figure(name: string, target: Target | null, measured: unknown, unit: string, note?: string): Figure {
  return { figure: name, target, measured: typeof measured === "number" ? measured : null, unit, note: note ?? null };
}

/** Work in a folder that is removed afterwards. */
function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const noTorch = "no Python with PyTorch; see --python";
const denoisers = [
  { name: "small", ratio: 0.8, share: 0.5 },
  { name: "base", ratio: 0.9, share: 0.7 },
] as const;

function denoiser({ python }: Options): Figure[] {
  return denoisers.flatMap(({ name, ratio, share }) => {
    const words = [name, `${threads}`, ...(python === null ? [] : [python])];
    const found = linesOf("denoiser.ts", ...words).at(-1)!;
    const note = python === null ? noTorch : String(found["twin"]);
    return [
      figure(`training step, ${name}`, { most: ratio }, found["stepRatio"], "of PyTorch's time", note),
      figure(`training step, ${name}`, { least: share }, found["stepShareOfPeak"], "of the matrix-product rate"),
      figure(`training step, ${name}`, null, found["stepMs"], "ms"),
      figure(`features of a tile, ${name}`, { most: 0.7 }, found["extractionRatio"], "of PyTorch's time", note),
    ];
  });
}

function scene({ python }: Options): Figure[] {
  const words = ["448", `${threads}`, ...(python === null ? [] : [python])];
  const found = linesOf("scene.ts", ...words).at(-1)!;
  const note = python === null ? noTorch : `PyTorch ${String(found["twin"])}`;
  const name = "features of a scene of 448 × 448 pixels, small";
  return [
    figure(name, { most: 0.7 }, found["ratio"], "of PyTorch's time", note),
    figure(name, null, found["pixelsPerSecond"], "pixels a second"),
  ];
}

/** Of the second, size and bands are those of the Houston 2013 scene. */
const madeScenes = [
  { size: [448, 448], bands: 12, other: "sar", least: 15_000 },
  { size: [349, 1905], bands: 144, other: "lidar", least: 10_000 },
] as const;

function mapping(): Figure[] {
  return madeScenes.flatMap(({ size, bands, other, least }) => {
    const lines = inFolder((folder) => linesOf("mapping.ts", writeMadeScene(folder, size, bands, other), "3"));
    const speed = median(lines.map((line) => line["pixelsPerSecond"] as number));
    const name = `files to GeoTIFF, ${bands} + ${other === "sar" ? 2 : 1} bands, ${size.join(" × ")}`;
    return [
      figure(name, { least }, speed, "pixels a second"),
      figure(name, null, Math.max(...lines.map((line) => line["peakMemoryMegabytes"] as number)), "MB at most"),
    ];
  });
}

const largeSide = 20_000;

function large(): Figure[] {
  const found = linesOf("mapping.ts", "--large", `${largeSide}`).at(-1)!;
  const ofSmall = found["ofSmall"] as { wall: number; processor: number };
  const name = `map of ${largeSide} × ${largeSide} pixels`;
  return [
    figure(name, { most: 1500 }, found["peakMemoryMegabytes"], "MB at most"),
    figure(name, { least: 0.9 }, ofSmall.wall, "of a small scene's pixels a second"),
    figure(name, null, ofSmall.processor, "of its pixels a processor second"),
  ];
}

/** Seconds of a command of the built program. */
function secondsOf(...words: readonly string[]): number {
  const start = performance.now();
  const given = [join(root, "dist", "cli", "main.js"), ...words];
  const { status } = spawnSync(process.execPath, given, { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) throw new RangeError(`expected symdiffuser ${words[0]} to end well; got exit code ${status}`);
  return (performance.now() - start) / 1e3;
}

const realScene = join(root, "..", "shared", "data", "terramesh-433D");

function whole(): Figure[] {
  const train = (...words: string[]): number => inFolder((folder) => secondsOf(...words, "--out", join(folder, "run")));
  const config = "configs/terramesh-433d.yaml";
  const real = existsSync(realScene) ? train("train", config) : null;
  return [
    figure(`${config}, files to report`, { most: 60 }, real, "s", real === null ? "its files are not here" : undefined),
    figure("demo", { most: 120 }, train("demo"), "s"),
  ];
}

const answers: ReadonlyMap<unknown, Target> = new Map([
  ["--help", { most: 0.15 }],
  ["info", { most: 0.4 }],
]);

function start(): Figure[] {
  return linesOf("start.ts").map(({ command, leastSeconds, medianSeconds }) => {
    const least = `at best ${(leastSeconds as number).toFixed(3)}`;
    return figure(`start: ${String(command)}`, answers.get(command) ?? null, medianSeconds, "s", least);
  });
}

function reading({ gdalPython, python }: Options): Figure[] {
  if (gdalPython === null || python === null) {
    const note = "no Pythons with GDAL, SciPy and h5py; see --python, --gdal-python";
    return [figure("reading a cube", null, null, "of GDAL's, SciPy's and h5py's time", note)];
  }
  return linesOf("reading.ts", gdalPython, python, "5", "--json").flatMap(({ file, ratio, memory }) => [
    figure(`reading ${String(file)}`, { most: 1.5 }, ratio, "of the time of GDAL, SciPy or h5py"),
    figure(`reading ${String(file)}`, { most: 1.3 }, memory, "of the cube's size in memory"),
  ]);
}

function steadiness({ minutes }: Options): Figure[] {
  const found = linesOf("steady.ts", `${minutes}`).at(-1)!;
  const name = `training for ${minutes} min`;
  return [
    figure(name, null, found["stepsPerSecond"], "steps a second"),
    figure(
      `${name}, last tenth against first`,
      { most: 0.05 },
      found["processorTimeDrift"],
      "more processor time a step",
    ),
    figure(`${name}, last tenth against first`, { most: 0.05 }, found["memoryDrift"], "more memory"),
  ];
}

function accuracy(): Figure[] {
  return ["demo", "terramesh-433d"].flatMap((name) => {
    if (name !== "demo" && !existsSync(realScene)) return [];
    const runs = linesOf("accuracy.ts", join("configs", `${name}.yaml`));
    return [...new Set(runs.map(({ method }) => method))].map((method) => {
      const scores = runs.flatMap((run) => (run["method"] === method ? [Number(run["overallAccuracy"])] : []));
      const mean = scores.reduce((a, b) => a + b) / scores.length;
      return figure(`overall accuracy, ${name}, ${String(method)}`, null, mean, "%", `${scores.length} runs`);
    });
  });
}

/** All benchmarks, in the order of the table. */
export const benches: readonly Bench[] = [
  { name: "start", isSlow: false, measure: start },
  { name: "reading", isSlow: false, measure: reading },
  { name: "denoiser", isSlow: false, measure: denoiser },
  { name: "scene", isSlow: false, measure: scene },
  { name: "mapping", isSlow: false, measure: mapping },
  { name: "whole", isSlow: false, measure: whole },
  { name: "steadiness", isSlow: false, measure: steadiness },
  { name: "large", isSlow: true, measure: large },
  { name: "accuracy", isSlow: true, measure: accuracy },
];
