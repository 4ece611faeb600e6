/** @file Opening a scene: sources and labels read, put on one grid, checked. */
import { basename, extname } from "node:path";
import { ConfigError, DataError } from "../tensor/index.ts";
import { alignment, type Grid, gridText } from "./grid.ts";
import { guessKind } from "./kind.ts";
import { type LabelOptions, toLabels } from "./labels.ts";
import type { Raster } from "./raster.ts";
import { readRaster } from "./readers.ts";
import { resampled } from "./resample.ts";
import type { Scene, Source, SourceKind } from "./scene.ts";
import { hasBand, selected } from "./selection.ts";
import { bothValid, countValid } from "./validity.ts";

/** What the user says of one source. */
export interface SourceOptions {
  readonly name: string;
  /** `file`, or `file.mat#field`. */
  readonly file: string;
  /** @default guessed from the names and the number of bands */
  readonly kind?: SourceKind;
  /**
   * Bands to use, 0-based, in this order.
   *
   * @default every band that has data somewhere
   */
  readonly bands?: readonly number[];
  /** The value that stands for "missing", instead of the one the file declares. */
  readonly nodata?: number;
}

/** What the user says of a scene. */
export interface SceneOptions {
  /** @default the first source's file name */
  readonly name?: string;
  readonly sources: readonly SourceOptions[];
  readonly labels?: LabelOptions;
}

/**
 * Read a scene. Its grid is that of the labels, or, without labels, of the first source; other sources may be finer or
 * coarser by a whole factor and are averaged or interpolated. Only sizes are compared where a file has no
 * georeference.
 *
 * @throws DataError if grids do not fit, no pixel is valid in every source, or the labels have fewer than two classes
 * @throws ConfigError for names given twice and bands that are not there
 * @throws FormatError, UnsupportedError as the readers do
 */
export async function openScene(options: SceneOptions): Promise<Scene> {
  checkNames(options.sources);
  const labelRaster = options.labels === undefined ? null : await readRaster(options.labels.file);
  const read: Raster[] = [];
  for (const [at, source] of options.sources.entries()) {
    read.push(selected(await readRaster(source.file), source, `sources[${at}]`));
  }
  const names = options.sources.map(({ name }) => name);
  const grid = commonGrid(labelRaster, read, names);
  const sources: Source[] = options.sources.map((source, at) => ({
    name: source.name,
    kind: source.kind ?? guessKind([source.name, fileName(source.file)], read[at]!.bands),
    raster: resampled(read[at]!, alignment(read[at]!, grid)!, grid),
  }));
  const valid = sources.reduce<Uint8Array | null>((all, { raster }) => bothValid(all, raster.valid), null);
  const name = options.name ?? fileName(options.sources[0]!.file);
  const { height, width, georeference } = grid;
  checkValid(name, sources, valid, height * width);
  const labels = labelRaster === null ? null : toLabels(labelRaster, valid, options.labels!);
  return { name, height, width, sources, labels, georeference, valid };
}

function checkNames(sources: readonly SourceOptions[]): void {
  if (sources.length === 0) throw new ConfigError("sources", "expected at least one source; got none", sources);
  const seen = new Set<string>();
  for (const [at, { name }] of sources.entries()) {
    if (name === "") throw new ConfigError(`sources[${at}].name`, "expected a name; got an empty one", name);
    if (seen.has(name)) {
      throw new ConfigError(`sources[${at}].name`, `expected every name once; got "${name}" again`, name);
    }
    seen.add(name);
  }
}

function fileName(location: string): string {
  const [file] = location.split("#");
  return basename(file!, extname(file!));
}

/** The reference grid, with the first georeference found on it; every raster has been found to fit. */
function commonGrid(labels: Raster | null, sources: readonly Raster[], names: readonly string[]): Grid {
  const all = labels === null ? sources : [labels, ...sources];
  const subjects = labels === null ? names : ["labels", ...names];
  const { height, width } = all[0]!;
  const placed = all.findIndex((one) => one.height === height && one.width === width && one.georeference !== null);
  const grid: Grid = { height, width, georeference: all[placed]?.georeference ?? null };
  for (const [at, raster] of all.entries()) {
    if (alignment(raster, grid) !== null) continue;
    const expected = `the grid of ${subjects[Math.max(0, placed)]} (${gridText(grid)}) or a whole multiple or part of it`;
    const advice = "resample it first, for example with gdalwarp -t_srs, -te and -ts";
    throw new DataError(subjects[at]!, `expected ${expected}; got ${gridText(raster)} — ${advice}`);
  }
  return grid;
}

function checkValid(name: string, sources: readonly Source[], valid: Uint8Array | null, pixels: number): void {
  for (const source of sources) {
    const { raster } = source;
    if (countValid(raster.valid, pixels) > 0) continue;
    const empty = Array.from({ length: raster.bands }, (_, band) => band).filter((band) => !hasBand(raster, band));
    const advice = empty.length === 0 ? "" : ` — bands without any data: ${empty.join(", ")}`;
    throw new DataError(source.name, `expected pixels with data in every band; got none${advice}`);
  }
  if (countValid(valid, pixels) === 0) {
    throw new DataError(name, "expected pixels with data in every source; got none — do the sources overlap?");
  }
}
