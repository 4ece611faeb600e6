/**
 * @file GeoJSON.
 *
 * @see RFC 7946; the member `crs` is that of its predecessor of 2008
 */
import { FormatError, UnsupportedError } from "../../tensor/index.ts";
import type { Crs } from "../raster.ts";
import { crsOfEpsg, lonLat } from "./crs.ts";
import type { Attribute, Feature, Geometry, Polygon, Positions, VectorLayer } from "./features.ts";
import { readText } from "./text.ts";
import { isPlace, unsupportedGeometry } from "./wkb.ts";

type Members = Readonly<Record<string, unknown>>;

/** Whether a text begins with a brace. */
export function isGeoJson(start: Uint8Array): boolean {
  return new TextDecoder().decode(start).trimStart().startsWith("{");
}

/** All features of a feature collection, a feature or a geometry. */
export function readGeoJson(file: string): VectorLayer {
  const root = parsed(file);
  const features: Feature[] = [];
  const fields = new Set<string>();
  for (const [index, feature] of featuresOf(root, file).entries()) {
    const number = index + 1;
    const subject = `feature ${number}`;
    if (!isMembers(feature) || feature["type"] !== "Feature") throw fault(file, subject, "a Feature", feature);
    const properties = propertiesOf(feature["properties"], file, subject);
    for (const name of Object.keys(properties)) fields.add(name);
    if (feature["geometry"] === null || feature["geometry"] === undefined) continue;
    const geometry = readGeometry(feature["geometry"], file, subject);
    if (geometry.polygons.length > 0 || geometry.points.length > 0) features.push({ number, geometry, properties });
  }
  return { file, layer: null, crs: crsOf(root, file), fields: Array.from(fields), features };
}

function parsed(file: string): Members {
  const text = readText(file);
  try {
    const root: unknown = JSON.parse(text);
    if (isMembers(root)) return root;
  } catch (cause) {
    const got = (cause as Error).message;
    throw new FormatError(file, `expected JSON; got ${got}`, { expected: "JSON", got, cause });
  }
  throw new FormatError(file, "expected a JSON object; got another value");
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fault(file: string, subject: string, expected: string, value: unknown): FormatError {
  const type = isMembers(value) ? value["type"] : undefined;
  const what = Array.isArray(value) ? `a list of ${value.length}` : `an object of type ${JSON.stringify(type)}`;
  const got = typeof value === "object" && value !== null ? what : String(JSON.stringify(value));
  return new FormatError(file, `expected ${expected} in ${subject}; got ${got}`, { expected, got });
}

/** A collection's features; what stands alone is wrapped. */
function featuresOf(root: Members, file: string): readonly unknown[] {
  const { type, features } = root as { readonly type?: unknown; readonly features?: unknown };
  if (type === "Feature") return [root];
  if (type !== "FeatureCollection") return [{ type: "Feature", properties: {}, geometry: root }];
  if (Array.isArray(features)) return features;
  throw fault(file, "the FeatureCollection", "a list of features", features);
}

function propertiesOf(value: unknown, file: string, subject: string): Record<string, Attribute> {
  if (value === null || value === undefined) return {};
  if (!isMembers(value)) throw fault(file, subject, "properties as an object", value);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, attribute(one)]));
}

function attribute(value: unknown): Attribute {
  if (typeof value === "boolean") return String(value);
  return typeof value === "string" || typeof value === "number" ? value : null;
}

const maxDepth = 16;

function readGeometry(root: unknown, file: string, subject: string): Geometry {
  const polygons: Polygon[] = [];
  const points: number[] = [];
  const list = (value: unknown, what: string): readonly unknown[] => {
    if (Array.isArray(value)) return value;
    throw fault(file, subject, `a list of ${what}`, value);
  };
  const positions = (value: readonly unknown[]): Positions => {
    const result = new Float64Array(2 * value.length);
    for (const [index, position] of value.entries()) {
      const [x, y] = Array.isArray(position) ? position : [];
      if (typeof x !== "number" || typeof y !== "number") throw fault(file, subject, "a position [x, y]", position);
      result.set([x, y], 2 * index);
    }
    if (!isPlace(result)) {
      throw new FormatError(file, `expected finite coordinates in ${subject}; got others`, { expected: "finite" });
    }
    return result;
  };
  const polygon = (value: unknown): void => {
    const rings = list(value, "rings").map((ring) => positions(list(ring, "positions")));
    const some = rings.filter(({ length }) => length > 0);
    if (some.length > 0) polygons.push(some);
  };
  const point = (value: unknown): void => {
    // An empty point is an empty list.
    if (list(value, "numbers").length > 0) points.push(...positions([value]));
  };
  const read = (value: unknown, depth: number): void => {
    if (!isMembers(value)) throw fault(file, subject, "a geometry", value);
    if (depth > maxDepth) throw fault(file, subject, `at most ${maxDepth} collections within each other`, value);
    const { type, coordinates, geometries } = value as { readonly [member: string]: unknown };
    if (type === "Point") point(coordinates);
    else if (type === "Polygon") polygon(coordinates);
    else if (type === "MultiPoint") list(coordinates, "positions").forEach(point);
    else if (type === "MultiPolygon") list(coordinates, "polygons").forEach(polygon);
    else if (type === "GeometryCollection") for (const one of list(geometries, "geometries")) read(one, depth + 1);
    else if (type === "LineString" || type === "MultiLineString") throw unsupportedGeometry(file, subject, type);
    else throw fault(file, subject, "a geometry", value);
  };
  read(root, 0);
  return { polygons, points: Float64Array.from(points) };
}

/** WGS 84, unless the old member `crs` names another; null there means unknown. */
function crsOf(root: Members, file: string): Crs | null {
  if (!Object.hasOwn(root, "crs")) return lonLat;
  const { crs } = root as { readonly crs?: unknown };
  if (crs === null) return null;
  const properties = isMembers(crs) ? crs["properties"] : undefined;
  const name = isMembers(properties) ? properties["name"] : undefined;
  if (typeof name !== "string") throw fault(file, "the member crs", "a name", crs);
  if (/CRS:?84$/i.test(name)) return lonLat;
  const code = /^(?:urn:ogc:def:crs:)?EPSG:(?:[\d.]*:)?(\d+)$/i.exec(name)?.[1];
  if (code !== undefined) return crsOfEpsg(Number(code));
  throw new UnsupportedError(`${file}: the CRS ${JSON.stringify(name)}`, "name it as EPSG:code");
}
