/** @file A raster that is read part by part, so that memory does not grow with it. */
import type { Georeference, Raster, RasterData } from "./raster.ts";

/** A rectangle of a grid, in pixels. */
export interface Rectangle {
  /** Its upper-left pixel. */
  readonly row: number;
  readonly col: number;
  readonly height: number;
  readonly width: number;
}

/** An open raster, all but its pixels known. */
export interface RasterWindows extends Omit<Raster, "data" | "valid" | "categories"> {
  /** False only where it is certain, without reading, that no pixel of the part is valid. */
  hasData(part: Rectangle): boolean;
  /** The pixels of a part of the grid, with its own georeference. @throws FormatError if they are damaged */
  read(part: Rectangle): Promise<Raster>;
  close(): Promise<void>;
}

/** All of a grid. */
export function wholeOf({ height, width }: Pick<Raster, "height" | "width">): Rectangle {
  return { row: 0, col: 0, height, width };
}

/** Whether a part is all of a grid. */
export function isWhole({ height, width }: Pick<Raster, "height" | "width">, part: Rectangle): boolean {
  return part.row === 0 && part.col === 0 && part.height === height && part.width === width;
}

/** The pixels that lie within `by` pixels of a part and on the grid. */
export function widened(
  { row, col, height, width }: Rectangle,
  by: number,
  grid: Pick<Raster, "height" | "width">,
): Rectangle {
  const [top, left] = [Math.max(0, row - by), Math.max(0, col - by)];
  const [bottom, right] = [Math.min(grid.height, row + height + by), Math.min(grid.width, col + width + by)];
  return { row: top, col: left, height: bottom - top, width: right - left };
}

/** A part and what lies above and left of it, down to a multiple of `step`. */
export function alignedTo({ row, col, height, width }: Rectangle, step: number): Rectangle {
  const [above, left] = [row % step, col % step];
  return { row: row - above, col: col - left, height: height + above, width: width + left };
}

/** A part in pixels of another one, which holds it. */
export function within({ row, col, height, width }: Rectangle, outer: Pick<Rectangle, "row" | "col">): Rectangle {
  return { row: row - outer.row, col: col - outer.col, height, width };
}

/** The parts of a grid, of at most `side` × `side` pixels, row by row. */
export function* partsOf(grid: Pick<Raster, "height" | "width">, side: number): Generator<Rectangle, void> {
  for (let row = 0; row < grid.height; row += side) {
    for (let col = 0; col < grid.width; col += side) {
      yield { row, col, height: Math.min(side, grid.height - row), width: Math.min(side, grid.width - col) };
    }
  }
}

/** Where a part of a grid lies. */
export function partPlace(
  georeference: Georeference | null,
  { row, col }: Pick<Rectangle, "row" | "col">,
): Georeference | null {
  if (georeference === null || (row === 0 && col === 0)) return georeference;
  const [x, xCol, xRow, y, yCol, yRow] = georeference.transform;
  const transform = [x + col * xCol + row * xRow, xCol, xRow, y + col * yCol + row * yRow, yCol, yRow] as const;
  return { ...georeference, transform };
}

/** Rows of `width · bands` numbers cut to a part. */
export function cutData<Data extends RasterData>(data: Data, width: number, bands: number, part: Rectangle): Data {
  const out = new (data.constructor as new (length: number) => Data)(part.height * part.width * bands);
  for (let row = 0; row < part.height; row++) {
    const from = ((part.row + row) * width + part.col) * bands;
    out.set(data.subarray(from, from + part.width * bands) as never, row * part.width * bands);
  }
  return out;
}

/** A mask cut to a part; null where it is all ones. */
export function cutValid(valid: Uint8Array | null, width: number, part: Rectangle): Uint8Array | null {
  const own = valid && cutData(valid, width, 1, part);
  return own?.includes(0) ? own : null;
}

/** The part of a raster, the raster itself where that is all of it. */
export function cutRaster(raster: Raster, part: Rectangle): Raster {
  if (isWhole(raster, part)) return raster;
  return {
    ...raster,
    ...{ height: part.height, width: part.width },
    data: cutData(raster.data, raster.width, raster.bands, part),
    valid: cutValid(raster.valid, raster.width, part),
    georeference: partPlace(raster.georeference, part),
  };
}

/** A raster in memory as one that is read part by part. */
export function windowsOf(raster: Raster): RasterWindows {
  const { data: _, valid: __, categories: ___, ...known } = raster;
  return {
    ...known,
    hasData: () => true,
    read: async (part) => cutRaster(raster, part),
    close: async () => {},
  };
}

/** Pixels of a side of the parts in which a raster is searched. */
const searchSide = 1024;

/** Show a raster's parts with data to `isFound` until it says yes. */
export async function searched(
  raster: Pick<RasterWindows, "height" | "width" | "hasData" | "read">,
  isFound: (part: Raster) => boolean,
): Promise<boolean> {
  for (const part of partsOf(raster, searchSide)) {
    if (raster.hasData(part) && isFound(await raster.read(part))) return true;
  }
  return false;
}
