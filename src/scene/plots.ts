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
import { hasBand } from "./selection.ts";

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

/** Have all plots as many bands, of one type? @throws DataError if not */
export function checkAlike(rasters: readonly Raster[], plots: readonly string[], subject: string): void {
  const what = ({ bands, data }: Raster): string =>
    `${bands} bands of ${data.constructor.name.replace("Array", "").toLowerCase()}`;
  const expected = what(rasters[0]!);
  const other = rasters.findIndex((one) => what(one) !== expected);
  if (other < 0) return;
  const got = what(rasters[other]!);
  throw new DataError(`${subject}, plot ${plots[other]}`, `expected ${expected} as in ${plots[0]}; got ${got}`);
}

const mostNamed = 5;

/** The first few of a list. */
export function shortList(all: readonly (string | number)[]): string {
  return all.slice(0, mostNamed).join(", ") + (all.length > mostNamed ? ` and ${all.length - mostNamed} more` : "");
}

/**
 * A sentence on plots without any data in a band that is used because others have it.
 *
 * @param bands   those that are used
 * @param nodata  @default each raster's own
 * @returns  null if there is none
 */
export function lackedBands(
  rasters: readonly Raster[],
  bands: readonly number[],
  nodata: number | undefined,
  plots: readonly string[],
): string | null {
  const lacked = rasters.map((raster) => bands.filter((band) => !hasBand(raster, band, nodata)));
  const lacking = plots.filter((_, plot) => lacked[plot]!.length > 0);
  if (lacking.length === 0) return null;
  const missing = bands.filter((_, at) => lacked.some((one) => one.includes(bands[at]!)));
  return (
    `no data in band ${shortList(missing)} in ${lacking.length} of ${plots.length} plots (${shortList(lacking)}), ` +
    "whose pixels are left out; choose bands without them to keep these plots"
  );
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
  checkAlike(
    rasters,
    plots.map(({ name }) => name),
    subject,
  );
  const data = new (first.data.constructor as new (length: number) => RasterData)(height * width * bands);
  const valid = new Uint8Array(height * width);
  for (const [at, plot] of plots.entries()) {
    const raster = rasters[at]!;
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
