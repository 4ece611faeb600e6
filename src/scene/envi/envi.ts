/** @file ENVI rasters: pixels as they lie in memory, described by a header of text beside them. */
import { FormatError, SymdiffuserError } from "../../tensor/index.ts";
import { openBytes } from "../bytes.ts";
import type { Category, Color, Raster } from "../raster.ts";
import { validity } from "../validity.ts";
import { allOrNull, wavelengthNm, wavelengthsInNames } from "../wavelengths.ts";
import { partPlace, type RasterWindows, type Rectangle, wholeOf } from "../windows.ts";
import { enviFiles, headerOf, isHeaderName } from "./files.ts";
import { enviGeoreference } from "./georeference.ts";
import { type EnviHeader, fieldFault, isEnviHeader, listOf, readEnviHeader, textOf } from "./header.ts";
import { enviImage } from "./image.ts";
import { enviPixels } from "./pixels.ts";

/**
 * Is this an ENVI header, or a file of pixels with one beside it?
 *
 * @param start  its first bytes
 */
export function isEnvi(start: Uint8Array, file: string): boolean {
  return isHeaderName(file) ? isEnviHeader(start) : headerOf(file) !== null;
}

/**
 * An ENVI raster, without the bands that its header calls bad (`bbl`); numbers stay as they are stored, and 64-bit
 * integers become the nearest f64.
 *
 * @param file  the header or the file of pixels
 * @throws FormatError if one of the two is missing, damaged or cut short
 * @throws UnsupportedError for complex numbers, compressed files, spectral libraries and mosaics
 */
export async function readEnvi(file: string): Promise<Raster> {
  const windows = await openEnvi(file);
  try {
    return await windows.read(wholeOf(windows));
  } finally {
    await windows.close();
  }
}

/** The same, to be read part by part. */
export async function openEnvi(file: string): Promise<RasterWindows> {
  try {
    return windowsOn(file);
  } catch (cause) {
    throw faultOf(file, cause);
  }
}

function faultOf(file: string, cause: unknown): unknown {
  if (cause instanceof SymdiffuserError) return cause;
  const got = cause instanceof Error ? cause.message : String(cause);
  return new FormatError(file, `expected an ENVI raster; got damaged bytes (${got})`, { cause });
}

function windowsOn(file: string): RasterWindows {
  const files = enviFiles(file);
  const header = readEnviHeader(files.header);
  const bytes = openBytes(files.data);
  try {
    const image = enviImage(header, bytes);
    const { height, width, kept } = image;
    const nodata = nodataOf(header);
    const bandNames = ofBands(listOf(header, "band names"), image.bands, kept);
    const georeference = enviGeoreference(header);
    const categories = kept.length === 1 ? categoriesOf(header) : null;
    const known = {
      ...{ height, width, bands: kept.length, bandNames, georeference, nodata },
      wavelengthsNm: wavelengths(header, image.bands, kept) ?? wavelengthsInNames(bandNames),
    };
    const read = (part: Rectangle): Raster => {
      const data = enviPixels(bytes, image, part);
      const own = { height: part.height, width: part.width, georeference: partPlace(georeference, part) };
      return { ...known, ...own, data, valid: validity(data, kept.length, nodata), categories };
    };
    return {
      ...known,
      hasData: () => true,
      read: async (part) => {
        try {
          return read(part);
        } catch (cause) {
          throw faultOf(file, cause);
        }
      },
      close: async () => bytes.close(),
    };
  } catch (cause) {
    bytes.close();
    throw cause;
  }
}

function nodataOf(header: EnviHeader): number | null {
  const text = textOf(header, "data ignore value");
  if (text === null) return null;
  if (/^[+-]?nan/i.test(text)) return Number.NaN;
  const value = Number(text.replace(/inf\w*$/i, "Infinity"));
  if (Number.isNaN(value)) throw fieldFault(header, "data ignore value", "a number");
  return value;
}

/** Entries of the kept bands, null unless there is one a band. */
function ofBands(entries: readonly string[] | null, bands: number, kept: readonly number[]): string[] | null {
  return entries?.length === bands ? kept.map((band) => entries[band]!) : null;
}

const lengthUnit = /^(nm|nano|[µμu]m$|micro|mm$|milli|m$|met)/i;

function wavelengths(header: EnviHeader, bands: number, kept: readonly number[]): number[] | null {
  const unit = textOf(header, "wavelength units");
  // Wavenumbers, frequencies and indices are no wavelengths; without a unit, the numbers tell.
  if (unit !== null && !lengthUnit.test(unit)) return null;
  return allOrNull(ofBands(listOf(header, "wavelength"), bands, kept)?.map((text) => wavelengthNm(text, unit)) ?? []);
}

/** Classes 0, 1, 2 … with their names and colours; 0 is usually "Unclassified". */
function categoriesOf(header: EnviHeader): Category[] | null {
  const names = listOf(header, "class names") ?? [];
  const levels = (listOf(header, "class lookup") ?? []).map(Number);
  const count = Math.max(names.length, Math.floor(levels.length / 3));
  const categories = Array.from({ length: count }, (_, value) => {
    const color = levels.slice(value * 3, value * 3 + 3);
    const isColor = color.length === 3 && color.every((level) => Number.isInteger(level) && level >= 0 && level <= 255);
    return { value, name: names[value] || null, color: isColor ? (color as unknown as Color) : null };
  });
  return categories.length === 0 ? null : categories;
}
