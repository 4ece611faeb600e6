/** @file A variable of a MATLAB file as a raster. */
import { ConfigError, UnsupportedError } from "../../tensor/index.ts";
import type { Raster, RasterData } from "../raster.ts";
import type { Variable } from "../readers.ts";
import { validity } from "../validity.ts";
import { readMatlab } from "./mat-file.ts";
import { leaves, type MatNumbers, type MatValue, matText, valueAt } from "./mat-value.ts";

/**
 * One numeric array `[H, W]` or `[H, W, L]` of a MATLAB file.
 *
 * @param field  its path, such as `hsi.Lidar[0].z`; null takes the only one there is
 * @throws ConfigError if the path leads nowhere, or there are several arrays to choose from
 * @throws UnsupportedError for complex and sparse arrays, objects and functions
 */
export function readMatlabRaster(file: string, field: string | null): Raster {
  const location = field === null ? file : `${file}#${field}`;
  const root = readMatlab(file);
  const value = field === null ? root : valueAt(root, field, location);
  if (value.kind === "other") throw new UnsupportedError(`${location}: a MATLAB ${value.what}`, value.advice);
  return toRaster(value.kind === "numbers" ? value : onlyArray(value, field ?? "", location), location);
}

/**
 * Arrays that can be a raster, with their paths: those with more than one row and column; failing that, those of more
 * than one number.
 */
function rasterArrays(value: MatValue, path: string): (readonly [string, MatNumbers])[] {
  const arrays: (readonly [string, MatNumbers])[] = [];
  for (const [name, leaf] of leaves(value, path)) {
    if (leaf.kind === "numbers" && leaf.data.length > 1) arrays.push([name, leaf]);
  }
  const wide = arrays.filter(([, { dims }]) => dims.every((length) => length > 1));
  return wide.length > 0 ? wide : arrays;
}

/** Everything in the file, as a flat list of paths. */
export function matlabVariables(file: string): readonly Variable[] {
  const root = readMatlab(file);
  const arrays = new Set(rasterArrays(root, "").map(([path]) => path));
  return Array.from(leaves(root), ([path, leaf]) => ({ path, content: matText(leaf), isRaster: arrays.has(path) }));
}

function onlyArray(value: MatValue, path: string, location: string): MatNumbers {
  const candidates = rasterArrays(value, path);
  if (candidates.length === 1) return candidates[0]![1];
  const all = candidates.length > 0 ? candidates : Array.from(leaves(value, path));
  const list = all.slice(0, 20).map(([name, leaf]) => `${name} (${matText(leaf)})`);
  if (all.length > 20) list.push(`${all.length - 20} more`);
  if (candidates.length === 0) {
    const got = list.length === 0 ? "nothing" : list.join(", ");
    throw new ConfigError(location, `expected an array of numbers; got ${got}`, location);
  }
  const example = `${location.split("#")[0]}#${candidates[0]![0]}`;
  throw new ConfigError(
    location,
    `expected one array; got ${list.join(", ")} — choose one, as in ${example}`,
    location,
  );
}

function toRaster({ dims, data }: MatNumbers, location: string): Raster {
  const [height, width, bands = 1, ...rest] = dims as [number, number, ...number[]];
  if (rest.some((length) => length !== 1) || data.length === 0) {
    throw new ConfigError(location, `expected an array [H, W] or [H, W, L]; got [${dims.join(", ")}]`, location);
  }
  const bandLast = toBandLast(data, height, width, bands);
  return {
    ...{ height, width, bands, data: bandLast },
    valid: validity(bandLast, bands, null),
    ...{ bandNames: null, wavelengthsNm: null, georeference: null, nodata: null, categories: null },
  };
}

/** Column-major `[H, W, L]` to row-major. */
function toBandLast(data: RasterData, height: number, width: number, bands: number): RasterData {
  const out = new (data.constructor as new (length: number) => RasterData)(data.length);
  for (let row = 0; row < height; row++) {
    for (let col = 0; col < width; col++) {
      const to = (row * width + col) * bands;
      for (let band = 0; band < bands; band++) out[to + band] = data[row + height * (col + width * band)]!;
    }
  }
  return out;
}
