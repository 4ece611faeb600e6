/** @file What is in a file of polygons or points, as a plain object for people and programs. */
import type { Crs } from "../raster.ts";
import { type Attribute, attributeOf, byCodeUnits } from "./features.ts";
import { readVector, vectorFormat } from "./readers.ts";

/** An attribute of features. */
export interface FieldDescription {
  readonly name: string;
  /** Features by value, in order; null where there are more than 256 different ones. */
  readonly counts: readonly { readonly value: Attribute; readonly features: number }[] | null;
}

/** What is in a layer. */
export interface LayerDescription {
  readonly file: string;
  readonly format: string;
  /** Null for formats of one layer a file. */
  readonly layer: string | null;
  readonly crs: Pick<Crs, "epsg" | "name"> | null;
  readonly features: number;
  /** Of all features together. */
  readonly polygons: number;
  readonly points: number;
  readonly fields: readonly FieldDescription[];
}

const maxValues = 256;

/**
 * Read a file of polygons or points and tell what is in it.
 *
 * @param text  `file` or `file#layer`
 * @throws FormatError, UnsupportedError, ConfigError as `readVector` does
 */
export async function describeVector(text: string): Promise<LayerDescription> {
  const { layer, crs, fields, features } = await readVector(text);
  return {
    ...{ file: text, format: vectorFormat(text), layer },
    crs: crs && { epsg: crs.epsg, name: crs.name },
    features: features.length,
    polygons: features.reduce((sum, { geometry }) => sum + geometry.polygons.length, 0),
    points: features.reduce((sum, { geometry }) => sum + geometry.points.length / 2, 0),
    fields: fields.map((name) => ({ name, counts: countValues(features.map((one) => attributeOf(one, name))) })),
  };
}

function countValues(values: readonly Attribute[]): FieldDescription["counts"] {
  const counts = new Map<Attribute, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  if (counts.size > maxValues) return null;
  // The order of the codes that labels get: of numbers where there are no texts, else of texts.
  const isOfNumbers = values.every((value) => typeof value !== "string");
  const inOrder = (a: Attribute, b: Attribute): number =>
    Number(a === null) - Number(b === null) ||
    (isOfNumbers ? Number(a) - Number(b) : byCodeUnits(String(a), String(b)));
  return Array.from(counts, ([value, features]) => ({ value, features })).sort((a, b) => inOrder(a.value, b.value));
}
