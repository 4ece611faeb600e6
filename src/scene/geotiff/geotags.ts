/**
 * @file From GeoTIFF tags to a georeference, with GDAL's conventions.
 *
 * @see OGC 19-008r4, GeoTIFF 1.1
 */
import type { Crs, Georeference } from "../raster.ts";
import { type TiffTags, tags } from "./header.ts";

const keys = {
  modelType: 1024,
  rasterType: 1025,
  citation: 1026,
  geographicCrs: 2048,
  geographicCitation: 2049,
  projectedCrs: 3072,
  projectedCitation: 3073,
} as const;
const userDefined = 32767;
const geographicModel = 2;
const pixelIsPoint = 2;

/** Place of a GeoTIFF, null where the file does not say it by an affine transform. */
export function georeferenceOf(values: TiffTags): Georeference | null {
  const transform = transformOf(values);
  return transform === null ? null : { transform, crs: crsOf(values) };
}

function transformOf(values: TiffTags): Georeference["transform"] | null {
  const scale = numbers(values, tags.modelPixelScale);
  const tie = numbers(values, tags.modelTiepoint);
  const matrix = numbers(values, tags.modelTransformation);
  let transform: [number, number, number, number, number, number];
  if (scale.length >= 2 && scale[0] !== 0 && scale[1] !== 0 && tie.length >= 6) {
    const [scaleX, scaleY] = [scale[0]!, Math.abs(scale[1]!)];
    transform = [tie[3]! - tie[0]! * scaleX, scaleX, 0, tie[4]! + tie[1]! * scaleY, 0, -scaleY];
  } else if (matrix.length === 16) {
    transform = [matrix[3]!, matrix[0]!, matrix[1]!, matrix[7]!, matrix[4]!, matrix[5]!];
  } else {
    return null;
  }
  if (!transform.every(Number.isFinite)) return null;
  if (shortKey(values, keys.rasterType) === pixelIsPoint) {
    // The tie point names a pixel's centre; ours is its upper-left corner.
    transform[0] -= 0.5 * (transform[1] + transform[2]);
    transform[3] -= 0.5 * (transform[4] + transform[5]);
  }
  return transform;
}

function crsOf(values: TiffTags): Crs | null {
  const directory = numbers(values, tags.geoKeys);
  if (directory.length < 4) return null;
  const projected = shortKey(values, keys.projectedCrs);
  const geographic = shortKey(values, keys.geographicCrs);
  // Of a projected CRS that only its text tells, the geographic code is that of the base.
  const model = shortKey(values, keys.modelType);
  const isGeographic = (model === null || model === geographicModel) && !citesProjected(values);
  const code = projected ?? (isGeographic ? geographic : null);
  const epsg = code === null || code === 0 || code === userDefined ? null : code;
  const cited = [keys.projectedCitation, keys.citation, keys.geographicCitation].map((key) => textKey(values, key));
  const citation = cited.find((text) => text !== null && text !== "") ?? null;
  if (epsg === null && citation === null && projected === null && geographic === null) return null;
  const ascii = values.get(tags.geoAscii);
  const geoKeys = {
    directory,
    doubles: numbers(values, tags.geoDoubles),
    ascii: typeof ascii === "string" ? ascii : "",
  };
  return { epsg, name: citation ?? (epsg === null ? "user-defined" : `EPSG:${epsg}`), wkt: null, geoKeys };
}

function citesProjected(values: TiffTags): boolean {
  return textKey(values, keys.citation)?.includes("PROJCS[") ?? false;
}

function numbers(values: TiffTags, tag: number): readonly number[] {
  const value = values.get(tag);
  return value === undefined || typeof value === "string" ? [] : value;
}

/** Key, place of its value (0: here), count, value or offset. */
function keyEntry(values: TiffTags, key: number): readonly number[] | null {
  const directory = numbers(values, tags.geoKeys);
  for (let at = 4; at + 3 < directory.length; at += 4) {
    if (directory[at] === key) return directory.slice(at + 1, at + 4);
  }
  return null;
}

function shortKey(values: TiffTags, key: number): number | null {
  const entry = keyEntry(values, key);
  return entry === null || entry[0] !== 0 ? null : entry[2]!;
}

function textKey(values: TiffTags, key: number): string | null {
  const entry = keyEntry(values, key);
  const ascii = values.get(tags.geoAscii);
  if (entry === null || entry[0] !== tags.geoAscii || typeof ascii !== "string") return null;
  const text = ascii.slice(entry[2]!, entry[2]! + entry[1]!).replace(/\|+$/, "");
  // GDAL writes "PCS Name = …|" into citations.
  return text.replace(/^PCS Name = /, "").trim();
}
