/**
 * @file GeoTIFF, BigTIFF and Cloud-Optimized GeoTIFF as a raster. The header is ours and checked before any pixel is
 * decoded, the usual codecs are ours with caps, rare codecs run in a worker with a time limit: whatever the bytes, the
 * answer is a raster or a sentence.
 */
import { FormatError, SymdiffuserError } from "../../tensor/index.ts";
import { type Bytes, openBytes } from "../bytes.ts";
import type { Category, Color, Raster, RasterData } from "../raster.ts";
import { bothValid, validity } from "../validity.ts";
import { partPlace, type RasterWindows, type Rectangle, wholeOf } from "../windows.ts";
import { bandNotes, categoriesOf, sidecarCategories, sidecarNodata } from "./gdal-metadata.ts";
import { georeferenceOf } from "./geotags.ts";
import { readTiffTags, type TiffImage, type TiffTags, tags, tiffImage } from "./header.ts";
import { openTiffPixels, type TiffPixels } from "./pixels.ts";
import { rasterArray } from "./samples.ts";

/**
 * The first image of a GeoTIFF file; overviews and further pages are left.
 *
 * @throws FormatError if the file is damaged, cut short or no TIFF
 * @throws UnsupportedError for compressions and sample types that cannot be read
 */
export async function readGeoTiff(file: string): Promise<Raster> {
  const windows = await openGeoTiff(file);
  try {
    return await windows.read(wholeOf(windows));
  } finally {
    await windows.close();
  }
}

/** The same, to be read part by part: the blocks that a part touches are decoded, and no others. */
export async function openGeoTiff(file: string): Promise<RasterWindows> {
  const bytes = openBytes(file);
  try {
    return windowsOn(bytes);
  } catch (cause) {
    bytes.close();
    throw faultOf(file, cause);
  }
}

function faultOf(file: string, cause: unknown): unknown {
  if (cause instanceof SymdiffuserError) return cause;
  const got = cause instanceof Error ? cause.message : String(cause);
  return new FormatError(file, `expected a GeoTIFF; got damaged bytes (${got})`, { cause });
}

function windowsOn(bytes: Bytes): RasterWindows {
  const { file } = bytes;
  const { littleEndian, images } = readTiffTags(bytes);
  const values = images[0]!;
  const image = tiffImage(bytes, littleEndian, values);
  const { height, width, bands } = image;
  const nodata = nodataOf(values);
  const nodataByBand = sidecarNodata(file);
  const metadata = values.get(tags.gdalMetadata);
  const notes = bandNotes(typeof metadata === "string" ? metadata : "", bands);
  const pixels = openTiffPixels(bytes, image, nodata ?? 0);
  const mask = internalMask(bytes, littleEndian, images, image);
  const isMissingValid = validity(rasterArray(image, 1).fill(nodata ?? 0), 1, nodata) === null;
  const georeference = georeferenceOf(values);
  const known = {
    ...{ height, width, bands, georeference },
    bandNames: notes.names,
    wavelengthsNm: notes.wavelengthsNm,
    nodata: notes.scales === null ? nodata : null,
  };
  const read = async (part: Rectangle): Promise<Raster> => {
    const data = await pixels.read(part);
    const byNumber = bothValid(validity(data, bands, nodata), withoutNodata(data, bands, nodataByBand));
    const shown = mask && Uint8Array.from(await mask.read(part), (value) => (value === 0 ? 0 : 1));
    return {
      ...known,
      ...{ height: part.height, width: part.width, georeference: partPlace(georeference, part) },
      data: notes.scales === null ? data : scaled(data, notes.scales, nodata),
      valid: bothValid(byNumber, shown),
      categories: bands === 1 ? categories(file, values, data) : null,
    };
  };
  return {
    ...known,
    hasData: (part) => isMissingValid || pixels.isStored(part),
    read: (part) =>
      read(part).catch((cause: unknown) => {
        throw faultOf(file, cause);
      }),
    close: async () => {
      await Promise.all([pixels.close(), mask?.close()]);
      bytes.close();
    },
  };
}

function nodataOf(values: TiffTags): number | null {
  const text = values.get(tags.gdalNodata);
  if (typeof text !== "string" || text.trim() === "") return null;
  const word = text.trim();
  if (/^[+-]?nan/i.test(word)) return Number.NaN;
  if (/^[+-]?inf/i.test(word)) return word.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const value = Number(word);
  return Number.isNaN(value) ? null : value;
}

/** Numbers as what they stand for; NaN where they are missing. */
function scaled(data: RasterData, scales: readonly (readonly [number, number])[], nodata: number | null): Float32Array {
  const bands = scales.length;
  const missing = nodata !== null && data instanceof Float32Array ? Math.fround(nodata) : nodata;
  return Float32Array.from(data, (value, at) => {
    const [scale, offset] = scales[at % bands]!;
    return value === missing ? Number.NaN : value * scale + offset;
  });
}

/** 0 where a band holds the nodata value that is its own. */
function withoutNodata(data: RasterData, bands: number, nodata: ReadonlyMap<number, number>): Uint8Array | null {
  if (nodata.size === 0) return null;
  const valid = new Uint8Array(data.length / bands).fill(1);
  for (const [band, missing] of nodata) {
    if (band >= bands) continue;
    const value = data instanceof Float32Array ? Math.fround(missing) : missing;
    for (let pixel = 0; pixel < valid.length; pixel++) if (data[pixel * bands + band] === value) valid[pixel] = 0;
  }
  return valid;
}

const maskBit = 4;
const reducedBit = 1;

/** Validity that the file keeps as an image of its own (a transparency mask), 0 where a pixel is hidden; or null. */
function internalMask(
  bytes: Bytes,
  littleEndian: boolean,
  images: readonly TiffTags[],
  { height, width }: TiffImage,
): TiffPixels | null {
  for (const values of images.slice(1)) {
    const kind = Number(values.get(tags.subfileType)?.[0] ?? 0);
    if ((kind & maskBit) === 0 || (kind & reducedBit) !== 0) continue;
    const mask = tiffImage(bytes, littleEndian, values);
    if (mask.height === height && mask.width === width && mask.bands === 1) return openTiffPixels(bytes, mask, 0);
  }
  return null;
}

function categories(file: string, values: TiffTags, data: RasterData): Category[] | null {
  const notes = sidecarCategories(file);
  const colors = new Map<number, Color>(notes.colors);
  const map = values.get(tags.colorMap);
  if (Array.isArray(map) && map.length % 3 === 0) {
    const entries = map.length / 3;
    // Some writers store 8 bits where TIFF asks for 16.
    const divisor = map.some((level: number) => level > 255) ? 257 : 1;
    const level = (index: number) => Math.floor(map[index] / divisor);
    for (let value = 0; value < entries; value++) {
      if (!colors.has(value)) colors.set(value, [level(value), level(value + entries), level(value + 2 * entries)]);
    }
  }
  if (colors.size === 0 && notes.names.size === 0) return null;
  const used = new Set<number>();
  if (colors.size > 0 && !(data instanceof Float32Array || data instanceof Float64Array)) {
    for (const value of data) used.add(value);
  }
  return categoriesOf({ names: notes.names, colors }, (value) => used.has(value));
}
