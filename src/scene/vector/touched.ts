/**
 * @file Every pixel that an outline passes through.
 *
 * @see GDAL 3.6, alg/llrasterize.cpp, lines with ALL_TOUCHED: clipped to the grid, then walked from pixel to pixel
 */
import type { Canvas } from "./canvas.ts";
import type { Positions } from "./features.ts";

/** Outlines nearer to a pixel border than this, in pixels, run along it and touch no more than the filling does. */
const onBorder = 0.01;

/** Edges less wide or high than this, in pixels, are upright or level. */
const straight = 0.01;

/** Shortest way in rows that leaves a row's border. */
const leastStep = 1e-9;

/** @param rings  closed, columns and rows by turns */
export function burnTouched(rings: readonly Positions[], canvas: Canvas): void {
  for (const ring of rings) {
    for (let at = 2; at < ring.length; at += 2) {
      // From left to right.
      const [from, to] = ring[at - 2]! > ring[at]! ? [at, at - 2] : [at - 2, at];
      burnEdge(ring[from]!, ring[from + 1]!, ring[to]!, ring[to + 1]!, canvas);
    }
  }
}

function burnEdge(x1: number, y1: number, x2: number, y2: number, canvas: Canvas): void {
  const { height, width } = canvas;
  const [top, bottom] = [Math.min(y1, y2), Math.max(y1, y2)];
  if (bottom < 0 || top > height || x2 < 0 || x1 > width) return;
  if (Math.floor(x1) === Math.floor(x2) || x2 - x1 < straight) {
    if (!(isOnBorder(x1) && isOnBorder(x2))) burnBlock(top, Math.floor(x2), bottom, Math.floor(x2), canvas);
  } else if (Math.floor(y1) === Math.floor(y2) || bottom - top < straight) {
    if (!(isOnBorder(y1) && isOnBorder(y2))) burnBlock(Math.floor(y1), x1, Math.floor(y1), x2, canvas);
  } else {
    walk(x1, y1, x2, y2, canvas);
  }
}

function isOnBorder(place: number): boolean {
  return Math.abs(place - Math.round(place)) < onBorder;
}

/** Pixels from one corner to another. */
function burnBlock(y1: number, x1: number, y2: number, x2: number, { height, width, data, value }: Canvas): void {
  const begin = Math.max(0, Math.floor(x1));
  const end = Math.min(width, Math.floor(x2) + 1);
  const last = Math.min(height - 1, Math.floor(y2));
  for (let row = Math.max(0, Math.floor(y1)); row <= last; row++) {
    if (begin < end) data.fill(value, row * width + begin, row * width + end);
  }
}

/** Sloped edges: to the next column, or to the next row where that comes first. */
function walk(x1: number, y1: number, x2: number, y2: number, { height, width, data, value }: Canvas): void {
  const slope = (y2 - y1) / (x2 - x1);
  let end = Math.min(x2, width);
  const endRow = y2 - (x2 - end) * slope;
  // An edge that leaves the grid at the top ends there. One that leaves at the bottom is walked until it is below, where
  // GDAL looks a little further than the edge is long; rounding can leave a pixel there.
  if (slope < 0 && endRow < 0) end -= endRow / slope;
  if (slope > 0 && endRow >= height) end = Math.min(width, end + (endRow - height) / slope);
  let [x, y] = x1 < 0 ? [0, y1 - x1 * slope] : [x1, y1];
  const entry = slope > 0 ? 0 : height;
  if (slope > 0 ? y < entry : y > entry) {
    x += (entry - y) / slope;
    y = entry;
  }
  while (x < end) {
    const [row, col] = [Math.floor(y), Math.floor(x)];
    if (row >= 0 && row < height) data[row * width + col] = value;
    else if (slope > 0 ? row >= height : row < 0) return;
    const right = Math.floor(x + 1) - x;
    if (Math.floor(y + right * slope) === row) {
      x += right;
      y += right * slope;
    } else {
      const step = slope > 0 ? Math.max(leastStep, row + 1 - y) : Math.min(-leastStep, row - y);
      x += step / slope;
      y += step;
    }
  }
}
