/** @file A class map as polygons on the ground, each with its class and size, and its confidence where it is known. */
import type { Category, Georeference } from "../scene/index.ts";
import { DataError } from "../tensor/index.ts";
import type { Plane } from "./map-picture.ts";
import { polygonsOf, type Ring } from "./polygons.ts";
import type { StyledValue } from "./qgis-style.ts";
import { pixelSizeM } from "./scale-bar.ts";
import { sieved } from "./sieve.ts";

/** One region of a map. */
export interface MapPolygon {
  /** The one it has in the map. */
  readonly label: number;
  readonly category: Category;
  readonly pixels: number;
  /** Null where the georeference does not say that its unit is the metre. */
  readonly areaM2: number | null;
  /** Mean probability of the classes of its pixels; null where none is known. */
  readonly confidence: number | null;
  /** x, y, x, y … of each ring, closed; first the exterior, counter-clockwise where y points up, then the holes. */
  readonly rings: readonly Float64Array[];
}

/** What is told of every polygon of a layer: a column of its table. */
export interface Attribute {
  readonly name: string;
  readonly type: "INTEGER" | "DOUBLE" | "TEXT";
  of(polygon: MapPolygon): string | number | null;
}

/** Polygons with what they share. */
export interface PolygonLayer {
  readonly name: string;
  readonly polygons: readonly MapPolygon[];
  readonly attributes: readonly Attribute[];
  /** Colours, and the attribute that tells which one a polygon has. */
  readonly style: { readonly attribute: string; readonly values: readonly StyledValue[] };
  readonly georeference: Georeference | null;
  /** Name and version of what made it, null where that is not to be told. */
  readonly software: string | null;
}

/** A size below which a region joins a neighbour. */
export interface Area {
  readonly value: number;
  readonly unit: "pixels" | "m²";
}

/** A class map, with the probability of each pixel's class where it is known. */
export interface PolygonMap {
  /** `[H, W]`: 0 = no class, k = `categories[k − 1]`. */
  readonly labels: Plane;
  /** `[H, W]`, 0…1, NaN where unknown; null where all are, as of labels. */
  readonly confidence: ArrayLike<number> | null;
  readonly categories: readonly Category[];
  readonly georeference: Georeference | null;
  /** Of the layer. @default "polygons" */
  readonly name?: string;
  readonly software?: string | null;
}

/** Area of a pixel on the ground; null where the georeference does not say that its unit is the metre. */
function pixelAreaM2(georeference: Georeference | null): number | null {
  if (georeference === null || pixelSizeM(georeference) === null) return null;
  return Math.abs(determinant(georeference.transform));
}

/**
 * The 4-connected regions of a map, which tile it. Without a georeference x is the column and y minus the row.
 *
 * @param smallest  regions below this size join a neighbour, see {@link sieved}; null leaves them
 * @throws DataError if an area in m² is asked of a map that has no metres
 */
export function mapPolygons(map: PolygonMap, smallest: Area | null = null): PolygonLayer {
  const { labels, confidence, categories, georeference, name = "polygons", software = null } = map;
  const areaM2 = pixelAreaM2(georeference);
  const fewest = smallest === null ? 0 : pixelsOf(smallest, areaM2);
  const shown = fewest > 1 ? { ...labels, data: sieved(labels, fewest) } : labels;
  const transform = georeference?.transform ?? ([0, 1, 0, 0, 0, -1] as const);
  const polygons = polygonsOf(shown, confidence).map(({ label, pixels, mean, exterior, holes }) => ({
    label,
    category: categories[label - 1]!,
    pixels,
    areaM2: areaM2 === null ? null : pixels * areaM2,
    confidence: Number.isNaN(mean) ? null : mean,
    rings: [exterior, ...holes].map((ring) => placed(ring, transform)),
  }));
  const attributes: Attribute[] = [
    { name: "code", type: "INTEGER", of: ({ category }) => category.value },
    { name: "class", type: "TEXT", of: ({ category }) => category.name },
    { name: "pixels", type: "INTEGER", of: ({ pixels }) => pixels },
  ];
  if (areaM2 !== null) attributes.push({ name: "area_m2", type: "DOUBLE", of: (polygon) => polygon.areaM2 });
  if (confidence !== null) attributes.push({ name: "confidence", type: "DOUBLE", of: (polygon) => polygon.confidence });
  return { name, polygons, attributes, style: { attribute: "code", values: categories }, georeference, software };
}

function pixelsOf({ value, unit }: Area, areaM2: number | null): number {
  if (unit === "pixels") return value;
  if (areaM2 === null) {
    throw new DataError(
      "smallest area",
      `expected pixels, as the map's unit is not known to be the metre; got ${value} m²`,
    );
  }
  return value / areaM2;
}

function determinant(t: Georeference["transform"]): number {
  return t[1] * t[5] - t[2] * t[4];
}

/** Corners on the ground, closed. Rings of pixels run clockwise around their region where rows run down. */
function placed(ring: Ring, t: Georeference["transform"]): Float64Array {
  const corners = ring.length / 2;
  const isReversed = determinant(t) < 0;
  const points = new Float64Array(ring.length + 2);
  for (let index = 0; index <= corners; index++) {
    const at = isReversed ? (corners - index) % corners : index % corners;
    const [col, row] = [ring[2 * at]!, ring[2 * at + 1]!];
    points[2 * index] = t[0] + col * t[1] + row * t[2];
    points[2 * index + 1] = t[3] + col * t[4] + row * t[5];
  }
  return points;
}
