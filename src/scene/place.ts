/** @file A raster brought to the grid of the scene: as it is, by a whole factor, or warped from another place or CRS. */
import { DataError } from "../tensor/index.ts";
import { alignment, type Grid, gridText } from "./grid.ts";
import type { Georeference, Raster } from "./raster.ts";
import { resampled } from "./resample.ts";
import type { SourceKind } from "./scene.ts";
import { countValid } from "./validity.ts";
import { misregistration, suggestedMethod, warped } from "./warp.ts";

/** A raster on the grid of the scene, and what was done to it; null where nothing was. */
export interface Placed {
  readonly raster: Raster;
  readonly note: string | null;
}

/** Pixels of misfit above which a note says so. */
const worthSaying = 0.1;

/**
 * A source on the grid of the scene: the mean of finer pixels, bilinear between coarser ones; radar decibels as power.
 *
 * @param subject  the name of the source, for messages
 * @throws DataError if the grids cannot be brought together
 */
export function placedSource(raster: Raster, grid: Grid, subject: string, kind: SourceKind): Placed {
  const relation = alignment(raster, grid);
  if (relation?.relation === "same") return { raster, note: null };
  const isDecibel = kind === "sar" && hasNegative(raster);
  const linear = isDecibel ? mapped(raster, (decibel) => 10 ** (decibel / 10)) : raster;
  const back = (one: Raster): Raster => (isDecibel ? mapped(one, (power) => 10 * Math.log10(power)) : one);
  if (relation !== null) return { raster: back(resampled(linear, relation, grid)), note: null };
  const source = comparable(linear, grid, subject);
  const method = suggestedMethod(source, grid);
  const moved = back(warped(source, grid, method));
  return { raster: moved, note: noteOf(source, grid, moved, subject, method) };
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
    return { raster: { ...moved, georeference: grid.georeference }, note: null };
  }
  const source = comparable(raster, grid, subject);
  const moved = warped(source, grid, "nearest");
  return { raster: moved, note: noteOf(source, grid, moved, "labels", "nearest") };
}

function inPixels(rows: number, cols: number): Georeference {
  return { transform: [0, cols, 0, 0, 0, rows], crs: null };
}

/** The raster if both grids say where they are; a CRS that only one of them names is taken to be that of both. */
function comparable(raster: Raster, grid: Grid, subject: string): Raster {
  const { georeference } = raster;
  if (georeference === null || grid.georeference === null) {
    const expected = `the size of the scene's grid (${gridText(grid)}) or a whole multiple or part of it`;
    throw new DataError(
      subject,
      `expected ${expected}, or a georeference in both; got ${gridText(raster)} — resample it first, for example with gdalwarp`,
    );
  }
  return { ...raster, georeference: { ...georeference, crs: georeference.crs ?? grid.georeference.crs } };
}

function noteOf(source: Raster, grid: Grid, moved: Raster, subject: string, method: string): string {
  const pixels = grid.height * grid.width;
  const missing = 1 - countValid(moved.valid, pixels) / pixels;
  const shift = misregistration(source, grid);
  const parts = [
    `${subject}: put on the scene's grid from ${gridText(source)} (${method})`,
    ...(shift !== null && shift > worthSaying
      ? [`its pixels lie ${shift.toFixed(2)} pixels off those of the scene`]
      : []),
    ...(missing > 0 ? [`${(100 * missing).toFixed(1)} % of the scene is without data`] : []),
  ];
  return parts.join("; ");
}

function hasNegative({ data }: Raster): boolean {
  for (const value of data) if (value < 0) return true;
  return false;
}

function mapped(raster: Raster, change: (value: number) => number): Raster {
  const data = Float32Array.from(raster.data, change);
  return { ...raster, data, nodata: null };
}
