/** @file One source from its files: bands side by side, those that were asked for, and sensors simulated from them. */
import { ConfigError, DataError } from "../tensor/index.ts";
import { gridText, isSameGrid } from "./grid.ts";
import { guessKind } from "./kind.ts";
import { fileStem } from "./location.ts";
import type { Raster, RasterData } from "./raster.ts";
import { readRaster } from "./readers.ts";
import type { Source, SourceKind } from "./scene.ts";
import { selected } from "./selection.ts";
import { type SimulatedKind, simulateSource } from "./spectral-response.ts";
import { bothValid } from "./validity.ts";

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
  return withWavelengths(sideBySide(rasters, files), options.wavelengths, `${path}.wavelengths`);
}

/** The source that is made of all bands of its files. */
export function sourceOf(whole: Raster, options: SourceOptions, path: string): Source {
  const { name, simulate } = options;
  const raster = selected(whole, options, path);
  const kind = options.kind ?? guessKind([name, fileStem(filesOf(options)[0]!)], raster.bands);
  const source = { name, kind, raster };
  return simulate === undefined ? source : { ...simulateSource({ ...source, kind: "hsi" }, simulate), name };
}

/** Bands of all rasters, in order, in the type of the widest. */
function sideBySide(rasters: readonly Raster[], files: readonly string[]): Raster {
  const [first] = rasters as readonly [Raster];
  if (rasters.length === 1) return first;
  const { height, width } = first;
  for (const [at, raster] of rasters.entries()) {
    if (isSameGrid(raster, first)) continue;
    throw new DataError(files[at]!, `expected the grid of ${files[0]} (${gridText(first)}); got ${gridText(raster)}`);
  }
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
