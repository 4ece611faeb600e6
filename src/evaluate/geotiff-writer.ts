/**
 * @file Writes GeoTIFF as GDAL and QGIS expect it: tiled, Deflate-compressed, with place, palette, nodata and names.
 *
 * @see TIFF 6.0; OGC 19-008r4 (GeoTIFF 1.1); GDAL's driver for nodata (42113) and metadata (42112)
 */
import type { Category, Georeference, RasterData, Rectangle } from "../scene/index.ts";
import { DataError, ShapeError, UnsupportedError } from "../tensor/index.ts";
import { gdalMetadata } from "./gdal-xml.ts";
import { geoFields } from "./geo-fields.ts";
import { overviewSizes, type Reduction } from "./overviews.ts";
import { type TiffField, type TiffImage, tiffFile } from "./tiff-directory.ts";
import { type LevelShape, type PixelType, type TiffLevel, tiffLevel } from "./tiff-level.ts";
import { predictors } from "./tiff-tiles.ts";
import { type TileStore, tilesInMemory } from "./tile-store.ts";

/** What a GeoTIFF holds; a `Raster` is one. */
export interface GeoTiff {
  readonly height: number;
  readonly width: number;
  readonly bands: number;
  /** `[H, W, L]`, band-last; its type is the type of the file. */
  readonly data: RasterData;
  readonly georeference?: Georeference | null;
  /** Value that means "missing". */
  readonly nodata?: number | null;
  /** Their colours become the palette of a one-band map in `u8` or `u16`; names go into {@link encodeAuxXml}. */
  readonly categories?: readonly Category[] | null;
  readonly bandNames?: readonly string[] | null;
  /** Name and version of what made the pixels. */
  readonly software?: string | null;
  /** Items for the file's metadata, as `gdalinfo` lists them. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Makes the file a cloud-optimised GeoTIFF, with overviews by this rule: `mode` for classes, `mean` for measures. */
  readonly overviews?: Reduction | null;
}

/** The same, without its pixels. */
export interface GeoTiffHead extends Omit<GeoTiff, "data"> {
  readonly type: PixelType;
}

const tileSide = 256;
const deflate = 8;
const sampleFormats = { unsigned: 1, signed: 2, float: 3 } as const;
const photometrics = { grey: 1, rgb: 2, palette: 3 } as const;

/**
 * The bytes of a GeoTIFF file.
 *
 * @throws UnsupportedError above 4 GiB, which {@link geoTiffParts} can write
 */
export function encodeGeoTiff(image: GeoTiff): Uint8Array {
  const parts = [...geoTiffParts(image)];
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  if (size > 0xffff_ffff) {
    throw new UnsupportedError(`a GeoTIFF of ${(size / 2 ** 30).toFixed(1)} GiB in one piece`, "write it in parts");
  }
  const file = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

/** A GeoTIFF file of any size in parts, in order, as `writeAtomically` takes them; above 4 GiB it is a BigTIFF. */
export function geoTiffParts(image: GeoTiff): Generator<Uint8Array, void> {
  const { height, width, bands, data } = image;
  if (height < 1 || width < 1 || bands < 1 || data.length !== height * width * bands) {
    throw new ShapeError("encodeGeoTiff", `expected ${height}×${width}×${bands} numbers; got ${data.length}`, [
      [height, width, bands],
      [data.length],
    ]);
  }
  const writer = geoTiffWriter({ ...image, type: data.constructor as PixelType }, tilesInMemory());
  writer.write({ row: 0, col: 0, height, width }, data);
  return writer.parts();
}

/** A GeoTIFF that gets its pixels part by part. */
export interface GeoTiffWriter {
  /** @param data  `[H, W, L]` of the part; parts come in any order, each pixel once, and missing ones need not come */
  write(part: Rectangle, data: RasterData): void;
  /** All parts of the file, in order, once all pixels are written. */
  parts(): Generator<Uint8Array, void>;
}

/** @param store  where encoded tiles wait */
export function geoTiffWriter(image: GeoTiffHead, store: TileStore): GeoTiffWriter {
  if (image.bandNames && image.bandNames.length !== image.bands) {
    throw new DataError("encodeGeoTiff", `expected ${image.bands} band names; got ${image.bandNames.length}`);
  }
  const palette = paletteOf(image);
  const { height, width, overviews } = image;
  const sizes = overviews ? overviewSizes(height, width, tileSide) : [[height, width] as const];
  const levels: TiffLevel[] = [];
  for (const [rows, cols] of sizes.toReversed()) {
    const half = levels[0];
    const next = half === undefined || !overviews ? null : { level: half, reduction: overviews };
    levels.unshift(tiffLevel(levelShape(image, rows, cols, palette !== null), store, next));
  }
  const isOverview: TiffField = { tag: 254, type: "long", values: [1] };
  return {
    write: (part, data) => levels[0]!.write(part, data),
    parts: () => {
      // A level that is finished has passed all on to the next.
      const images = levels.map((level, at): TiffImage => {
        const others = at === 0 ? describingFields(image) : [isOverview, ...nodataFields(image)];
        return { fields: [...pixelFields(level.shape, palette), ...others], tiles: level.finish() };
      });
      return tiffFile(images, store, { isCloudOptimized: Boolean(overviews) });
    },
  };
}

function levelShape(image: GeoTiffHead, height: number, width: number, isPalette: boolean): LevelShape {
  const { bands, type, nodata = null } = image;
  const isFloat = formatOf(type) === sampleFormats.float;
  return {
    ...{ height, width, bands, type, nodata },
    tileHeight: Math.min(tileSide, Math.ceil(height / 16) * 16),
    tileWidth: Math.min(tileSide, Math.ceil(width / 16) * 16),
    // Neighbouring heights or radiances are alike, neighbouring class numbers are equal or unrelated.
    predictor: isPalette ? predictors.none : isFloat ? predictors.float : predictors.difference,
  };
}

/** Fields of the pixels of the full image or an overview. */
function pixelFields(shape: LevelShape, palette: Uint16Array | null): TiffField[] {
  const { height, width, bands, type, tileHeight, tileWidth, predictor } = shape;
  const isColour = type === Uint8Array && bands === 3;
  const each = (value: number): number[] => new Array<number>(bands).fill(value);
  const photometric = palette ? photometrics.palette : isColour ? photometrics.rgb : photometrics.grey;
  const fields: TiffField[] = [
    { tag: 256, type: "long", values: [width] },
    { tag: 257, type: "long", values: [height] },
    { tag: 258, type: "short", values: each(bytesOf(type) * 8) },
    { tag: 259, type: "short", values: [deflate] },
    { tag: 262, type: "short", values: [photometric] },
    { tag: 277, type: "short", values: [bands] },
    { tag: 284, type: "short", values: [1] }, // band-last
    { tag: 317, type: "short", values: [predictor] },
    { tag: 322, type: "long", values: [tileWidth] },
    { tag: 323, type: "long", values: [tileHeight] },
    { tag: 339, type: "short", values: each(formatOf(type)) },
  ];
  if (bands > 1 && !isColour) fields.push({ tag: 338, type: "short", values: each(0).slice(1) });
  if (palette) fields.push({ tag: 320, type: "short", values: palette });
  return fields;
}

/** Fields that tell of the file as a whole: place, nodata, metadata, names. */
function describingFields(image: GeoTiffHead): TiffField[] {
  const { georeference, height, width } = image;
  const xml = gdalMetadata(image.metadata ?? {}, image.bandNames ?? null);
  return [
    ...(georeference ? geoFields(georeference, height, width) : []),
    ...nodataFields(image),
    ...(image.software ? [{ tag: 305, type: "ascii", text: image.software } as const] : []),
    ...(xml === null ? [] : [{ tag: 42112, type: "ascii", text: xml } as const]),
  ];
}

function nodataFields({ nodata }: GeoTiffHead): TiffField[] {
  return nodata == null ? [] : [{ tag: 42113, type: "ascii", text: nodataText(nodata) }];
}

function nodataText(nodata: number): string {
  return String(nodata).toLowerCase().replace("infinity", "inf");
}

function bytesOf(type: PixelType): number {
  return (type as unknown as { readonly BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT;
}

function formatOf(type: PixelType): number {
  if (type === Float32Array || type === Float64Array) return sampleFormats.float;
  const isSigned = type === Int8Array || type === Int16Array || type === Int32Array;
  return isSigned ? sampleFormats.signed : sampleFormats.unsigned;
}

/** ColorMap: all reds, then all greens, then all blues, 0–65535, one a possible value; null where there are no colours. */
function paletteOf({ bands, type, categories }: GeoTiffHead): Uint16Array | null {
  if (bands !== 1 || !(type === Uint8Array || type === Uint16Array)) return null;
  if (!categories?.some(({ color }) => color !== null)) return null;
  const size = 256 ** bytesOf(type);
  const palette = new Uint16Array(3 * size);
  for (const { value, color } of categories) {
    if (color === null || value < 0 || value >= size) continue;
    color.forEach((part, axis) => {
      palette[axis * size + value] = part * 257;
    });
  }
  return palette;
}
