/** @file A raster moved to any other grid: another CRS, origin, pixel size or rotation. */
import { DataError } from "../tensor/index.ts";
import { type Visit, visitPositions } from "./crs/positions.ts";
import { isLongitudeLatitude, isSameCrs, type Transform, transformBetween } from "./crs/transform.ts";
import { type Grid, tolerancePixels } from "./grid.ts";
import type { Georeference, Raster, RasterData } from "./raster.ts";
import { partPlace, type Rectangle, wholeOf } from "./windows.ts";

/**
 * How values come to new pixels. `nearest`: that of the pixel around the new pixel's centre, unchanged, for classes and
 * where pixels of both grids are the same. `bilinear`: between the four nearest centres, for grids of similar pixel size. `mean`: of what a new pixel covers,
 * each old pixel by the area covered, for finer grids; where grids are turned to each other the area is a box as wide
 * and high as the new pixel, along the old rows and columns.
 */
export type WarpMethod = "nearest" | "bilinear" | "mean";

/**
 * The raster on another grid. Missing pixels take no part; a new pixel is valid if, for `mean`, any pixel in it is,
 * else if the pixel around its centre is. Others hold NaN, or nodata (0 without one) in whole numbers. A grid
 * without a CRS is taken to be in that of the other.
 *
 * @returns  type and categories of the raster for `nearest`; else `f32`, or `f64` if the raster is, and no categories
 * @throws DataError if one of them has no georeference, or one with pixels of no area
 * @throws UnsupportedError if a CRS is not known
 */
export function warped(raster: Raster, target: Grid, method: WarpMethod): Raster {
  return warpedPart(raster, wholeOf(raster), raster, target, wholeOf(target), method);
}

/**
 * A part of the raster on another grid.
 *
 * @param raster  the pixels of a region of the source, see {@link sourceRegion}
 * @param part    of the target; its upper-left corner at a multiple of {@link positionStep}, for the pixels of the whole
 */
export function warpedPart(
  raster: Raster,
  region: Rectangle,
  source: Grid,
  target: Grid,
  part: Rectangle,
  method: WarpMethod,
): Raster {
  const { height, width } = part;
  const whole = pixelMapping(source, target);
  const mapping: Transform = (col, row) => {
    const [x, y] = whole(col + part.col, row + part.row);
    return [x - region.col, y - region.row];
  };
  const data = newData(raster, method, height * width * raster.bands);
  const valid = new Uint8Array(height * width);
  visitPositions(mapping, height, width, samplers[method](raster, data, valid));
  return {
    ...raster,
    ...{ height, width, data, georeference: partPlace(target.georeference, part) },
    valid: valid.every((one) => one === 1) ? null : valid,
    // Means of class codes are no codes.
    categories: method === "nearest" ? raster.categories : null,
  };
}

/** The region of the source that a part of the target needs; null where it has none. */
export function sourceRegion(source: Grid, target: Grid, part: Rectangle): Rectangle | null {
  const box = reached(source, target, part);
  if (box === null) return wholeOf(source);
  const { top, left, bottom, right } = box;
  // Pixels beside the place of a centre, and what bends outwards between two places.
  const reach = 3 + 0.02 * Math.max(bottom - top, right - left);
  const row = Math.max(0, Math.floor(top - reach));
  const col = Math.max(0, Math.floor(left - reach));
  const height = Math.min(source.height, Math.ceil(bottom + reach)) - row;
  const width = Math.min(source.width, Math.ceil(right + reach)) - col;
  return height > 0 && width > 0 ? { row, col, height, width } : null;
}

/** Whether a grid lies outside another; false where that is not certain. */
export function isOutside(source: Grid, target: Grid): boolean {
  const box = reached(source, target, wholeOf(target));
  if (box === null) return false;
  return box.bottom <= 0 || box.right <= 0 || box.top >= source.height || box.left >= source.width;
}

/** Places along each axis of a part at which it is asked where the source lies. */
const probes = 33;

/** What a part of the target spans in pixels of the source; null where the mapping has an edge. */
function reached(source: Grid, target: Grid, part: Rectangle) {
  const mapping = pixelMapping(source, target);
  let [top, left] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  let [bottom, right] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let down = 0; down < probes; down++) {
    for (let across = 0; across < probes; across++) {
      const [col, row] = mapping(
        part.col + (part.width * across) / (probes - 1),
        part.row + (part.height * down) / (probes - 1),
      );
      // Where the mapping has an edge, nothing is known between two places.
      if (Number.isNaN(col + row)) return null;
      [top, left] = [Math.min(top, row), Math.min(left, col)];
      [bottom, right] = [Math.max(bottom, row), Math.max(right, col)];
    }
  }
  return { top, left, bottom, right };
}

/**
 * The method for measurements: `nearest` where pixels of both grids are the same, `mean` where the source is finer than
 * the target by half or more, else `bilinear`.
 */
export function suggestedMethod(source: Grid, target: Grid): WarpMethod {
  const shift = misregistration(source, target);
  if (shift !== null && shift <= tolerancePixels) return "nearest";
  const mapping = pixelMapping(source, target);
  const [col, row] = [target.width / 2, target.height / 2];
  const [right, left] = [mapping(col + 0.5, row), mapping(col - 0.5, row)];
  const [down, up] = [mapping(col, row + 0.5), mapping(col, row - 0.5)];
  const area = (right[0] - left[0]) * (down[1] - up[1]) - (right[1] - left[1]) * (down[0] - up[0]);
  return Math.sqrt(Math.abs(area)) >= 1.5 ? "mean" : "bilinear";
}

/**
 * By what part of a pixel two grids of one CRS and pixel size miss each other, at most 0.5 along rows or columns; null
 * if they differ in more than that.
 */
export function misregistration(source: Grid, target: Grid): number | null {
  const [a, b] = [source.georeference, target.georeference];
  if (a === null || b === null) return null;
  if (a.crs !== null && b.crs !== null && !isSameCrs(a.crs, b.crs)) return null;
  const toSource = inverse(a.transform);
  const offset = toSource(b.transform[0], b.transform[3]);
  const reach = Math.max(source.height, source.width, target.height, target.width);
  const next = [
    toSource(b.transform[0] + b.transform[1], b.transform[3] + b.transform[4]),
    toSource(b.transform[0] + b.transform[2], b.transform[3] + b.transform[5]),
  ] as const;
  const unlike = Math.max(
    ...[Math.abs(next[0][0] - offset[0] - 1), Math.abs(next[0][1] - offset[1])],
    ...[Math.abs(next[1][0] - offset[0]), Math.abs(next[1][1] - offset[1] - 1)],
  );
  // Pixels of another size by so little that the last ones still meet.
  if (unlike * reach > 0.01) return null;
  return Math.max(...offset.map((pixels) => Math.abs(pixels - Math.round(pixels))));
}

/** From column and row of the target to those of the source. */
function pixelMapping(source: Grid, target: Grid): Transform {
  const [from, to] = [placeOf(target), placeOf(source)];
  const toPixel = inverse(to.transform);
  const [x0, xCol, xRow, y0, yCol, yRow] = from.transform;
  const isSame = from.crs === null || to.crs === null || isSameCrs(from.crs, to.crs);
  const transform: Transform = isSame ? (x, y) => [x, y] : transformBetween(from.crs, to.crs);
  // Longitudes count from −180° or from 0: take the turn that is nearest to the source.
  const isTurning = !isSame && isLongitudeLatitude(to.crs);
  const [t0, tCol, tRow] = to.transform;
  const middle = t0 + (tCol * source.width) / 2 + (tRow * source.height) / 2;
  return (col, row) => {
    const [x, y] = transform(x0 + col * xCol + row * xRow, y0 + col * yCol + row * yRow);
    return toPixel(isTurning ? x - 360 * Math.round((x - middle) / 360) : x, y);
  };
}

function placeOf({ georeference }: Grid): Georeference {
  if (georeference === null) throw new DataError("warp", "expected grids with a georeference; got one without");
  return georeference;
}

function inverse([x0, xCol, xRow, y0, yCol, yRow]: Georeference["transform"]): Transform {
  const area = xCol * yRow - xRow * yCol;
  if (!(Math.abs(area) > 0 && Number.isFinite(area))) {
    const got = [x0, xCol, xRow, y0, yCol, yRow].join(", ");
    throw new DataError("warp", `expected a georeference with pixels of some area; got ${got}`);
  }
  return (x, y) => [((x - x0) * yRow - (y - y0) * xRow) / area, ((y - y0) * xCol - (x - x0) * yCol) / area];
}

/** Filled with what stands for "missing". */
function newData({ data, nodata }: Raster, method: WarpMethod, size: number): RasterData {
  const isFloat = data instanceof Float32Array || data instanceof Float64Array;
  if (isFloat || method !== "nearest") {
    return data instanceof Float64Array
      ? new Float64Array(size).fill(Number.NaN)
      : new Float32Array(size).fill(Number.NaN);
  }
  const made = new (data.constructor as new (length: number) => Exclude<RasterData, Float32Array | Float64Array>)(size);
  const holds = Reflect.construct(data.constructor, [1]) as RasterData;
  holds[0] = nodata ?? 0;
  return holds[0] === nodata ? made.fill(nodata) : made;
}

type Sampler = (raster: Raster, out: RasterData, outValid: Uint8Array) => Visit;

const samplers: { readonly [method in WarpMethod]: Sampler } = { nearest, bilinear, mean };

function nearest({ height, width, bands, data, valid }: Raster, out: RasterData, outValid: Uint8Array): Visit {
  return (pixel, col, row) => {
    if (!(col >= 0 && row >= 0 && col < width && row < height)) return;
    const from = Math.floor(row) * width + Math.floor(col);
    if (valid !== null && valid[from] === 0) return;
    outValid[pixel] = 1;
    for (let band = 0; band < bands; band++) out[pixel * bands + band] = data[from * bands + band]!;
  };
}

function bilinear({ height, width, bands, data, valid }: Raster, out: RasterData, outValid: Uint8Array): Visit {
  const sums = new Float64Array(bands);
  return (pixel, col, row) => {
    if (!(col >= 0 && row >= 0 && col < width && row < height)) return;
    if (valid !== null && valid[Math.floor(row) * width + Math.floor(col)] === 0) return;
    const left = Math.floor(col - 0.5);
    const up = Math.floor(row - 0.5);
    const [right, down] = [col - 0.5 - left, row - 0.5 - up];
    sums.fill(0);
    let total = 0;
    for (let y = Math.max(0, up); y <= Math.min(height - 1, up + 1); y++) {
      for (let x = Math.max(0, left); x <= Math.min(width - 1, left + 1); x++) {
        const from = y * width + x;
        const weight = (y === up ? 1 - down : down) * (x === left ? 1 - right : right);
        if (weight === 0 || (valid !== null && valid[from] === 0)) continue;
        total += weight;
        for (let band = 0; band < bands; band++) sums[band] = sums[band]! + weight * data[from * bands + band]!;
      }
    }
    outValid[pixel] = 1;
    for (let band = 0; band < bands; band++) out[pixel * bands + band] = sums[band]! / total;
  };
}

function mean({ height, width, bands, data, valid }: Raster, out: RasterData, outValid: Uint8Array): Visit {
  const sums = new Float64Array(bands);
  return (pixel, col, row, cols, rows) => {
    const [left, right] = [Math.max(0, col - cols / 2), Math.min(width, col + cols / 2)];
    const [up, down] = [Math.max(0, row - rows / 2), Math.min(height, row + rows / 2)];
    sums.fill(0);
    let total = 0;
    for (let y = Math.floor(up); y < down; y++) {
      const covered = Math.min(y + 1, down) - Math.max(y, up);
      for (let x = Math.floor(left); x < right; x++) {
        const from = y * width + x;
        const weight = covered * (Math.min(x + 1, right) - Math.max(x, left));
        if (!(weight > 0) || (valid !== null && valid[from] === 0)) continue;
        total += weight;
        for (let band = 0; band < bands; band++) sums[band] = sums[band]! + weight * data[from * bands + band]!;
      }
    }
    if (total === 0) return;
    outValid[pixel] = 1;
    for (let band = 0; band < bands; band++) out[pixel * bands + band] = sums[band]! / total;
  };
}
