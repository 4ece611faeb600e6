/**
 * @file What surrounds a pixel: mean and standard deviation over square windows of several sizes. Sums slide down the
 * columns and along the rows, so that the cost does not depend on the window and memory is a few rows.
 */
import { ConfigError, ShapeError } from "../tensor/index.ts";

/** What the values of an image lie on. */
export interface ImageGrid {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** `[H, W]`, 0 where a pixel is missing; null where none is. */
  readonly valid: Uint8Array | null;
}

/** Odd window sides in pixels; a mean over 1 pixel is the pixel itself. */
export interface Windows {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/**
 * Column sums are taken afresh at every multiple of so many rows: a feature is the same to the last bit whatever rows
 * are asked for, and rounding cannot pile up.
 */
const segment = 64;

/** Where the features of one window go in a pixel's row, −1 where not asked for. */
interface Target {
  readonly radius: number;
  readonly mean: number;
  readonly deviation: number;
}

function targets(windows: Windows, channels: number): Target[] {
  for (const name of ["mean", "deviation"] as const) {
    for (const [at, side] of windows[name].entries()) {
      if (!(Number.isInteger(side) && side >= 1 && side % 2 === 1)) {
        throw new ConfigError(`windows.${name}`, `expected odd integers ≥ 1; got ${side}`, side);
      }
      if (windows[name].indexOf(side) < at) {
        throw new ConfigError(`windows.${name}`, `expected each window once; got ${side} twice`, side);
      }
    }
  }
  const sides = [...new Set([...windows.mean, ...windows.deviation])];
  return sides.map((side) => {
    const mean = windows.mean.indexOf(side);
    const deviation = windows.deviation.indexOf(side);
    return {
      radius: (side - 1) / 2,
      mean: mean < 0 ? -1 : mean * channels,
      deviation: deviation < 0 ? -1 : (windows.mean.length + deviation) * channels,
    };
  });
}

/** Number of features that {@link contextFeatures} gives a pixel. */
export function contextSize(channels: number, windows: Windows): number {
  return channels * (windows.mean.length + windows.deviation.length);
}

/** Sums over the rows of a window, for each column. */
interface ColumnSums {
  /** `[W · C]` */
  readonly sums: Float64Array;
  /** `[W · C]`, of squares; empty where no deviation is asked for. */
  readonly squares: Float64Array;
  /** `[W]`, valid pixels. */
  readonly counts: Int32Array;
}

/** Add a row of the image to the column sums (`sign` 1) or take it away (−1). */
function addRow(columns: ColumnSums, image: Float32Array, grid: ImageGrid, row: number, sign: 1 | -1): void {
  const { width, channels, valid } = grid;
  const { sums, squares, counts } = columns;
  const withSquares = squares.length > 0;
  for (let col = 0; col < width; col++) {
    const pixel = row * width + col;
    if (valid !== null && valid[pixel] === 0) continue;
    counts[col]! += sign;
    const from = pixel * channels;
    const to = col * channels;
    for (let channel = 0; channel < channels; channel++) {
      const value = image[from + channel]!;
      sums[to + channel]! += sign * value;
      if (withSquares) squares[to + channel]! += sign * value * value;
    }
  }
}

/** Add a row and take another away, of an image without missing pixels: the same sums in half the passes. */
function exchangeRows({ sums, squares }: ColumnSums, image: Float32Array, added: number, taken: number): void {
  const { length } = sums;
  const here = image.subarray(added * length, (added + 1) * length);
  const gone = image.subarray(taken * length, (taken + 1) * length);
  if (squares.length === 0) {
    for (let at = 0; at < length; at++) sums[at] = sums[at]! + here[at]! - gone[at]!;
    return;
  }
  for (let at = 0; at < length; at++) {
    const a = here[at]!;
    const b = gone[at]!;
    sums[at] = sums[at]! + a - b;
    squares[at] = squares[at]! + a * a - b * b;
  }
}

/** Slides over the rows asked for, one window's column sums. */
type Slide = (rows: Int32Array, visit: (row: number, columns: ColumnSums) => void) => void;

/** Column sums of a window that go on where they were left, if the next rows lie further down. */
function slider(image: Float32Array, grid: ImageGrid, radius: number, withSquares: boolean): Slide {
  const { height, width, channels, valid } = grid;
  const columns: ColumnSums = {
    sums: new Float64Array(width * channels),
    squares: new Float64Array(withSquares ? width * channels : 0),
    counts: new Int32Array(width),
  };
  let at = -1;
  const moveTo = (row: number): void => {
    const start = row - (row % segment);
    if (at < start || at > row) {
      columns.sums.fill(0);
      columns.squares.fill(0);
      columns.counts.fill(0);
      for (let r = Math.max(0, start - radius); r <= Math.min(height - 1, start + radius); r++) {
        addRow(columns, image, grid, r, 1);
      }
      at = start;
    }
    for (; at < row; at++) {
      const [added, taken] = [at + radius + 1, at - radius];
      if (added < height && taken >= 0 && valid === null) exchangeRows(columns, image, added, taken);
      else {
        if (added < height) addRow(columns, image, grid, added, 1);
        if (taken >= 0) addRow(columns, image, grid, taken, -1);
      }
    }
  };
  return (rows, visit) => {
    for (const row of rows) {
      moveTo(row);
      visit(row, columns);
    }
  };
}

/** Add a column to the running sums of a window (`sign` 1) or take it away (−1); returns the change of the count. */
function addColumn(sums: Float64Array, squares: Float64Array, columns: ColumnSums, col: number, sign: 1 | -1): number {
  const channels = sums.length;
  const from = col * channels;
  for (let channel = 0; channel < channels; channel++) sums[channel]! += sign * columns.sums[from + channel]!;
  for (let channel = 0; channel < squares.length; channel++) {
    squares[channel]! += sign * columns.squares[from + channel]!;
  }
  return sign * columns.counts[col]!;
}

/**
 * Mean and standard deviation of each channel over square windows centred on a pixel, cropped at the border of the image
 * and without the invalid pixels; 0 where no pixel of the window is valid.
 *
 * @param image  `[H, W, C]`
 * @param at     pixel indices `row · width + col` in any order, or first and last + 1 row
 * @returns      `f32 [n, F]` in the order of `at`, F = C · (number of windows): for each mean window all channels, then
 *               for each deviation window all channels
 * @throws ConfigError if a window is not odd
 * @throws ShapeError  if `image`, `valid` or `at` does not fit the grid
 */
export function contextFeatures(
  image: Float32Array,
  grid: ImageGrid,
  windows: Windows,
  at: PixelsOrRows,
): Float32Array {
  return contextReader(image, grid, windows)(at);
}

/** Pixel indices in any order, or first and last + 1 row. */
export type PixelsOrRows = Int32Array | readonly [number, number];

/**
 * {@link contextFeatures} of an image that is read strip by strip: the sums of a strip go on from those of the last one.
 * The features are written into a given array, if it is long enough; then they are its beginning.
 */
export function contextReader(
  image: Float32Array,
  grid: ImageGrid,
  windows: Windows,
): (at: PixelsOrRows, space?: Float32Array) => Float32Array {
  const { height, width, channels, valid } = grid;
  checkImage(image, grid);
  const size = contextSize(channels, windows);
  const all = targets(windows, channels).map((target) => ({
    ...target,
    slide: target.radius === 0 ? null : slider(image, grid, target.radius, target.deviation >= 0),
    sums: new Float64Array(channels),
    squares: new Float64Array(target.deviation < 0 ? 0 : channels),
  }));
  return (at, space = new Float32Array(0)) => {
    const places = placesOf(at, height, width);
    const length = places.count * size;
    const into = space.length < length ? new Float32Array(length) : space.subarray(0, length);
    // What has no valid pixel around it is not written.
    if (valid !== null) into.fill(0);
    for (const window of all) {
      const { radius, mean, deviation, slide, sums, squares } = window;
      if (slide === null) {
        // One pixel: its mean is itself, its deviation 0.
        if (mean < 0) continue;
        places.each((pixel, index) => {
          if (valid !== null && valid[pixel] === 0) return;
          into.set(image.subarray(pixel * channels, (pixel + 1) * channels), index * size + mean);
        });
        continue;
      }
      slide(places.rows, (row, columns) => {
        sums.fill(0);
        squares.fill(0);
        let count = 0;
        let reached = 0;
        let left = 0;
        places.inRow(row, (col, index) => {
          const isNext = reached === col + radius && reached < width && left === col - radius - 1;
          const next = isNext ? count + columns.counts[reached]! - columns.counts[left]! : 0;
          if (next > 0 && mean >= 0 && deviation >= 0) {
            count = next;
            exchangeColumns(into, index * size, window, columns, reached++, left++, count);
            return;
          }
          for (; reached < Math.min(width, col + radius + 1); reached++) {
            count += addColumn(sums, squares, columns, reached, 1);
            // Taken away as soon as the window is full: the sums at a column do not depend on which were asked for.
            if (reached - left > 2 * radius) count += addColumn(sums, squares, columns, left++, -1);
          }
          for (; left < col - radius; left++) count += addColumn(sums, squares, columns, left, -1);
          if (count > 0) write(into, index * size, mean, deviation, sums, squares, count);
        });
      });
    }
    return into;
  };
}

/** Add a column, take another away and write both features of a pixel: what `addColumn` and `write` do, in one pass. */
function exchangeColumns(
  into: Float32Array,
  start: number,
  { mean, deviation, sums, squares }: Omit<Target, "radius"> & Pick<ColumnSums, "sums" | "squares">,
  { sums: ofColumns, squares: squaresOfColumns }: ColumnSums,
  added: number,
  taken: number,
  count: number,
): void {
  const channels = sums.length;
  const from = added * channels;
  const gone = taken * channels;
  const share = 1 / count;
  const toMean = start + mean;
  const toDeviation = start + deviation;
  for (let channel = 0; channel < channels; channel++) {
    const sum = sums[channel]! + ofColumns[from + channel]! - ofColumns[gone + channel]!;
    const square = squares[channel]! + squaresOfColumns[from + channel]! - squaresOfColumns[gone + channel]!;
    sums[channel] = sum;
    squares[channel] = square;
    const average = sum * share;
    const variance = square * share - average * average;
    into[toMean + channel] = average;
    into[toDeviation + channel] = variance < 0 ? 0 : Math.sqrt(variance);
  }
}

function write(
  into: Float32Array,
  start: number,
  mean: number,
  deviation: number,
  sums: Float64Array,
  squares: Float64Array,
  count: number,
): void {
  const share = 1 / count;
  for (let channel = 0; channel < sums.length; channel++) {
    const average = sums[channel]! * share;
    if (mean >= 0) into[start + mean + channel] = average;
    if (deviation >= 0) {
      into[start + deviation + channel] = Math.sqrt(Math.max(0, squares[channel]! * share - average * average));
    }
  }
}

/** The pixels asked for, row by row. */
interface Places {
  readonly count: number;
  /** Rows that hold any, ascending. */
  readonly rows: Int32Array;
  /** All, with their place in the answer. */
  each(visit: (pixel: number, index: number) => void): void;
  /** Those of one row, by ascending column. */
  inRow(row: number, visit: (col: number, index: number) => void): void;
}

function placesOf(at: Int32Array | readonly [number, number], height: number, width: number): Places {
  if (!(at instanceof Int32Array)) return rowPlaces(at, height, width);
  const size = height * width;
  for (const pixel of at) {
    if (pixel < 0 || pixel >= size) {
      throw new ShapeError("contextFeatures", `expected pixel indices from 0 to ${size - 1}; got ${pixel}`);
    }
  }
  // Pixels, each with its place in the answer, in the order of the pixels.
  const order = Int32Array.from(at, (_, index) => index).sort((a, b) => at[a]! - at[b]!);
  const firsts = new Map<number, number>();
  for (let k = 0; k < order.length; k++) {
    const row = Math.floor(at[order[k]!]! / width);
    if (!firsts.has(row)) firsts.set(row, k);
  }
  return {
    count: at.length,
    rows: Int32Array.from(firsts.keys()),
    each: (visit) => {
      for (let index = 0; index < at.length; index++) visit(at[index]!, index);
    },
    inRow: (row, visit) => {
      for (let k = firsts.get(row)!; k < order.length && at[order[k]!]! < (row + 1) * width; k++) {
        visit(at[order[k]!]! - row * width, order[k]!);
      }
    },
  };
}

function rowPlaces([first, end]: readonly [number, number], height: number, width: number): Places {
  if (!(Number.isInteger(first) && Number.isInteger(end) && first >= 0 && first <= end && end <= height)) {
    throw new ShapeError("contextFeatures", `expected rows within 0 to ${height}; got ${first} to ${end}`);
  }
  const count = (end - first) * width;
  return {
    count,
    rows: Int32Array.from({ length: end - first }, (_, row) => first + row),
    each: (visit) => {
      for (let index = 0; index < count; index++) visit(first * width + index, index);
    },
    inRow: (row, visit) => {
      for (let col = 0; col < width; col++) visit(col, (row - first) * width + col);
    },
  };
}

function checkImage(image: Float32Array, { height, width, channels, valid }: ImageGrid): void {
  if (image.length !== height * width * channels) {
    throw new ShapeError(
      "contextFeatures",
      `image: expected ${height * width * channels} values for [H, W, C] with H=${height}, W=${width}, C=${channels}; got ${image.length}`,
      [[height, width, channels]],
    );
  }
  if (valid !== null && valid.length !== height * width) {
    throw new ShapeError(
      "contextFeatures",
      `valid: expected ${height * width} values for [H, W] with H=${height}, W=${width}; got ${valid.length}`,
      [[height, width]],
    );
  }
}
