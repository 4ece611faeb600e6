/** @file A raster brought to the grid of the scene: as it is, by a whole factor, or warped from another place or CRS. */
import { DataError } from "../tensor/index.ts";
import { positionStep } from "./crs/positions.ts";
import { type Alignment, alignment, type Grid, gridText, tolerancePixels } from "./grid.ts";
import type { Georeference, Raster } from "./raster.ts";
import { resampled } from "./resample.ts";
import type { SceneNote, SourceKind } from "./scene.ts";
import { countValid } from "./validity.ts";
import {
  isOutside,
  misregistration,
  sourceRegion,
  suggestedMethod,
  type WarpMethod,
  warped,
  warpedPart,
} from "./warp.ts";
import {
  alignedTo,
  cutRaster,
  partPlace,
  type RasterWindows,
  type Rectangle,
  searched,
  widened,
  within,
} from "./windows.ts";

/** A raster on the grid of the scene, and what was done to it; null where nothing was. */
export interface Placed {
  readonly raster: Raster;
  readonly note: SceneNote | null;
}

/** Pixels of misfit above which a note says so. */
const worthSaying = 0.1;

/**
 * A source on the grid of the scene: the mean of finer pixels, bilinear between coarser ones, as it is where pixels are
 * the same; radar decibels as power.
 *
 * @param subject  the name of the source, for messages
 * @throws DataError if the grids cannot be brought together
 */
export function placedSource(raster: Raster, grid: Grid, subject: string, kind: SourceKind): Placed {
  const relation = alignment(raster, grid);
  if (relation?.relation === "same") return { raster, note: null };
  const { source, method } = manner(raster, relation, grid, subject);
  const isDecibel = method !== "nearest" && kind === "sar" && hasNegative(raster);
  const linear = isDecibel ? mapped(source, (decibel) => 10 ** (decibel / 10)) : source;
  const back = (one: Raster): Raster => (isDecibel ? mapped(one, (power) => 10 * Math.log10(power)) : one);
  if (relation !== null) {
    return { raster: back(resampled(linear, relation, grid)), note: noteOf(source, grid, subject, method) };
  }
  const moved = back(warped(linear, grid, method));
  return { raster: moved, note: noteOf(source, grid, subject, method, moved) };
}

/** How measurements come to another grid, and what is read for it. */
function manner<Placeable extends Grid>(raster: Placeable, relation: Alignment | null, grid: Grid, subject: string) {
  if (relation !== null)
    return { source: raster, method: relation.relation === "finer" ? "mean" : "bilinear" } as const;
  const source = comparable(raster, grid, subject);
  return { source, method: suggestedMethod(source, grid) };
}

/** A source of which any part of the scene's grid can be read. */
export interface PlacedWindows {
  /** False only where it is certain, without reading, that no pixel of the part is valid. */
  hasData(part: Rectangle): boolean;
  read(part: Rectangle): Promise<Raster>;
  readonly note: SceneNote | null;
}

/** The same as {@link placedSource}, part by part. */
export async function placedWindows(
  raster: RasterWindows,
  grid: Grid,
  subject: string,
  kind: SourceKind,
): Promise<PlacedWindows> {
  const relation = alignment(raster, grid);
  if (relation?.relation === "same") return { hasData: raster.hasData, read: raster.read, note: null };
  const { source, method } = manner(raster, relation, grid, subject);
  const note = noteOf(source, grid, subject, method);
  const isDecibel = method !== "nearest" && kind === "sar" && (await searched(raster, hasNegative));
  const convert = (one: Raster): Raster => (isDecibel ? mapped(one, (decibel) => 10 ** (decibel / 10)) : one);
  const back = (one: Raster): Raster => (isDecibel ? mapped(one, (power) => 10 * Math.log10(power)) : one);
  if (relation !== null) {
    const regionOf = (part: Rectangle): Rectangle => finerOrCoarser(raster, relation, part);
    return {
      hasData: (part) => raster.hasData(regionOf(part)),
      read: async (part) => {
        const region = regionOf(part);
        const outer = scaled(region, relation);
        const place = { height: outer.height, width: outer.width, georeference: partPlace(grid.georeference, outer) };
        return cutRaster(back(resampled(convert(await raster.read(region)), relation, place)), within(part, outer));
      },
      note,
    };
  }
  const regionOf = (part: Rectangle): Rectangle | null => sourceRegion(source, grid, part);
  return {
    hasData: (part) => {
      const region = regionOf(part);
      return region !== null && raster.hasData(region);
    },
    read: async (part) => {
      const outer = inSteps(part, grid);
      const region = regionOf(outer) ?? { row: 0, col: 0, height: 1, width: 1 };
      const moved = warpedPart(convert(await raster.read(region)), region, source, grid, outer, method);
      return cutRaster(back(moved), within(part, outer));
    },
    note,
  };
}

/** A part with the rest of the blocks in which positions are computed. */
function inSteps(part: Rectangle, grid: Grid): Rectangle {
  const { row, col, height, width } = alignedTo(part, positionStep);
  const upTo = (length: number, from: number, end: number): number =>
    Math.min(Math.ceil(length / positionStep) * positionStep, end - from);
  return { row, col, height: upTo(height, row, grid.height), width: upTo(width, col, grid.width) };
}

/** The pixels of a finer or coarser raster that a part of the scene's grid needs: with neighbours, where it is coarser. */
function finerOrCoarser(raster: Grid, { relation, rows, cols }: Alignment, part: Rectangle): Rectangle {
  if (relation === "finer") {
    return { row: part.row * rows, col: part.col * cols, height: part.height * rows, width: part.width * cols };
  }
  const [row, col] = [Math.floor(part.row / rows), Math.floor(part.col / cols)];
  const height = Math.ceil((part.row + part.height) / rows) - row;
  const width = Math.ceil((part.col + part.width) / cols) - col;
  return widened({ row, col, height, width }, 1, raster);
}

/** Pixels of a finer or coarser raster as pixels of the scene's grid. */
function scaled(region: Rectangle, { relation, rows, cols }: Alignment): Rectangle {
  const { row, col, height, width } = region;
  if (relation === "finer") return { row: row / rows, col: col / cols, height: height / rows, width: width / cols };
  return { row: row * rows, col: col * cols, height: height * rows, width: width * cols };
}

/** Labels on the grid of the scene: the nearest code. @throws DataError if the grids cannot be brought together */
export function placedLabels(raster: Raster, grid: Grid, subject: string): Placed {
  const relation = alignment(raster, grid);
  if (relation?.relation === "same") return { raster, note: null };
  if (relation !== null) {
    // Whole factors need no place: both grids count in pixels of the scene.
    const scale = { rows: grid.height / raster.height, cols: grid.width / raster.width };
    const own = inPixels(scale.rows, scale.cols);
    const moved = warped({ ...raster, georeference: own }, { ...grid, georeference: inPixels(1, 1) }, "nearest");
    const note = noteOf(raster, grid, "labels", "nearest");
    return { raster: { ...moved, georeference: grid.georeference }, note };
  }
  const source = comparable(raster, grid, subject);
  const moved = warped(source, grid, "nearest");
  return { raster: moved, note: noteOf(source, grid, "labels", "nearest", moved) };
}

/** Whether a raster that has valid pixels has none on the grid of the scene. */
export function isLost(raster: Raster, { raster: moved }: Placed): boolean {
  const isEmpty = ({ valid, height, width }: Raster): boolean => countValid(valid, height * width) === 0;
  return isEmpty(moved) && !isEmpty(raster);
}

/** The error for a raster that has no valid pixel on the grid of the scene, where it has others. */
export function withoutData(raster: Grid, grid: Grid, subject: string): DataError {
  const got = `${gridText(raster)}, which has none there`;
  return new DataError(subject, `expected pixels with data on the scene's grid (${gridText(grid)}); got ${got}`);
}

function inPixels(rows: number, cols: number): Georeference {
  return { transform: [0, cols, 0, 0, 0, rows], crs: null };
}

/** The raster if both grids say where they are and meet; a CRS that only one of them names is taken to be that of both. */
function comparable<Placeable extends Grid>(raster: Placeable, grid: Grid, subject: string): Placeable {
  const { georeference } = raster;
  if (georeference === null || grid.georeference === null) {
    const expected = `the size of the scene's grid (${gridText(grid)}) or a whole multiple or part of it`;
    throw new DataError(
      subject,
      `expected ${expected}, or a georeference in both; got ${gridText(raster)} — resample it first, for example with gdalwarp`,
    );
  }
  const placed = { ...raster, georeference: { ...georeference, crs: georeference.crs ?? grid.georeference.crs } };
  if (isOutside(placed, grid)) {
    const got = `${gridText(raster)}, which does not overlap it`;
    throw new DataError(subject, `expected pixels on the scene's grid (${gridText(grid)}); got ${got}`);
  }
  return placed;
}

/** @param moved  the outcome, where it may be without data beside the source */
function noteOf(source: Grid, grid: Grid, subject: string, method: WarpMethod, moved?: Raster): SceneNote {
  const shift = misregistration(source, grid);
  const isSamePixels = shift !== null && shift <= tolerancePixels;
  const how = isSamePixels ? "pixel for pixel" : method;
  const parts = [`${subject}: put on the scene's grid from ${gridText(source)} (${how})`];
  if (shift !== null && shift > worthSaying) {
    parts.push(`its pixels lie ${shift.toFixed(2)} pixels off those of the scene`);
  }
  if (moved !== undefined) {
    const pixels = grid.height * grid.width;
    const missing = 1 - countValid(moved.valid, pixels) / pixels;
    if (missing > 0) parts.push(`${(100 * missing).toFixed(1)} % of the scene is without data`);
  }
  return { text: parts.join("; "), isInterpolated: method === "bilinear" };
}

function hasNegative({ data }: Raster): boolean {
  for (const value of data) if (value < 0) return true;
  return false;
}

function mapped(raster: Raster, change: (value: number) => number): Raster {
  const data = Float32Array.from(raster.data, change);
  return { ...raster, data, nodata: null };
}
