/**
 * @file A scene of many plots: small scenes of the same sources, laid side by side on one grid with gaps without data
 * between them. Statistics and training are shared; a split can deal whole plots.
 */
import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { ConfigError, DataError } from "../tensor/index.ts";
import { toLocation } from "./location.ts";
import type { Raster, RasterData } from "./raster.ts";
import type { Plot } from "./scene.ts";

/** Pixels between plots: no tile and no window of the default settings sees two of them. */
const gap = 16;

/** Whether a path stands for many: it has a `*` in its file name. */
export function isPattern(path: string): boolean {
  return basename(toLocation(path).file).includes("*");
}

/** Texts that stand for `*` in the files that match, sorted. */
function matches(path: string): string[] {
  const { file } = toLocation(path);
  const [before, after, ...more] = basename(file).split("*");
  if (more.length > 0 || dirname(file).includes("*")) {
    throw new ConfigError(path, "expected one * in the name of the file; got several, or one in a folder", path);
  }
  let names: string[];
  try {
    names = readdirSync(dirname(file));
  } catch {
    throw new ConfigError(path, "expected a folder with files of that pattern; got no such folder", path);
  }
  const order = new Intl.Collator("en", { numeric: true });
  return names
    .filter(
      (name) => name.length >= before!.length + after!.length && name.startsWith(before!) && name.endsWith(after!),
    )
    .map((name) => name.slice(before!.length, name.length - after!.length))
    .sort(order.compare);
}

/**
 * The names of the plots: what stands for `*`, the same in every pattern.
 *
 * @throws ConfigError if no file matches, or a plot lacks a file
 */
export function plotNames(patterns: readonly string[]): readonly string[] {
  const [first, ...others] = patterns as readonly [string, ...string[]];
  const names = matches(first);
  if (names.length === 0) throw new ConfigError(first, "expected files of that pattern; got none", first);
  for (const pattern of others) {
    const found = new Set(matches(pattern));
    const missing = names.find((name) => !found.has(name));
    if (missing === undefined) continue;
    throw new ConfigError(
      pattern,
      `expected ${fileOfPlot(pattern, missing)}, as there is for ${first}; got none`,
      pattern,
    );
  }
  return names;
}

/** The path of one plot: `HSI/*.tif` and `A` → `HSI/A.tif`. */
export function fileOfPlot(pattern: string, name: string): string {
  const { file, field } = toLocation(pattern);
  const path = join(
    dirname(file),
    basename(file).replace("*", () => name),
  );
  return field === null ? path : `${path}#${field}`;
}

interface Size {
  readonly height: number;
  readonly width: number;
}

/** Side of the square that every plot has for itself, its gap included; plots lie at multiples of it. */
export function plotSpacing(sizes: readonly Size[]): number {
  return gap + sizes.reduce((most, { height, width }) => Math.max(most, height, width), 0);
}

/** Where plots lie, row by row, in a grid that is about square. */
export function laidOut(plots: readonly Omit<Plot, "row" | "col">[]): Size & { readonly plots: readonly Plot[] } {
  const side = plotSpacing(plots);
  const across = Math.ceil(Math.sqrt(plots.length));
  return {
    height: Math.ceil(plots.length / across) * side - gap,
    width: across * side - gap,
    plots: plots.map((plot, at) => ({ ...plot, row: Math.floor(at / across) * side, col: (at % across) * side })),
  };
}

/**
 * Rasters of plots as one raster; gaps are invalid and hold 0.
 *
 * @param rasters  one a plot, of its size
 * @throws DataError if bands or types differ
 */
export function mosaic(
  rasters: readonly Raster[],
  plots: readonly Plot[],
  { height, width }: Size,
  subject: string,
): Raster {
  const [first] = rasters as readonly [Raster];
  const { bands } = first;
  const data = new (first.data.constructor as new (length: number) => RasterData)(height * width * bands);
  const valid = new Uint8Array(height * width);
  for (const [at, plot] of plots.entries()) {
    const raster = rasters[at]!;
    if (raster.bands !== bands || raster.data.constructor !== first.data.constructor) {
      const what = (one: Raster) =>
        `${one.bands} bands of ${one.data.constructor.name.replace("Array", "").toLowerCase()}`;
      throw new DataError(
        `${subject}, plot ${plot.name}`,
        `expected ${what(first)} as in ${plots[0]!.name}; got ${what(raster)}`,
      );
    }
    for (let row = 0; row < plot.height; row++) {
      const to = (plot.row + row) * width + plot.col;
      const from = row * plot.width;
      data.set(raster.data.subarray(from * bands, (from + plot.width) * bands) as never, to * bands);
      if (raster.valid === null) valid.fill(1, to, to + plot.width);
      else valid.set(raster.valid.subarray(from, from + plot.width), to);
    }
  }
  return { ...first, height, width, data, valid, georeference: null };
}
