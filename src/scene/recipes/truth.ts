/** @file Labels and split of a scene, from the files of any layout: maps of codes, masks, lists of pixels. */
import { posix } from "node:path";
import { DataError } from "../../tensor/index.ts";
import type { Raster } from "../raster.ts";
import { readRaster } from "../readers.ts";
import type { FoundLayout } from "./found.ts";
import type { RecipeFile } from "./recipe.ts";

/** Labels and split on the grid of the scene. */
export interface SceneTruth {
  readonly height: number;
  readonly width: number;
  /** `[H, W]` class codes, NaN where there is no label. */
  readonly codes: Float64Array;
  /** `[H, W]`, 1 where a pixel trains; null where there is no split. */
  readonly train: Uint8Array | null;
  /** `[H, W]`, 1 where a pixel tests. */
  readonly test: Uint8Array | null;
}

/**
 * Labels and split of one place.
 *
 * @param folder  that the layout was found in
 * @param labels  location of the labels, where they are not those of the masks
 * @throws DataError if the files do not fit each other; FormatError, UnsupportedError as the readers do
 */
export async function readTruth(found: FoundLayout, folder: string, labels: string | null): Promise<SceneTruth> {
  const { truth } = found.layout;
  const locate = (file: RecipeFile | null): string | null =>
    file === null ? null : (found.locations.get(file)?.[0] ?? null);
  const read = async (location: string | null): Promise<Raster | null> =>
    location === null ? null : readRaster(posix.join(folder, location));
  const [trainFile, testFile] = [locate(truth.train), locate(truth.test)];
  const [whole, train, test] = [await read(labels), await read(trainFile), await read(testFile)];
  const grid = whole ?? train ?? test;
  if (grid === null) throw new DataError(found.recipe.name, "expected labels; got none of their files");
  const { height, width } = grid;
  const codes = codesOf(whole, found);
  if (truth.train === null) return { height, width, codes, train: null, test: null };
  const partOf = truth.areIndices ? listed : masked;
  const [isTrain, isTest] = [partOf(train, grid, trainFile!), partOf(test, grid, testFile!)];
  // Masks hold codes, which count where no map of labels does.
  for (const mask of truth.areIndices ? [] : [train, test]) fill(codes, mask);
  const rest =
    truth.test === null
      ? Uint8Array.from(codes, (code, pixel) => (Number.isNaN(code) ? 0 : 1 - isTrain[pixel]!))
      : isTest;
  const both = isTrain.reduce((count, one, pixel) => count + (one & rest[pixel]!), 0);
  if (both > 0) throw new DataError(found.recipe.name, `expected no pixel in train and test; got ${both} in both`);
  return { height, width, codes, train: isTrain, test: rest };

  function codesOf(raster: Raster | null, { recipe }: FoundLayout): Float64Array {
    const all = new Float64Array(height * width).fill(Number.NaN);
    if (raster === null) return all;
    if (raster.bands !== 1) throw new DataError(labels!, `expected labels in one band; got ${raster.bands} bands`);
    const unlabelled = recipe.unlabelled;
    for (let pixel = 0; pixel < all.length; pixel++) {
      const code = raster.data[pixel]!;
      const isLabel = unlabelled === null ? code > 0 && code !== raster.nodata : !unlabelled.includes(code);
      if (isLabel) all[pixel] = code;
    }
    return all;
  }
}

function fill(codes: Float64Array, mask: Raster | null): void {
  if (mask === null) return;
  for (let pixel = 0; pixel < codes.length; pixel++) {
    if (Number.isNaN(codes[pixel]!) && mask.data[pixel]! > 0) codes[pixel] = mask.data[pixel]!;
  }
}

function masked(mask: Raster | null, { height, width }: Raster, location: string): Uint8Array {
  if (mask === null) return new Uint8Array(height * width);
  if (mask.bands !== 1 || mask.height !== height || mask.width !== width) {
    const got = `${mask.height} × ${mask.width} × ${mask.bands}`;
    throw new DataError(location, `expected a mask of ${height} × ${width} pixels; got ${got}`);
  }
  return Uint8Array.from(mask.data, (value) => (value > 0 ? 1 : 0));
}

/** A mask from a list `[N, 2]` of rows and columns. */
function listed(list: Raster | null, { height, width }: Raster, location: string): Uint8Array {
  const mask = new Uint8Array(height * width);
  if (list === null) return mask;
  if (list.width !== 2 || list.bands !== 1) {
    throw new DataError(
      location,
      `expected rows and columns as [N, 2]; got [${list.height}, ${list.width}, ${list.bands}]`,
    );
  }
  for (let at = 0; at < list.height; at++) {
    const [row, col] = [list.data[2 * at]!, list.data[2 * at + 1]!];
    if (!(Number.isInteger(row) && Number.isInteger(col) && row >= 0 && col >= 0 && row < height && col < width)) {
      throw new DataError(
        location,
        `expected pixels of ${height} rows and ${width} columns, from 0; got (${row}, ${col})`,
      );
    }
    mask[row * width + col] = 1;
  }
  return mask;
}

/** Labelled pixels by code: all of them, those of a part of the split. */
export function codeCounts({ codes }: SceneTruth, part: Uint8Array | null): Map<number, number> {
  const counts = new Map<number, number>();
  for (let pixel = 0; pixel < codes.length; pixel++) {
    const code = codes[pixel]!;
    if (Number.isNaN(code) || part?.[pixel] === 0) continue;
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  return counts;
}
