/** @file What a vector file holds: features with a place and attributes, whatever the format was. */
import type { Crs } from "../raster.ts";

/** Positions in a row, x and y by turns: `[n, 2]`, finite, in units of the layer's CRS. */
export type Positions = Float64Array;

/** Rings; a place is inside where an odd number of them encloses it, so that the rings after the first are holes. */
export type Polygon = readonly Positions[];

/** Where a feature lies: multi-polygons and collections are flat lists here. */
export interface Geometry {
  readonly polygons: readonly Polygon[];
  readonly points: Positions;
}

/** A value of a feature's attribute: dates and truth values are text; null where there is none, or nothing flat. */
export type Attribute = string | number | null;

/** A thing with a place; features without one are not kept. */
export interface Feature {
  /** Place in the file, 1-based, features without geometry counted. */
  readonly number: number;
  readonly geometry: Geometry;
  readonly properties: Readonly<Record<string, Attribute>>;
}

/** Features of one kind, in the order of their file. */
export interface VectorLayer {
  readonly file: string;
  /** Its name in a file of several layers, null for formats of one layer a file. */
  readonly layer: string | null;
  /** Null where the file names none. x is east or longitude, y north or latitude. */
  readonly crs: Crs | null;
  /** Names of the attributes. */
  readonly fields: readonly string[];
  readonly features: readonly Feature[];
}

/** The attribute of that name, null where the feature has none. */
export function attributeOf({ properties }: Feature, field: string): Attribute {
  return Object.hasOwn(properties, field) ? properties[field]! : null;
}

/** The order of texts, the same in every language: that of the codes they become. */
export function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** The geometry with every position moved, as by a projection. */
export function moved(
  { polygons, points }: Geometry,
  by: (x: number, y: number) => readonly [number, number],
): Geometry {
  const each = (positions: Positions): Positions => {
    const result = new Float64Array(positions.length);
    for (let at = 0; at < positions.length; at += 2) result.set(by(positions[at]!, positions[at + 1]!), at);
    return result;
  };
  return { polygons: polygons.map((rings) => rings.map(each)), points: each(points) };
}
