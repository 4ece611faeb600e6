/**
 * @file Writes GeoTIFF as GDAL and QGIS expect it: tiled, Deflate-compressed, with place, palette, nodata and names.
 *
 * @see TIFF 6.0; OGC 19-008r4 (GeoTIFF 1.1); GDAL's driver for nodata (42113) and metadata (42112)
 */
import { endianness } from "node:os";
import { deflateSync } from "node:zlib";
import type { Category, Georeference, RasterData } from "../scene/index.ts";
import { DataError, ShapeError } from "../tensor/index.ts";
import { gdalMetadata } from "./gdal-xml.ts";
import { geoFields } from "./geo-fields.ts";
import { type TiffField, tiffFile } from "./tiff-directory.ts";

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
  /** Items for the file's metadata, as `gdalinfo` lists them. */
  readonly metadata?: Readonly<Record<string, string>>;
}

const tileSide = 256;
const deflate = 8;
const sampleFormats = { unsigned: 1, signed: 2, float: 3 } as const;
const photometrics = { grey: 1, rgb: 2, palette: 3 } as const;

/**
 * The bytes of a GeoTIFF file.
 *
 * @throws UnsupportedError above 4 GiB
 */
export function encodeGeoTiff(image: GeoTiff): Uint8Array {
  const { height, width, bands, data } = image;
  if (height < 1 || width < 1 || bands < 1 || data.length !== height * width * bands) {
    throw new ShapeError("encodeGeoTiff", `expected ${height}×${width}×${bands} numbers; got ${data.length}`, [
      [height, width, bands],
      [data.length],
    ]);
  }
  if (image.bandNames && image.bandNames.length !== bands) {
    throw new DataError("encodeGeoTiff", `expected ${bands} band names; got ${image.bandNames.length}`);
  }
  const format = formatOf(data);
  const palette = paletteOf(image);
  // Neighbouring heights or radiances are alike, neighbouring class numbers are equal or unrelated.
  const isDifferenced = format !== sampleFormats.float && palette === null;
  const isColour = data instanceof Uint8Array && bands === 3;
  const tileHeight = Math.min(tileSide, Math.ceil(height / 16) * 16);
  const tileWidth = Math.min(tileSide, Math.ceil(width / 16) * 16);
  const each = (value: number): number[] => new Array<number>(bands).fill(value);

  const fields: TiffField[] = [
    { tag: 256, type: "long", values: [width] },
    { tag: 257, type: "long", values: [height] },
    { tag: 258, type: "short", values: each(data.BYTES_PER_ELEMENT * 8) },
    { tag: 259, type: "short", values: [deflate] },
    {
      tag: 262,
      type: "short",
      values: [palette ? photometrics.palette : isColour ? photometrics.rgb : photometrics.grey],
    },
    { tag: 277, type: "short", values: [bands] },
    { tag: 284, type: "short", values: [1] }, // band-last
    { tag: 317, type: "short", values: [isDifferenced ? 2 : 1] },
    { tag: 322, type: "long", values: [tileWidth] },
    { tag: 323, type: "long", values: [tileHeight] },
    { tag: 339, type: "short", values: each(format) },
  ];
  if (bands > 1 && !isColour) fields.push({ tag: 338, type: "short", values: each(0).slice(1) });
  if (palette) fields.push({ tag: 320, type: "short", values: palette });
  if (image.georeference) fields.push(...geoFields(image.georeference, height, width));
  if (image.nodata != null) fields.push({ tag: 42113, type: "ascii", text: nodataText(image.nodata) });
  const xml = gdalMetadata(image.metadata ?? {}, image.bandNames ?? null);
  if (xml !== null) fields.push({ tag: 42112, type: "ascii", text: xml });

  return tiffFile(fields, [...tiles(image, tileHeight, tileWidth, isDifferenced)]);
}

function nodataText(nodata: number): string {
  return String(nodata).toLowerCase().replace("infinity", "inf");
}

function formatOf(data: RasterData): number {
  if (data instanceof Float32Array || data instanceof Float64Array) return sampleFormats.float;
  return data instanceof Int8Array || data instanceof Int16Array || data instanceof Int32Array
    ? sampleFormats.signed
    : sampleFormats.unsigned;
}

/** ColorMap: all reds, then all greens, then all blues, 0–65535, one a possible value; null where there are no colours. */
function paletteOf({ bands, data, categories }: GeoTiff): Uint16Array | null {
  if (bands !== 1 || !(data instanceof Uint8Array || data instanceof Uint16Array)) return null;
  if (!categories?.some(({ color }) => color !== null)) return null;
  const size = 256 ** data.BYTES_PER_ELEMENT;
  const palette = new Uint16Array(3 * size);
  for (const { value, color } of categories) {
    if (color === null || value < 0 || value >= size) continue;
    color.forEach((part, axis) => {
      palette[axis * size + value] = part * 257;
    });
  }
  return palette;
}

/** Compressed tiles, row by row; the last ones are filled up by repeating the image's last row and column. */
function* tiles(
  { height, width, bands, data }: GeoTiff,
  tileHeight: number,
  tileWidth: number,
  isDifferenced: boolean,
): Generator<Uint8Array> {
  const rowLength = tileWidth * bands;
  const tile = new (data.constructor as new (length: number) => RasterData)(tileHeight * rowLength);
  const bytes = Buffer.from(tile.buffer);
  for (let top = 0; top < height; top += tileHeight) {
    for (let left = 0; left < width; left += tileWidth) {
      const inside = Math.min(tileWidth, width - left) * bands;
      for (let row = 0; row < tileHeight; row++) {
        const from = (Math.min(top + row, height - 1) * width + left) * bands;
        const to = row * rowLength;
        tile.set(data.subarray(from, from + inside) as never, to);
        for (let at = to + inside; at < to + rowLength; at++) tile[at] = tile[at - bands]!;
        if (isDifferenced) {
          // TIFF predictor 2; the typed array wraps around as the format wants it.
          for (let at = to + rowLength - 1; at >= to + bands; at--) tile[at]! -= tile[at - bands]!;
        }
      }
      yield deflateSync(endianness() === "LE" ? bytes : swapped(bytes, tile.BYTES_PER_ELEMENT));
    }
  }
}

function swapped(bytes: Buffer, size: number): Buffer {
  const copy = Buffer.from(bytes);
  return size === 2 ? copy.swap16() : size === 4 ? copy.swap32() : size === 8 ? copy.swap64() : copy;
}
