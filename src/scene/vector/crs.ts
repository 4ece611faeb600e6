/** @file A coordinate reference system by its well-known text or EPSG code. */
import type { Crs } from "../raster.ts";

/** Longitude and latitude on WGS 84, in this order. */
export const lonLat: Crs = { epsg: 4326, name: "WGS 84", wkt: null, geoKeys: null };

/** The CRS of a well-known text, with its own name and, where its authority is EPSG, its code. */
export function crsOfWkt(text: string): Crs {
  const wkt = text.trim();
  const name = /^[^"]*"([^"]*)"/.exec(wkt)?.[1] ?? "unnamed";
  // The authority of the whole stands last: AUTHORITY["EPSG","32718"]] or ID["EPSG",32718]].
  const code = /(?:AUTHORITY|ID)\s*[[(]\s*"EPSG"\s*,\s*"?(\d+)"?\s*[\])]\s*[\])]$/i.exec(wkt)?.[1];
  return { epsg: code === undefined ? null : Number(code), name, wkt, geoKeys: null };
}

/** The CRS of an EPSG code. */
export function crsOfEpsg(epsg: number): Crs {
  return epsg === 4326 ? lonLat : { epsg, name: `EPSG:${epsg}`, wkt: null, geoKeys: null };
}
