/**
 * @file Polygons and points burned on a grid, to the pixel as `gdal_rasterize` does.
 *
 * @see GDAL, alg/llrasterize.cpp: a scanline through the centres of each row, crossings rounded to pixel borders
 */
import type { Georeference } from "../raster.ts";
import type { Canvas } from "./canvas.ts";
import type { Geometry, Positions } from "./features.ts";
import { burnInside, newCrossings } from "./inside.ts";
import { clockwise } from "./rings.ts";
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
      burnInside(rings, canvas, crossings);
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

function burnPoints(points: Positions, { height, width, data, value }: Canvas): void {
  for (let at = 0; at < points.length; at += 2) {
    const [col, row] = [Math.floor(points[at]!), Math.floor(points[at + 1]!)];
    if (row >= 0 && row < height && col >= 0 && col < width) data[row * width + col] = value;
  }
}
