/**
 * @file Polygons and points burned on a grid, to the pixel as `gdal_rasterize` does.
 *
 * @see GDAL, alg/llrasterize.cpp: a scanline through the centres of each row, crossings rounded to pixel borders
 */
import type { Georeference } from "../raster.ts";
import type { Geometry, Positions } from "./features.ts";
import { burnTouched } from "./touched.ts";

/** A geometry in the coordinates of the grid's transform, and what to write there. */
export interface Shape {
  readonly geometry: Geometry;
  /** 0–65535. */
  readonly value: number;
}

/** Where pixels lie. */
export interface PixelGrid extends Pick<Georeference, "transform"> {
  readonly height: number;
  readonly width: number;
}

/** A raster `[H, W]` being written, and the value that is written. */
export interface Canvas {
  readonly height: number;
  readonly width: number;
  readonly data: Uint16Array;
  value: number;
}

/**
 * Values of the shapes on a grid, 0 where there is none; later shapes cover earlier ones.
 *
 * A pixel belongs to a polygon if its centre lies inside; with `allTouched`, also if an outline passes through it. A
 * point belongs to the pixel it lies in.
 *
 * @param grid  a transform that can be inverted
 * @returns     `[H, W]`
 */
export function rasterise(shapes: Iterable<Shape>, grid: PixelGrid, allTouched: boolean): Uint16Array {
  const { height, width } = grid;
  const canvas: Canvas = { height, width, data: new Uint16Array(height * width), value: 0 };
  const toPixels = pixelPlaces(grid.transform);
  const crossings = newCrossings(height, width);
  for (const { geometry, value } of shapes) {
    canvas.value = value;
    for (const polygon of geometry.polygons) {
      const rings = polygon.filter(({ length }) => length > 0).map((ring) => toPixels(clockwise(ring)));
      fill(rings, canvas, crossings);
      if (allTouched) burnTouched(rings, canvas);
    }
    burnPoints(toPixels(geometry.points), canvas);
  }
  return canvas.data;
}

/** From coordinates to columns and rows, `[n, 2]`; rounded as GDAL rounds them, so that ties fall alike. */
function pixelPlaces(t: Georeference["transform"]): (positions: Positions) => Positions {
  const determinant = t[1] * t[5] - t[2] * t[4];
  const isUpright = t[2] === 0 && t[4] === 0;
  const [col, colX, colY] = isUpright
    ? [-t[0] / t[1], 1 / t[1], 0]
    : [(t[2] * t[3] - t[0] * t[5]) / determinant, t[5] / determinant, -t[2] / determinant];
  const [row, rowX, rowY] = isUpright
    ? [-t[3] / t[5], 0, 1 / t[5]]
    : [(t[0] * t[4] - t[1] * t[3]) / determinant, -t[4] / determinant, t[1] / determinant];
  return (positions) => {
    const places = new Float64Array(positions.length);
    for (let at = 0; at < positions.length; at += 2) {
      const [x, y] = [positions[at]!, positions[at + 1]!];
      places[at] = col + x * colX + y * colY;
      places[at + 1] = row + x * rowX + y * rowY;
    }
    return places;
  };
}

/** The ring closed and turned clockwise, y up: GDAL tells upper from lower horizontal edges by their direction. */
function clockwise(ring: Positions): Positions {
  const isClosed = ring[0] === ring.at(-2) && ring[1] === ring.at(-1);
  const closed = new Float64Array(isClosed ? ring.length : ring.length + 2);
  closed.set(ring);
  closed.set(ring.subarray(0, 2), closed.length - 2);
  if (isClockwise(closed)) return closed;
  const turned = new Float64Array(closed.length);
  for (let at = 0; at < closed.length; at += 2) turned.set(closed.subarray(at, at + 2), closed.length - 2 - at);
  return turned;
}

/** Corners nearer than this count as one for {@link isClockwise}. */
const samePlace = 1e-5;

/** By the turn at the lowest, then rightmost corner of a closed ring; by its area where that corner has no clear turn. */
function isClockwise(ring: Positions): boolean {
  const corners = ring.length / 2 - 1;
  const [x, y] = [(corner: number) => ring[2 * corner]!, (corner: number) => ring[2 * corner + 1]!];
  let lowest = 0;
  let isTwice = false;
  for (let corner = 1; corner < corners; corner++) {
    const isLower = y(corner) < y(lowest) || (y(corner) === y(lowest) && x(corner) > x(lowest));
    isTwice = !isLower && (isTwice || (y(corner) === y(lowest) && x(corner) === x(lowest)));
    if (isLower) lowest = corner;
  }
  const before = lowest === 0 ? Math.max(0, corners - 1) : lowest - 1;
  const after = lowest + 1 >= corners ? 0 : lowest + 1;
  const [x0, y0] = [x(before) - x(lowest), y(before) - y(lowest)];
  const [x1, y1] = [x(after) - x(lowest), y(after) - y(lowest)];
  const isNear = (dx: number, dy: number) => Math.abs(dx) < samePlace && Math.abs(dy) < samePlace;
  const turn = isTwice || isNear(x0, y0) || isNear(x1, y1) ? 0 : x1 * y0 - x0 * y1;
  if (turn !== 0) return turn < 0;
  let area = 0;
  for (let corner = 0; corner < corners; corner++) {
    area += x(corner) * (y(corner + 1) - y(corner === 0 ? corners - 1 : corner - 1));
  }
  return area < 0;
}

/** Where outlines cross the centre lines of rows; cleared by whoever reads it. */
interface Crossings {
  /** `[H, W + 1]`: 1 where an odd number of crossings is rounded to this pixel border. */
  readonly isOdd: Uint8Array;
  /** First and last border crossed, a row each. */
  readonly first: Int32Array;
  readonly last: Int32Array;
}

function newCrossings(height: number, width: number): Crossings {
  const first = new Int32Array(height).fill(width + 1);
  return { isOdd: new Uint8Array(height * (width + 1)), first, last: new Int32Array(height).fill(-1) };
}

/** Pixels whose centre is inside: from the first crossing of a row to the second, from the third to the fourth… */
function fill(rings: readonly Positions[], canvas: Canvas, crossings: Crossings): void {
  const { height, width, data, value } = canvas;
  const { isOdd, first, last } = crossings;
  let [top, bottom] = [height, -1];
  for (const ring of rings) {
    for (let at = 2; at < ring.length; at += 2) {
      const isDown = ring[at - 1]! < ring[at + 1]!;
      const [from, to] = isDown ? [at - 2, at] : [at, at - 2];
      const [x1, y1, x2, y2] = [ring[from]!, ring[from + 1]!, ring[to]!, ring[to + 1]!];
      if (y1 === y2) {
        // `from` is the edge's end here.
        if (x1 < x2 && Number.isInteger(y1 - 0.5)) burnRun(y1 - 0.5, border(x1, width), border(x2, width), canvas);
        continue;
      }
      // Rows whose centre is in [y1, y2).
      const begin = Math.max(0, Math.ceil(y1 - 0.5));
      const end = Math.min(height, Math.ceil(y2 - 0.5));
      for (let row = begin; row < end; row++) {
        const col = border(((row + 0.5 - y1) * (x2 - x1)) / (y2 - y1) + x1, width);
        isOdd[row * (width + 1) + col]! ^= 1;
        first[row] = Math.min(first[row]!, col);
        last[row] = Math.max(last[row]!, col);
      }
      if (begin < end) [top, bottom] = [Math.min(top, begin), Math.max(bottom, end - 1)];
    }
  }
  for (let row = top; row <= bottom; row++) {
    let isInside = 0;
    for (let col = first[row]!; col <= last[row]!; col++) {
      isInside ^= isOdd[row * (width + 1) + col]!;
      isOdd[row * (width + 1) + col] = 0;
      // Nothing is inside from the last border on: outlines are closed.
      if (isInside === 1) data[row * width + col] = value;
    }
    first[row] = width + 1;
    last[row] = -1;
  }
}

/** The pixel border next to a crossing, within the grid. */
function border(x: number, width: number): number {
  return Math.min(width, Math.max(0, Math.floor(x + 0.5)));
}

/** Pixels of a row from one border to another. */
function burnRun(row: number, from: number, to: number, { height, width, data, value }: Canvas): void {
  if (row >= 0 && row < height) data.fill(value, row * width + from, row * width + to);
}

function burnPoints(points: Positions, { height, width, data, value }: Canvas): void {
  for (let at = 0; at < points.length; at += 2) {
    const [col, row] = [Math.floor(points[at]!), Math.floor(points[at + 1]!)];
    if (row >= 0 && row < height && col >= 0 && col < width) data[row * width + col] = value;
  }
}
