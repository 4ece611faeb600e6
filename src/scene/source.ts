/** @file One source from its files: bands side by side, those that were asked for, and sensors simulated from them. */
import { ConfigError, DataError } from "../tensor/index.ts";
import { type Grid, gridText, isSameGrid } from "./grid.ts";
import { guessKind } from "./kind.ts";
import { fileStem } from "./location.ts";
import type { Raster, RasterData } from "./raster.ts";
import { openRaster, readRaster } from "./readers.ts";
import type { Source, SourceKind } from "./scene.ts";
import { hasBand, selected } from "./selection.ts";
import { type SimulatedKind, simulateSource } from "./spectral-response.ts";
import { bothValid } from "./validity.ts";
import { type RasterWindows, type Rectangle, searched } from "./windows.ts";

/** What the user says of one source. */
export interface SourceOptions {
  readonly name: string;
  /** `file`, or `file.mat#field`; the bands of several files, all of one grid, are put side by side. */
  readonly file: string | readonly string[];
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
  /** In nm: one a band of the files, or the first and the last band's. @default what the files say */
  readonly wavelengths?: readonly number[];
  /** Sensor to simulate from the bands. @default none: the bands themselves */
  readonly simulate?: SimulatedKind;
}

/** The files of a source. */
export function filesOf({ file }: Pick<SourceOptions, "file">): readonly string[] {
  return typeof file === "string" ? [file] : file;
}

/**
 * A source on its own grid.
 *
 * @param path  of the source in the configuration, for messages
 */
export async function readSource(options: SourceOptions, path: string): Promise<Source> {
  return sourceOf(await readBands(options, path), options, path);
}

/** All bands of a source's files. */
export async function readBands(options: SourceOptions, path: string): Promise<Raster> {
  const files = filesOf(options);
  const rasters: Raster[] = [];
  for (const file of files) rasters.push(await readRaster(file));
  checkGrids(rasters, files);
  return joined(rasters, options, path);
}

/** A source that is read part by part. */
export interface SourceWindows {
  readonly name: string;
  readonly kind: SourceKind;
  readonly raster: RasterWindows;
}

/** The same as {@link readSource}, part by part. */
export async function openSource(options: SourceOptions, path: string): Promise<SourceWindows> {
  const files = filesOf(options);
  const opened: RasterWindows[] = [];
  const close = async (): Promise<void> => {
    for (const one of opened) await one.close();
  };
  try {
    for (const file of files) opened.push(await openRaster(file));
    checkGrids(opened, files);
    const hasData = (part: Rectangle): boolean => opened.every((one) => one.hasData(part));
    const read = async (part: Rectangle): Promise<Raster> => {
      const rasters: Raster[] = [];
      for (const one of opened) rasters.push(await one.read(part));
      return joined(rasters, options, path);
    };
    const [first] = opened as [RasterWindows];
    const all = { ...first, hasData, read };
    const choice = { ...options, bands: options.bands ?? (await usedBands(all, options.nodata)) };
    const readSourceOf = async (part: Rectangle): Promise<Source> => sourceOf(await read(part), choice, path);
    // One pixel tells what all of them are.
    const { name, kind, raster } = await readSourceOf({ row: 0, col: 0, height: 1, width: 1 });
    const { data: _, valid: __, categories: ___, ...known } = raster;
    const { height, width, georeference } = first;
    const own = { ...known, height, width, georeference };
    const readPart = async (part: Rectangle): Promise<Raster> => (await readSourceOf(part)).raster;
    return { name, kind, raster: { ...own, hasData, read: readPart, close } };
  } catch (fault) {
    await close();
    throw fault;
  }
}

/** Bands that hold data somewhere, every one if none does, as {@link selected} takes them by itself. */
async function usedBands(raster: RasterWindows, nodata: number | undefined): Promise<readonly number[]> {
  const used = new Set<number>();
  let bands = 0;
  await searched(raster, (part) => {
    bands = part.bands;
    for (let band = 0; band < bands; band++) {
      if (!used.has(band) && hasBand(part, band, nodata ?? part.nodata)) used.add(band);
    }
    return used.size === bands;
  });
  if (used.size > 0) return [...used].sort((a, b) => a - b);
  ({ bands } = await raster.read({ row: 0, col: 0, height: 1, width: 1 }));
  return Array.from({ length: bands }, (_, band) => band);
}

/** The bands of all files, with their wavelengths. */
function joined(rasters: readonly Raster[], options: SourceOptions, path: string): Raster {
  return withWavelengths(sideBySide(rasters, filesOf(options)), options.wavelengths, `${path}.wavelengths`);
}

/** The source that is made of all bands of its files. */
export function sourceOf(whole: Raster, options: SourceOptions, path: string): Source {
  const { name, simulate } = options;
  const raster = selected(whole, options, path);
  const kind = options.kind ?? guessKind([name, fileStem(filesOf(options)[0]!)], raster.bands);
  const source = { name, kind, raster };
  return simulate === undefined ? source : { ...simulateSource({ ...source, kind: "hsi" }, simulate), name };
}

function checkGrids(rasters: readonly Grid[], files: readonly string[]): void {
  const [first] = rasters as readonly [Grid];
  for (const [at, raster] of rasters.entries()) {
    if (isSameGrid(raster, first)) continue;
    throw new DataError(files[at]!, `expected the grid of ${files[0]} (${gridText(first)}); got ${gridText(raster)}`);
  }
}

/** Bands of all rasters, in order, in the type of the widest. */
function sideBySide(rasters: readonly Raster[], files: readonly string[]): Raster {
  const [first] = rasters as readonly [Raster];
  if (rasters.length === 1) return first;
  const { height, width } = first;
  const bands = rasters.reduce((total, raster) => total + raster.bands, 0);
  const isSameType = rasters.every(({ data }) => data.constructor === first.data.constructor);
  const Data = isSameType ? (first.data.constructor as new (length: number) => RasterData) : Float64Array;
  const data = new Data(height * width * bands);
  let offset = 0;
  for (const raster of rasters) {
    for (let pixel = 0, from = 0; pixel < height * width; pixel++) {
      for (let band = 0; band < raster.bands; band++) data[pixel * bands + offset + band] = raster.data[from++]!;
    }
    offset += raster.bands;
  }
  const isSameNodata = rasters.every(({ nodata }) => Object.is(nodata, first.nodata));
  const wavelengths = rasters.map(({ wavelengthsNm }) => wavelengthsNm);
  return {
    ...first,
    ...{ bands, data },
    valid: rasters.reduce<Uint8Array | null>((all, { valid }) => bothValid(all, valid), null),
    bandNames: rasters.flatMap((raster, at) => bandNamesOf(raster, files[at]!)),
    wavelengthsNm: wavelengths.every((one) => one !== null) ? wavelengths.flat() : null,
    nodata: isSameNodata ? first.nodata : null,
    categories: null,
  };
}

function bandNamesOf({ bandNames, bands }: Raster, file: string): readonly string[] {
  const stem = fileStem(file);
  return bandNames ?? (bands === 1 ? [stem] : Array.from({ length: bands }, (_, band) => `${stem} ${band + 1}`));
}

function withWavelengths(raster: Raster, given: readonly number[] | undefined, path: string): Raster {
  if (given === undefined) return raster;
  const { bands } = raster;
  if (given.length === bands) return { ...raster, wavelengthsNm: given };
  if (given.length !== 2) {
    throw new ConfigError(path, `expected ${bands} wavelengths, or the first and the last; got ${given.length}`, given);
  }
  const [from, to] = given as readonly [number, number];
  const wavelengthsNm = Array.from({ length: bands }, (_, band) => from + ((to - from) * band) / (bands - 1));
  return { ...raster, wavelengthsNm };
}
