/** @file Opening a scene: sources and labels read, put on one grid, checked; many plots become one scene. */
import { ConfigError, DataError } from "../tensor/index.ts";
import { alignment, type Grid } from "./grid.ts";
import { type GroundTruth, labelFiles, outsideNote, placedTruth, readGroundTruth } from "./ground-truth.ts";
import { type LabelOptions, toLabels } from "./labels.ts";
import { fileStem } from "./location.ts";
import { isLost, placedSource, withoutData } from "./place.ts";
import { checkAlike, fileOfPlot, isPattern, lackedBands, laidOut, mosaic, plotNames, shortList } from "./plots.ts";
import type { Raster } from "./raster.ts";
import type { Scene, SceneNote, Source } from "./scene.ts";
import { bandsWithData, hasBand } from "./selection.ts";
import { filesOf, readBands, readSource, type SourceOptions, sourceOf } from "./source.ts";
import { bothValid, countValid } from "./validity.ts";
import { type Coverage, onAnyGrid, onOwnGrids } from "./vector/labels.ts";

/** What the user says of a scene. */
export interface SceneOptions {
  /** @default the first source's file name */
  readonly name?: string;
  /** With a `*` in file names, the scene has a plot for each text that stands for it. */
  readonly sources: readonly SourceOptions[];
  readonly labels?: LabelOptions;
  /**
   * Name of the source whose grid all others are put on, or `labels`.
   *
   * @default labels, where they are a raster that every source fits as it is or by a whole factor; else the first source
   */
  readonly grid?: string;
}

/** Rasters of one place on one grid. */
interface Place {
  readonly grid: Grid;
  readonly sources: readonly Source[];
  /** Class codes, one band; null without labels. */
  readonly codes: Raster | null;
  readonly notes: readonly SceneNote[];
  /** Of polygons and points; null for other labels, and without. */
  readonly coverage: Coverage | null;
  /** Sources whose file has data, but none on this grid. */
  readonly lost: readonly string[];
}

/**
 * Read a scene.
 *
 * @throws DataError if grids cannot be brought together, no pixel is valid in every source, or the labels have fewer than two classes
 * @throws ConfigError for names given twice, and bands or fields that are not there
 * @throws FormatError, UnsupportedError as the readers do
 */
export async function openScene(options: SceneOptions): Promise<Scene> {
  checkNames(options.sources);
  const patterns = options.sources.flatMap(filesOf).filter(isPattern);
  if (patterns.length > 0) return openPlots(options, patterns);
  const truth = options.labels === undefined ? null : await readGroundTruth(options.labels);
  const sources: Source[] = [];
  for (const [at, source] of options.sources.entries()) sources.push(await readSource(source, `sources[${at}]`));
  const { grid, lost: _, coverage: __, ...place } = openPlace(options, sources, truth, false);
  return sceneOf(options, { ...grid, ...place, plots: null });
}

async function openPlots(options: SceneOptions, patterns: readonly string[]): Promise<Scene> {
  const { labels, sources } = options;
  const labelPatterns = labels === undefined ? [] : labelFiles(labels).filter(isPattern);
  const names = plotNames([...patterns, ...labelPatterns]);
  // Polygons of all plots are read once; rasters of labels have a file for each plot.
  const shared = labels === undefined || labelPatterns.length > 0 ? null : await readGroundTruth(labels);
  if (shared?.kind === "raster") {
    throw new ConfigError(
      "labels.file",
      "expected polygons or points, or a * in the file name as in the sources; got one raster",
      labels!.file,
    );
  }
  const inPlot = (name: string) => (file: string) => (isPattern(file) ? fileOfPlot(file, name) : file);
  const titles = names.map((name) => fileStem(fileOfPlot(patterns[0]!, name)));
  const read: Source[][] = names.map(() => []);
  const bandNotes: SceneNote[] = [];
  for (const [at, source] of sources.entries()) {
    const path = `sources[${at}]`;
    const own = names.map((name) => ({ ...source, file: filesOf(source).map(inPlot(name)) }));
    const rasters: Raster[] = [];
    for (const one of own) rasters.push(await readBands(one, path));
    checkAlike(rasters, titles, source.name);
    // The same bands everywhere: those that hold data in any plot.
    const bands = source.bands ?? bandsWithData(rasters, source.nodata);
    const note = lackedBands(rasters, bands, source.nodata, titles);
    if (note !== null) bandNotes.push({ text: `${source.name}: ${note}`, isInterpolated: false });
    for (const [plot, raster] of rasters.entries()) {
      read[plot]!.push(sourceOf(raster, { ...own[plot]!, bands }, path));
    }
  }
  const places: Place[] = [];
  for (const [plot, name] of names.entries()) {
    const ownLabels = labels && { ...labels, file: labelFiles(labels).map(inPlot(name)) };
    const truth = shared ?? (ownLabels === undefined ? null : await readGroundTruth(ownLabels));
    places.push(openPlace({ ...options, ...(ownLabels && { labels: ownLabels }) }, read[plot]!, truth, true));
  }
  const layout = laidOut(places.map(({ grid }, plot) => ({ name: titles[plot]!, ...grid })));
  const { height, width, plots } = layout;
  const together = (subject: string, of: (place: Place) => Raster): Raster =>
    mosaic(places.map(of), plots, layout, subject);
  return sceneOf(options, {
    ...{ height, width, plots, georeference: null },
    sources: places[0]!.sources.map((source, at) => ({
      ...source,
      raster: together(source.name, (place) => place.sources[at]!.raster),
    })),
    codes: places[0]!.codes && together("labels", (place) => place.codes!),
    notes: [
      ...bandNotes,
      ...notesOfPlots(places, titles),
      ...lostInPlots(sources, places, titles),
      ...(labels === undefined ? [] : outsidePlots(labels, places, shared !== null)),
    ],
  });
}

/**
 * What is told of polygons and points that label nothing.
 *
 * @param isShared  whether the plots have the same ones, not each its own
 * @throws DataError if it is all
 */
function outsidePlots(labels: LabelOptions, places: readonly Place[], isShared: boolean): readonly SceneNote[] {
  const all = places.flatMap(({ coverage }) => coverage ?? []);
  if (all.length === 0) return [];
  const coverage = (isShared ? onAnyGrid : onOwnGrids)(all);
  if (!coverage.isInside.includes(true)) {
    const got = `all ${coverage.isInside.length} outside`;
    throw new DataError(
      labelFiles(labels).join(", "),
      `expected features on the plots; got ${got} — is their CRS the right one?`,
    );
  }
  return [outsideNote(coverage, isShared ? "every plot" : "their plots")].flatMap((note) => note ?? []);
}

/** What is told of sources without data in some plots, where their files go beyond them. @throws DataError if it is all */
function lostInPlots(
  sources: readonly SourceOptions[],
  places: readonly Place[],
  titles: readonly string[],
): readonly SceneNote[] {
  return sources.flatMap(({ name }) => {
    const plots = titles.filter((_, plot) => places[plot]!.lost.includes(name));
    if (plots.length === 0) return [];
    if (plots.length === titles.length) {
      throw new DataError(name, `expected pixels with data on the grids of the plots; got none in ${shortList(plots)}`);
    }
    const which = `${plots.length} of ${titles.length} plots (${shortList(plots)})`;
    return { text: `${name}: no data on the grid of ${which}, whose pixels are left out`, isInterpolated: false };
  });
}

/** Notes on one plot stand for those of all: on the first with interpolated pixels, if any has them. */
function notesOfPlots(places: readonly Place[], titles: readonly string[]): readonly SceneNote[] {
  const isFilled = ({ notes }: Place): boolean => notes.some(({ isInterpolated }) => isInterpolated);
  const shown = Math.max(0, places.findIndex(isFilled));
  const which = `(plot ${titles[shown]}, one of ${titles.length})`;
  return places[shown]!.notes.map((note) => ({ ...note, text: `${note.text} ${which}` }));
}

/** Sources and labels of one place, on its grid. @param isPlot  whether it is one of many, which may be without labels */
function openPlace(options: SceneOptions, read: readonly Source[], truth: GroundTruth | null, isPlot: boolean): Place {
  const { labels } = options;
  const grid = gridOf(read, truth, options);
  const notes: SceneNote[] = [];
  const lost: string[] = [];
  const sources = read.map(({ name, kind, raster }) => {
    const placed = placedSource(raster, grid, name, kind);
    if (isLost(raster, placed)) {
      if (!isPlot) throw withoutData(raster, grid, name);
      lost.push(name);
    }
    if (placed.note !== null) notes.push(placed.note);
    return { name, kind, raster: placed.raster };
  });
  const codes = truth && placedTruth(truth, grid, labels!, isPlot);
  if (codes !== null && codes.note !== null) notes.push(codes.note);
  return { grid, sources, codes: codes?.raster ?? null, coverage: codes?.coverage ?? null, notes, lost };
}

/** The grid of the scene, with the georeference of its raster, or where it has none the first of a raster of its size. */
export function gridOf(
  sources: readonly { readonly name: string; readonly raster: Grid }[],
  truth: GroundTruth | null,
  { grid: wanted }: SceneOptions,
): Grid {
  const rasters = sources.map(({ raster }) => raster);
  const labels = truth?.kind === "raster" ? truth.raster : null;
  const named = (name: string): Grid | null =>
    name === "labels" ? labels : (sources.find((source) => source.name === name)?.raster ?? null);
  if (wanted !== undefined && named(wanted) === null) {
    const known = [...sources.map(({ name }) => name), ...(labels === null ? [] : ["labels"])].join(", ");
    throw new ConfigError("grid", `expected one of ${known}; got ${wanted}`, wanted);
  }
  const all: readonly Grid[] = labels === null ? rasters : [labels, ...rasters];
  const onGridOf = (chosen: Grid): Grid => {
    const { height, width } = chosen;
    const alike = all.filter((one) => one.height === height && one.width === width);
    const placed = [chosen, ...alike].find(({ georeference }) => georeference !== null);
    return { height, width, georeference: placed?.georeference ?? null };
  };
  if (wanted !== undefined) return onGridOf(named(wanted)!);
  const candidate = onGridOf(all[0]!);
  if (labels === null || all.every((one) => alignment(one, candidate) !== null)) return candidate;
  const first = onGridOf(rasters[0]!);
  if (first.georeference !== null && labels.georeference !== null) return first;
  // Labels without a place can only be fitted by their size: let the source that does not fit be named.
  return candidate;
}

type Parts = Pick<Scene, "height" | "width" | "georeference" | "sources" | "plots" | "notes"> & Pick<Place, "codes">;

function sceneOf(options: SceneOptions, { codes, ...parts }: Parts): Scene {
  const { height, width, sources } = parts;
  const valid = sources.reduce<Uint8Array | null>((all, { raster }) => bothValid(all, raster.valid), null);
  const name = options.name ?? fileStem(filesOf(options.sources[0]!)[0]!);
  checkValid(name, sources, valid, height * width);
  const labels = codes === null ? null : toLabels(codes, valid, options.labels!);
  return { ...parts, name, labels, valid };
}

/** @throws ConfigError without a source, and for names given twice */
export function checkNames(sources: readonly SourceOptions[]): void {
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

/** @throws DataError if a source, or all together, have no valid pixel */
export function checkValid(name: string, sources: readonly Source[], valid: Uint8Array | null, pixels: number): void {
  for (const source of sources) {
    const { raster } = source;
    if (countValid(raster.valid, pixels) > 0) continue;
    const empty = Array.from({ length: raster.bands }, (_, band) => band).filter((band) => !hasBand(raster, band));
    const advice = empty.length === 0 ? "" : ` — bands without any data: ${empty.join(", ")}`;
    throw new DataError(source.name, `expected pixels with data in every band; got none${advice}`);
  }
  if (countValid(valid, pixels) === 0) {
    throw nowhereTogether(name);
  }
}

/** The error for a scene without a pixel that is valid in every source, though each has some. */
export function nowhereTogether(name: string): DataError {
  return new DataError(name, "expected pixels with data in every source; got none — do the sources overlap?");
}
