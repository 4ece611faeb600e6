/** @file Polygons as GeoJSON. */
import { DataError, UnsupportedError } from "../tensor/index.ts";
import type { MapPolygon, PolygonLayer } from "./map-polygons.ts";

/** Longitude and latitude in degrees on WGS 84 of a point of the map; NaN where it has none. */
export type ToLonLat = (x: number, y: number) => readonly [number, number];

const wgs84 = 4326;
/** Decimals of degrees: about a tenth of a millimetre. */
const decimals = 9;
/** A side that bends by more degrees gets corners along it: about a centimetre. */
const straightDegrees = 1e-7;
/** Halvings of one side at most. */
const mostHalvings = 12;

/**
 * A GeoJSON file in parts, one line a polygon.
 *
 * @param toLonLat  for longitudes and latitudes as RFC 7946 wants them; with null, coordinates stay those of the map,
 *                  and the member `crs` of GeoJSON 2008, which GDAL and QGIS read, names their reference system
 * @throws UnsupportedError if the coordinates stay and their reference system has no EPSG code
 * @throws DataError if a corner has no longitude and latitude
 * @see RFC 7946; GeoJSON 2008, "Coordinate Reference System Objects"
 */
export function geoJsonParts(layer: PolygonLayer, toLonLat: ToLonLat | null): Iterable<Uint8Array> {
  const epsg = toLonLat === null ? (layer.georeference?.crs?.epsg ?? null) : wgs84;
  if (epsg === null) {
    throw new UnsupportedError("GeoJSON of a map whose reference system has no EPSG code", "write a GeoPackage (gpkg)");
  }
  return lines(layer, epsg, toLonLat);
}

function* lines(layer: PolygonLayer, epsg: number, toLonLat: ToLonLat | null): Generator<Uint8Array, void> {
  const { name, polygons, software } = layer;
  const text = new TextEncoder();
  const crs = { type: "name", properties: { name: `urn:ogc:def:crs:EPSG::${epsg}` } };
  const members = {
    ...{ type: "FeatureCollection", name },
    ...(software === null ? {} : { software }),
    ...(epsg === wgs84 ? {} : { crs }),
  };
  yield text.encode(`${JSON.stringify(members).slice(0, -1)},"features":[`);
  for (const [index, polygon] of polygons.entries()) {
    yield text.encode(`${index === 0 ? "" : ","}\n${JSON.stringify(feature(polygon, layer, toLonLat))}`);
  }
  yield text.encode("\n]}\n");
}

function feature(polygon: MapPolygon, { attributes }: PolygonLayer, toLonLat: ToLonLat | null): object {
  return {
    type: "Feature",
    properties: Object.fromEntries(attributes.map((one) => [one.name, one.of(polygon)])),
    geometry: {
      type: "Polygon",
      coordinates: polygon.rings.map((ring) => (toLonLat === null ? corners(ring) : onEarth(ring, toLonLat))),
    },
  };
}

type Point = readonly [number, number];

function corners(ring: Float64Array): Point[] {
  return Array.from({ length: ring.length / 2 }, (_, at) => [ring[2 * at]!, ring[2 * at + 1]!]);
}

/**
 * A ring in longitudes and latitudes. What is straight on the map bends there: long sides get corners along them, the
 * same ones in both polygons that share a side.
 */
function onEarth(ring: Float64Array, toLonLat: ToLonLat): Point[] {
  const placed = ([x, y]: Point): Point => {
    const [longitude, latitude] = toLonLat(x, y);
    if (Number.isFinite(longitude) && Number.isFinite(latitude)) return [longitude, latitude];
    throw new DataError(
      `the corner ${x}, ${y} of a polygon`,
      "expected a longitude and latitude; got none — write a GeoPackage (gpkg)",
    );
  };
  const points: Point[] = [];
  const addBetween = (a: Point, b: Point, from: Point, to: Point, halvings: number): void => {
    const half = middle(a, b);
    const [found, straight] = [placed(half), middle(from, to)];
    const bend = Math.max(Math.abs(found[0] - straight[0]), Math.abs(found[1] - straight[1]));
    if (bend <= straightDegrees || halvings === mostHalvings) return;
    addBetween(a, half, from, found, halvings + 1);
    points.push(found);
    addBetween(half, b, found, to, halvings + 1);
  };
  const onMap = corners(ring);
  for (const [at, corner] of onMap.entries()) {
    const from = placed(corner);
    points.push(from);
    const next = onMap[at + 1];
    if (next !== undefined) addBetween(corner, next, from, placed(next), 0);
  }
  return points.map(([longitude, latitude]) => [round(longitude), round(latitude)]);
}

function middle(a: Point, b: Point): Point {
  return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
}

function round(degrees: number): number {
  return Number(degrees.toFixed(decimals));
}
