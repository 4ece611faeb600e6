/** @file A raster: band-last numbers on a grid, with what its file says of place, bands and missing pixels. */

export type RasterData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** Coordinate reference system, kept as its file wrote it so that a map can carry it on unchanged. */
export interface Crs {
  /** EPSG code, null where the file names none. */
  readonly epsg: number | null;
  /** Human-readable name: the citation of the file, or `EPSG:32718`. */
  readonly name: string;
  /** Well-known text, as ENVI headers and .prj files hold it; null for CRSs of other formats. */
  readonly wkt: string | null;
  /** GeoTIFF key directory (tag 34735) and its parameters (34736, 34737); null for CRSs of other formats. */
  readonly geoKeys: {
    readonly directory: readonly number[];
    readonly doubles: readonly number[];
    readonly ascii: string;
  } | null;
}

/**
 * Where pixels lie. `transform` is in GDAL's order:
 * x = t[0] + col·t[1] + row·t[2], y = t[3] + col·t[4] + row·t[5], for the upper-left corner of a pixel.
 */
export interface Georeference {
  readonly transform: readonly [number, number, number, number, number, number];
  readonly crs: Crs | null;
}

/** Numbers on a grid. */
export interface Raster {
  readonly height: number;
  readonly width: number;
  /** Number of bands `L`. */
  readonly bands: number;
  /** `[H, W, L]`, band-last, row-major. */
  readonly data: RasterData;
  /** `[H, W]`, 1 where every band holds a finite number that is not nodata; null where that is every pixel. */
  readonly valid: Uint8Array | null;
  /** One name a band, null where the file names none. */
  readonly bandNames: readonly string[] | null;
  /** Centre wavelengths in nm, one a band, null where unknown. */
  readonly wavelengthsNm: readonly number[] | null;
  readonly georeference: Georeference | null;
  /** The value that the file declares as missing, null where it declares none. */
  readonly nodata: number | null;
  /** Class names and colours that the file carries, by pixel value: palette, attribute table, category names. */
  readonly categories: readonly Category[] | null;
}

/** A pixel value's meaning in a categorical raster. */
export interface Category {
  readonly value: number;
  readonly name: string | null;
  readonly color: Color | null;
}

/** Red, green, blue, 0–255. */
export type Color = readonly [number, number, number];
