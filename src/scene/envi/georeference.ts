/** @file Where the pixels of an ENVI raster lie: `map info` and `coordinate system string`, read as GDAL reads them. */
import type { Crs, Georeference } from "../raster.ts";
import { datumNamed } from "./datums.ts";
import { type EnviHeader, listOf, textOf } from "./header.ts";

/** Parts of one degree in the units of geographic coordinates. */
const partsOfDegree: ReadonlyMap<string, number> = new Map([
  ["minutes", 60],
  ["seconds", 3600],
]);

/** Place of an ENVI raster, null where its header tells none. */
export function enviGeoreference(header: EnviHeader): Georeference | null {
  const info = listOf(header, "map info");
  if (info === null || info.length < 7) return null;
  const transform = transformOf(info);
  if (transform === null) return null;
  const crs = crsOf(header, info);
  const isPixelGrid = transform.join() === "0,1,0,0,0,-1";
  // ENVI writes the pixel grid as "Arbitrary" into the headers of images without place.
  return crs === null && isPixelGrid ? null : { transform, crs };
}

/** The value of `rotation=…` and its like. */
function option(info: readonly string[], name: string): string | null {
  const entry = info.find((one) => one.toLowerCase().replace(/\s/g, "").startsWith(`${name}=`));
  return entry === undefined ? null : entry.slice(entry.indexOf("=") + 1).trim();
}

const isGeographic = (info: readonly string[]) => /^geographic/i.test(info[0]!);

/** Reference pixel (the upper-left corner of the first pixel is 1, 1), its place, and the pixel's size. */
function transformOf(info: readonly string[]): Georeference["transform"] | null {
  const parts = isGeographic(info) ? (partsOfDegree.get(option(info, "units")?.toLowerCase() ?? "") ?? 1) : 1;
  const [col, row, ...lengths] = info.slice(1, 7).map((text) => (text === "" ? Number.NaN : Number(text)));
  const [x, y, across, down] = lengths.map((length) => length / parts) as [number, number, number, number];
  const degrees = Number(option(info, "rotation") ?? 0);
  // A turn by 180° is how GDAL writes, and reads, rows from south to north.
  const steps = degrees === 0 ? [across, 0, 0, -down] : turned(across, down, degrees);
  const [xCol, xRow, yCol, yRow] = (Math.abs(degrees) === 180 ? [across, 0, 0, down] : steps) as typeof lengths;
  const left = x - (col! - 1) * xCol! - (row! - 1) * xRow!;
  const top = y - (col! - 1) * yCol! - (row! - 1) * yRow!;
  const transform = [left, xCol!, xRow!, top, yCol!, yRow!] as const;
  return transform.every(Number.isFinite) && across !== 0 && down !== 0 ? transform : null;
}

/** Steps to the next column and row, x before y, of an image turned counter-clockwise. */
function turned(across: number, down: number, degrees: number): number[] {
  const angle = (degrees * Math.PI) / 180;
  return [Math.cos(angle) * across, Math.sin(angle) * down, Math.sin(angle) * across, -Math.cos(angle) * down];
}

function crsOf(header: EnviHeader, info: readonly string[]): Crs | null {
  const text = textOf(header, "coordinate system string");
  const wkt = text !== null && /^(PROJ|GEO[GD]|BASE|COMPD|COMPOUND)\w*\[/i.test(text) ? text : null;
  if (wkt === null && /^arbitrary/i.test(info[0]!)) return null;
  const { epsg, name } = namedCrs(info);
  const code = (wkt === null ? null : wktEpsg(wkt)) ?? epsg;
  const title = wkt === null ? null : (/^\w+\["([^"]+)"/.exec(wkt)?.[1] ?? null);
  return { epsg: code, name: title ?? name, wkt, geoKeys: null };
}

/** The CRS that `map info` names: `UTM, …, 15, North, WGS-84` or `Geographic Lat/Lon, …, WGS-84`. */
function namedCrs(info: readonly string[]): { epsg: number | null; name: string } {
  const words = info.slice(7).filter((word) => !word.includes("="));
  const unit = option(info, "units")?.toLowerCase() ?? null;
  if (isGeographic(info)) {
    const isDegrees = unit === null || unit === "degrees" || partsOfDegree.has(unit);
    const epsg = isDegrees ? (datumNamed(words[0])?.geographic ?? null) : null;
    return { epsg, name: epsg === null ? [info[0], ...words].join(", ") : `EPSG:${epsg}` };
  }
  if (!/^utm/i.test(info[0]!)) return { epsg: null, name: [info[0], ...words].join(", ") };
  const isSouth = /^s/i.test(words[1] ?? "");
  const zones = datumNamed(words[2])?.[isSouth ? "utmSouth" : "utmNorth"];
  const zone = Number(words[0]);
  const isKnown = zones !== undefined && zone >= zones.first && zone <= zones.last && Number.isInteger(zone);
  const epsg = isKnown && (unit === null || unit === "meters") ? zones.base + zone : null;
  return { epsg, name: epsg === null ? [info[0], ...words].join(", ") : `EPSG:${epsg}` };
}

/** The EPSG code of a CRS in well-known text: the authority of its root, not of a part such as its datum. */
function wktEpsg(wkt: string): number | null {
  let depth = 0;
  for (const [token, code] of wkt.matchAll(/"[^"]*"|[[\]]|\b(?:AUTHORITY|ID)\["EPSG",\s*"?(\d+)"?\]/gi)) {
    if (code !== undefined && depth === 1) return Number(code);
    if (token === "[") depth++;
    else if (token === "]") depth--;
  }
  return null;
}
