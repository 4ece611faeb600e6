/** @file Polygons of a map as GeoJSON. */
import { UnsupportedError } from "../tensor/index.ts";
import type { MapPolygon, PolygonLayer } from "./map-polygons.ts";

/** Longitude and latitude in degrees on WGS 84 of a point of the map. */
export type ToLonLat = (x: number, y: number) => readonly [number, number];

const wgs84 = 4326;
/** Decimals of degrees: about a tenth of a millimetre. */
const decimals = 9;

/**
 * A GeoJSON file in parts, one line a polygon.
 *
 * @param toLonLat  for longitudes and latitudes as RFC 7946 wants them; with null, coordinates stay those of the map,
 *                  and the member `crs` of GeoJSON 2008, which GDAL and QGIS read, names their reference system
 * @throws UnsupportedError if the coordinates stay and their reference system has no EPSG code
 * @see RFC 7946; GeoJSON 2008, "Coordinate Reference System Objects"
 */
export function geoJsonParts(layer: PolygonLayer, toLonLat: ToLonLat | null): Iterable<Uint8Array> {
  const epsg = toLonLat === null ? (layer.georeference?.crs?.epsg ?? null) : wgs84;
  if (epsg === null) {
    throw new UnsupportedError("GeoJSON of a map whose reference system has no EPSG code", "write a GeoPackage (gpkg)");
  }
  return lines(layer, epsg, toLonLat);
}

function* lines({ polygons }: PolygonLayer, epsg: number, toLonLat: ToLonLat | null): Generator<Uint8Array, void> {
  const text = new TextEncoder();
  const crs = { type: "name", properties: { name: `urn:ogc:def:crs:EPSG::${epsg}` } };
  const member = epsg === wgs84 ? "" : `"crs": ${JSON.stringify(crs)},\n`;
  yield text.encode(`{"type": "FeatureCollection", "name": "polygons",\n${member}"features": [`);
  for (const [index, polygon] of polygons.entries()) {
    yield text.encode(`${index === 0 ? "" : ","}\n${JSON.stringify(feature(polygon, toLonLat))}`);
  }
  yield text.encode("\n]}\n");
}

function feature({ category, pixels, areaM2, confidence, rings }: MapPolygon, toLonLat: ToLonLat | null): object {
  const area = areaM2 === null ? {} : { area_m2: areaM2 };
  return {
    type: "Feature",
    properties: { code: category.value, class: category.name, pixels, ...area, confidence },
    geometry: { type: "Polygon", coordinates: rings.map((ring) => positions(ring, toLonLat)) },
  };
}

function positions(ring: Float64Array, toLonLat: ToLonLat | null): (readonly number[])[] {
  const round = (degrees: number): number => Number(degrees.toFixed(decimals));
  return Array.from({ length: ring.length / 2 }, (_, at) => {
    const [x, y] = [ring[2 * at]!, ring[2 * at + 1]!];
    return toLonLat === null ? [x, y] : toLonLat(x, y).map(round);
  });
}
