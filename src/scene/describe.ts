/** @file What is in a raster file, as a plain object for people and programs. */

import { toLocation, type Variable } from "./location.ts";
import type { Category, Crs, Raster, RasterData } from "./raster.ts";
import { readerOf } from "./readers.ts";
import { countValid } from "./validity.ts";

/** Numbers of one band over the valid pixels; null where there is none. */
export interface BandDescription {
  /** 0-based. */
  readonly band: number;
  readonly name: string | null;
  readonly wavelengthNm: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
}

/** What is in a raster. */
export interface RasterDescription {
  readonly height: number;
  readonly width: number;
  readonly bands: number;
  /** `u8`, `i8`, `u16`, `i16`, `u32`, `i32`, `f32` or `f64`. */
  readonly dtype: string;
  readonly nodata: number | null;
  readonly validPixels: number;
  readonly crs: Pick<Crs, "epsg" | "name"> | null;
  readonly transform: readonly number[] | null;
  readonly bandNames: readonly string[] | null;
  readonly wavelengthsNm: readonly number[] | null;
  /** Null where there are more than 16 bands. */
  readonly statistics: readonly BandDescription[] | null;
  /** Pixels by value, of one band of at most 256 different whole numbers; null for other rasters. */
  readonly counts: readonly (Category & { readonly pixels: number })[] | null;
}

/** What is in a file. */
export interface FileDescription {
  readonly file: string;
  readonly format: string;
  /** Null where the file holds several arrays and none was chosen; see `variables`. */
  readonly raster: RasterDescription | null;
  /** Null for formats that hold one raster a file. */
  readonly variables: readonly Variable[] | null;
}

/**
 * Read a file and tell what is in it.
 *
 * @param text  `file` or `file#field`
 * @throws FormatError, UnsupportedError, ConfigError as {@link readRaster} does
 */
export async function describeRaster(text: string): Promise<FileDescription> {
  const location = toLocation(text);
  const reader = readerOf(location.file);
  const variables = reader.variables && (await reader.variables(location.file));
  const isChoice =
    variables !== null && location.field === null && variables.filter(({ isRaster }) => isRaster).length !== 1;
  return {
    file: text,
    format: reader.name,
    raster: isChoice ? null : describe(await reader.read(location)),
    variables,
  };
}

const dtypes: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [Uint8Array, "u8"],
  [Int8Array, "i8"],
  [Uint16Array, "u16"],
  [Int16Array, "i16"],
  [Uint32Array, "u32"],
  [Int32Array, "i32"],
  [Float32Array, "f32"],
  [Float64Array, "f64"],
]);

const maxBands = 16;

function describe(raster: Raster): RasterDescription {
  const { height, width, bands, nodata, bandNames, wavelengthsNm, georeference } = raster;
  const crs = georeference?.crs ?? null;
  return {
    ...{ height, width, bands, nodata, bandNames, wavelengthsNm },
    dtype: dtypes.get(raster.data.constructor)!,
    validPixels: countValid(raster.valid, height * width),
    crs: crs && { epsg: crs.epsg, name: crs.name },
    transform: georeference?.transform ?? null,
    statistics: bands > maxBands ? null : Array.from({ length: bands }, (_, band) => describeBand(raster, band)),
    counts: bands === 1 ? countValues(raster.data, raster.categories ?? []) : null,
  };
}

function describeBand({ data, bands, valid, bandNames, wavelengthsNm }: Raster, band: number): BandDescription {
  let [min, max, sum, count] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (let at = band, pixel = 0; at < data.length; at += bands, pixel++) {
    if (valid !== null && valid[pixel] === 0) continue;
    const value = data[at]!;
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
    count++;
  }
  const some = <T>(value: T) => (count === 0 ? null : value);
  return {
    ...{ band, name: bandNames?.[band] ?? null, wavelengthNm: wavelengthsNm?.[band] ?? null },
    ...{ min: some(min), max: some(max), mean: some(sum / count) },
  };
}

const maxValues = 256;

function countValues(data: RasterData, categories: readonly Category[]): RasterDescription["counts"] {
  const counts = new Map<number, number>();
  for (const value of data) {
    if (!Number.isInteger(value)) return null;
    counts.set(value, (counts.get(value) ?? 0) + 1);
    if (counts.size > maxValues) return null;
  }
  const known = new Map(categories.map((category) => [category.value, category]));
  return Array.from(counts, ([value, pixels]) => {
    const { name, color } = known.get(value) ?? { name: null, color: null };
    return { value, name, color, pixels };
  }).sort((a, b) => a.value - b.value);
}
