/** @file When two rasters lie on the same grid, or on grids that divide each other. */
import { isOtherCrs, type Transform, transformBetween } from "./crs/transform.ts";
import type { Georeference } from "./raster.ts";

export interface Grid {
  readonly height: number;
  readonly width: number;
  readonly georeference: Georeference | null;
}

/** Width and height of a pixel, in units of the CRS. */
export type PixelSize = readonly [number, number];

export function pixelSizeOf({ transform: t }: Pick<Georeference, "transform">): PixelSize {
  return [Math.hypot(t[1], t[4]), Math.hypot(t[2], t[5])];
}

/** Whether two rasters lie on the same grid, as far as they say. */
export function isSameGrid(a: Grid, b: Grid): boolean {
  return alignment(a, b)?.relation === "same";
}

/** How a grid lies to a reference of the same extent. `rows` and `cols` are integers ≥ 1, not both 1 unless "same". */
export interface Alignment {
  readonly relation: "same" | "coarser" | "finer";
  /** Pixels of the finer grid in one of the coarser. */
  readonly rows: number;
  readonly cols: number;
}

/** Largest distance of corners, in pixels of the finer grid, that still counts as the same place. */
export const tolerancePixels = 1e-3;

/**
 * How `grid` lies to `reference`: sizes must be in an integer ratio; if both are georeferenced, their corners must be at
 * the same places. CRSs of which it is not known whether they differ count as one.
 *
 * @returns null if they do not fit
 */
export function alignment(grid: Grid, reference: Grid): Alignment | null {
  const relation = sizeRelation(grid, reference);
  if (relation === null) return null;
  if (grid.georeference === null || reference.georeference === null) return relation;
  const [finer, coarser] = relation.relation === "finer" ? [grid, reference] : [reference, grid];
  const pixel = Math.min(...pixelSizeOf(finer.georeference!));
  const [own, other] = [finer.georeference!.crs, coarser.georeference!.crs];
  const isMoved = own !== null && other !== null && isOtherCrs(own, other);
  const [a, b] = [corners(finer), corners(coarser, isMoved ? transformBetween(other, own) : asItIs)];
  const isSamePlace = a.every((value, index) => Math.abs(value - b[index]!) <= tolerancePixels * pixel);
  return isSamePlace ? relation : null;
}

function sizeRelation(grid: Grid, reference: Grid): Alignment | null {
  if (grid.height === reference.height && grid.width === reference.width) return { relation: "same", rows: 1, cols: 1 };
  if (isDivided(reference, grid)) return { relation: "coarser", ...factors(reference, grid) };
  if (isDivided(grid, reference)) return { relation: "finer", ...factors(grid, reference) };
  return null;
}

function isDivided(finer: Grid, coarser: Grid): boolean {
  return finer.height % coarser.height === 0 && finer.width % coarser.width === 0;
}

function factors(finer: Grid, coarser: Grid): Pick<Alignment, "rows" | "cols"> {
  return { rows: finer.height / coarser.height, cols: finer.width / coarser.width };
}

const asItIs: Transform = (x, y) => [x, y];

/** x and y of the upper-left, upper-right, lower-left and lower-right corners. */
function corners({ height, width, georeference }: Grid, transform: Transform = asItIs): number[] {
  const [x, xCol, xRow, y, yCol, yRow] = georeference!.transform;
  return [0, height].flatMap((row) =>
    [0, width].flatMap((col) => transform(x + col * xCol + row * xRow, y + col * yCol + row * yRow)),
  );
}

/** A grid in words: `224 rows × 224 columns of 10 × 10 from 717730, 5700090, EPSG:32718`. */
export function gridText({ height, width, georeference }: Grid): string {
  const size = `${height} rows × ${width} columns`;
  if (georeference === null) return `${size} without georeference`;
  const t = georeference.transform;
  const [across, down] = pixelSizeOf(georeference);
  const crs = georeference.crs === null ? "" : `, ${crsText(georeference.crs)}`;
  return `${size} of ${number(across)} × ${number(down)} from ${number(t[0])}, ${number(t[3])}${crs}`;
}

function crsText({ epsg, name }: { epsg: number | null; name: string }): string {
  return epsg === null ? name : `EPSG:${epsg}`;
}

function number(value: number): string {
  return String(Number(value.toPrecision(12)));
}
