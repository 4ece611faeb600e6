/** @file `symdiffuser info`: what a raster, a run or a model holds. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { formatTable, type Metrics, parseMetrics } from "../evaluate/index.ts";
import { describeRaster, type FileDescription, type RasterDescription } from "../scene/index.ts";
import { type Checkpoint, FormatError, readCheckpoint } from "../tensor/index.ts";
import { configText, type RunConfig, readConfig, runFiles } from "../train/index.ts";
import { addCommonFlags, type CommandEntry, type CommonFlags, type Context, printJson } from "./command.ts";
import { metricsText } from "./job.ts";

interface CheckpointDescription {
  readonly file: string;
  readonly arrays: readonly { readonly name: string; readonly dtype: string; readonly shape: readonly number[] }[];
  readonly metadata: Checkpoint["metadata"];
}

interface RunDescription {
  readonly folder: string;
  /** Whether its model is trained. */
  readonly isFinished: boolean;
  readonly config: RunConfig;
  readonly metrics: Metrics | null;
}

/** What can be described: whether a path is one, its description, and that as text. */
interface Kind<Description> {
  readonly holds: (path: string) => boolean;
  readonly describe: (path: string) => Description | Promise<Description>;
  readonly text: (description: Description) => string;
}

const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

const runs: Kind<RunDescription> = {
  holds: isFolder,
  describe: (folder) => {
    const config = join(folder, runFiles.config);
    if (!existsSync(config)) throw new FormatError(folder, `expected the folder of a run; got one without config.yaml`);
    const metrics = join(folder, "metrics.json");
    return {
      folder,
      isFinished: existsSync(join(folder, runFiles.model)),
      config: readConfig(config),
      metrics: existsSync(metrics) ? parseMetrics(readFileSync(metrics, "utf8"), metrics) : null,
    };
  },
  text: ({ folder, isFinished, config, metrics }) => {
    const state = metrics ? metricsText(metrics) : isFinished ? "trained, not tested\n" : "not finished\n";
    return `${folder}: a run\n\n${configText(config)}\n${state}`;
  },
};

const longestText = 100;

const checkpoints: Kind<CheckpointDescription> = {
  holds: (path) => path.toLowerCase().endsWith(".safetensors"),
  describe: async (file) => {
    const { arrays, metadata } = await readCheckpoint(file);
    return {
      file,
      arrays: Object.entries(arrays).map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
      metadata,
    };
  },
  text: ({ file, arrays, metadata }) => {
    const size = ({ shape }: { readonly shape: readonly number[] }): number => shape.reduce((a, b) => a * b, 1);
    const parts = new Map<string, { arrays: number; numbers: number }>();
    for (const array of arrays) {
      const part = partOf(array.name);
      const before = parts.get(part) ?? { arrays: 0, numbers: 0 };
      parts.set(part, { arrays: before.arrays + 1, numbers: before.numbers + size(array) });
    }
    const count = arrays.reduce((total, array) => total + size(array), 0);
    const rows = Array.from(parts, ([part, { arrays, numbers }]) => [part, String(arrays), String(numbers)]);
    const about = Object.entries(metadata).map(([name, value]) => `${name}: ${shortened(value)}\n`);
    return `${file}: ${arrays.length} arrays, ${count} numbers\n\n${formatTable(["Part", "Arrays", "Numbers"], rows)}\n${about.join("")}`;
  },
};

/** `network.0` of `network.0.embed.bias`, `scale` of `scale.mean`. */
function partOf(name: string): string {
  return /^[^.]+(?:\.\d+)?/.exec(name)![0];
}

function shortened(text: string): string {
  const isLong = text.length > longestText || text.includes("\n");
  return isLong ? `${text.length} characters of text, whole with --json` : text;
}

const rasters: Kind<FileDescription> = {
  holds: () => true,
  describe: describeRaster,
  text: ({ file, format, raster, variables }) => {
    const inside = variables?.map(({ path, content }) => `  ${path}: ${content}\n`).join("") ?? "";
    const choice =
      raster === null ? `several arrays; choose one with ${file}#NAME\n` : `${format}\n${rasterText(raster)}`;
    return `${file}: ${choice}${inside && `Variables\n${inside}`}`;
  },
};

const shortNumber = (value: number | null): string => (value === null ? "–" : String(Number(value.toPrecision(6))));

function rasterText(raster: RasterDescription): string {
  const { height, width, bands, dtype, nodata, validPixels, crs, transform, wavelengthsNm, statistics, counts } =
    raster;
  const valid = validPixels === height * width ? "all" : `${validPixels} of ${height * width}`;
  const known = wavelengthsNm?.filter(Number.isFinite) ?? [];
  const lines = [
    `${height} rows × ${width} columns × ${bands} band${bands === 1 ? "" : "s"}, ${dtype}`,
    `valid pixels: ${valid}${nodata === null ? "" : `, nodata ${nodata}`}`,
    crs && `reference system: ${crs.name ?? "not named"}${crs.epsg === null ? "" : ` (EPSG:${crs.epsg})`}`,
    transform && `transform: ${transform.map(shortNumber).join(", ")}`,
    known.length > 0 && `wavelengths: ${shortNumber(Math.min(...known))} to ${shortNumber(Math.max(...known))} nm`,
  ].filter((line) => typeof line === "string");
  const bandRows = statistics?.map((one) => [
    one.name === null ? String(one.band) : `${one.band} ${one.name}`,
    ...[one.min, one.max, one.mean].map(shortNumber),
  ]);
  const codeRows = counts?.map(({ value, name, pixels }) => [
    name ? `${value} ${name}` : String(value),
    String(pixels),
  ]);
  const tables = [
    bandRows && formatTable(["Band", "Least", "Greatest", "Mean"], bandRows),
    codeRows && formatTable(["Value", "Pixels"], codeRows),
  ].filter((table) => typeof table === "string");
  return `${lines.map((line) => `  ${line}\n`).join("")}${tables.map((table) => `\n${table}`).join("")}`;
}

// The first kind that holds a path describes it.
const kinds = [runs, checkpoints, rasters] as readonly Kind<unknown>[];

export const info: CommandEntry = {
  name: "info",
  summary: "tell what a raster, a run or a model holds",
  define: (command: Command, context: Context) => {
    command.argument("<file...>", "raster, FILE.mat#NAME, folder of a run, or .safetensors file");
    addCommonFlags(command);
    command.action(async (paths: readonly string[], flags: CommonFlags) => {
      for (const [at, path] of paths.entries()) {
        const kind = kinds.find(({ holds }) => holds(path))!;
        const description = await kind.describe(path);
        if (flags.json) printJson(context.out, description);
        else context.out.write(`${at === 0 ? "" : "\n"}${kind.text(description)}`);
      }
    });
  },
};
