/**
 * @file One image of a TIFF file whose pixels come part by part, in any order: a tile is encoded as soon as all its
 * pixels are there, and its half goes on to the next overview. Memory is that of the tiles that are not yet whole.
 */
import type { RasterData, Rectangle } from "../scene/index.ts";
import { halved, type Reduction } from "./overviews.ts";
import { type Predictor, tileEncoder } from "./tiff-tiles.ts";
import type { StoredTile, TileStore } from "./tile-store.ts";

/** The type of the pixels. */
export type PixelType = new (length: number) => RasterData;

/** An image and its tiles. */
export interface LevelShape {
  readonly height: number;
  readonly width: number;
  readonly bands: number;
  readonly type: PixelType;
  /** What pixels hold that are never written, 0 where it is null. */
  readonly nodata: number | null;
  readonly tileHeight: number;
  readonly tileWidth: number;
  readonly predictor: Predictor;
}

export interface TiffLevel {
  readonly shape: LevelShape;
  /** @param data  `[H, W, L]` of the part */
  write(part: Rectangle, data: RasterData): void;
  /** Encode what is there of the tiles that are not whole. @returns all tiles, row by row */
  finish(): readonly StoredTile[];
}

/** A tile with some of its pixels. */
interface Pending {
  readonly data: RasterData;
  /** Pixels of the image that are still to come. */
  left: number;
}

/**
 * A level of a file.
 *
 * @param next  the overview of half its size, and how it is made
 */
export function tiffLevel(
  shape: LevelShape,
  store: TileStore,
  next: { readonly level: TiffLevel; readonly reduction: Reduction } | null,
): TiffLevel {
  const { height, width, bands, type: Type, tileHeight, tileWidth } = shape;
  const nodata = shape.nodata ?? 0;
  const across = Math.ceil(width / tileWidth);
  const count = across * Math.ceil(height / tileHeight);
  const encode = tileEncoder(tileWidth * bands, bands, shape.predictor);
  const done: (StoredTile | undefined)[] = new Array(count);
  const pending = new Map<number, Pending>();
  const spare: RasterData[] = [];
  let blank: StoredTile | null = null;

  const placeOf = (index: number): Rectangle => {
    const [row, col] = [Math.floor(index / across) * tileHeight, (index % across) * tileWidth];
    return { row, col, height: Math.min(tileHeight, height - row), width: Math.min(tileWidth, width - col) };
  };
  const newTile = (): RasterData => (spare.pop() ?? new Type(tileHeight * tileWidth * bands)).fill(nodata);
  const storedBlank = (): StoredTile => {
    blank ??= store.put(encode(newTile()));
    return blank;
  };
  const end = (index: number, data: RasterData): void => {
    const place = placeOf(index);
    if (isBlank(data, nodata)) {
      done[index] = storedBlank();
    } else {
      if (next !== null) passOn(place, data, next.level, next.reduction);
      pad(data, place);
      done[index] = store.put(encode(data));
    }
    spare.push(data);
  };
  const passOn = (place: Rectangle, data: RasterData, level: TiffLevel, reduction: Reduction): void => {
    const inside = place.height === tileHeight && place.width === tileWidth ? data : inner(data, place);
    const half = halved({ ...place, bands, data: inside, nodata: shape.nodata }, reduction);
    level.write({ row: place.row / 2, col: place.col / 2, height: half.height, width: half.width }, half.data);
  };
  const inner = (data: RasterData, place: Rectangle): RasterData => {
    const cut = new Type(place.height * place.width * bands);
    const length = place.width * bands;
    for (let row = 0; row < place.height; row++) {
      cut.set(data.subarray(row * tileWidth * bands, row * tileWidth * bands + length) as never, row * length);
    }
    return cut;
  };
  /** Tiles at the border are filled up by repeating the image's last row and column. */
  const pad = (data: RasterData, place: Rectangle): void => {
    const length = tileWidth * bands;
    for (let row = 0; row < place.height && place.width < tileWidth; row++) {
      for (let at = row * length + place.width * bands; at < (row + 1) * length; at++) data[at] = data[at - bands]!;
    }
    const last = (place.height - 1) * length;
    for (let row = place.height; row < tileHeight; row++) data.copyWithin(row * length, last, last + length);
  };

  return {
    shape,
    write(part, data) {
      const [bottom, right] = [part.row + part.height, part.col + part.width];
      for (let down = Math.floor(part.row / tileHeight); down * tileHeight < bottom; down++) {
        for (let col = Math.floor(part.col / tileWidth); col * tileWidth < right; col++) {
          const index = down * across + col;
          const place = placeOf(index);
          const tile = pending.get(index) ?? { data: newTile(), left: place.height * place.width };
          tile.left -= copy(data, part, tile.data, place, tileWidth, bands);
          if (tile.left > 0) {
            pending.set(index, tile);
          } else {
            pending.delete(index);
            end(index, tile.data);
          }
        }
      }
    },
    finish() {
      for (const [index, { data }] of pending) end(index, data);
      pending.clear();
      return Array.from(done, (tile) => tile ?? storedBlank());
    },
  };
}

/** Copy what a part and a tile have in common; returns its pixels. */
function copy(
  data: RasterData,
  part: Rectangle,
  tile: RasterData,
  place: Rectangle,
  tileWidth: number,
  bands: number,
): number {
  const [top, left] = [Math.max(part.row, place.row), Math.max(part.col, place.col)];
  const bottom = Math.min(part.row + part.height, place.row + place.height);
  const right = Math.min(part.col + part.width, place.col + place.width);
  for (let row = top; row < bottom; row++) {
    const from = ((row - part.row) * part.width + left - part.col) * bands;
    const to = ((row - place.row) * tileWidth + left - place.col) * bands;
    tile.set(data.subarray(from, from + (right - left) * bands) as never, to);
  }
  return (bottom - top) * (right - left);
}

function isBlank(data: RasterData, nodata: number): boolean {
  for (const value of data) if (!Object.is(value, nodata)) return false;
  return true;
}
