/** @file A variable of a MATLAB file as a raster. */
import { UnsupportedError } from "../../tensor/index.ts";
import type { Variable } from "../location.ts";
import { onlyArray, rasterShape, toVariables } from "../numpy/choose.ts";
import type { Raster } from "../raster.ts";
import { validity } from "../validity.ts";
import { readMatlabTree } from "./mat-file.ts";
import { listed, type MatNumbers, valueAt } from "./mat-value.ts";

/**
 * One numeric array `[H, W]` or `[H, W, L]` of a MATLAB file; a sparse one is made full.
 *
 * @param field  its path, such as `hsi.Lidar[0].z`; null takes the only one there is
 * @throws ConfigError if the path leads nowhere, or there are several arrays to choose from
 * @throws UnsupportedError for complex arrays, objects and functions
 */
export async function readMatlabRaster(file: string, field: string | null): Promise<Raster> {
  const location = field === null ? file : `${file}#${field}`;
  const root = await readMatlabTree(file, (path) => (path === field ? "band-last" : null));
  const value = field === null ? root : valueAt(root, field, location);
  if (value.kind === "other") throw new UnsupportedError(`${location}: a MATLAB ${value.what}`, value.advice);
  if (value.kind === "numbers") return toRaster(value, location);
  const { path } = onlyArray(listed(value, field ?? ""), location);
  const chosen = await readMatlabTree(file, (one) => (one === path ? "band-last" : null));
  return toRaster(valueAt(chosen, path, location) as MatNumbers, location);
}

/** Everything in the file, as a flat list of paths. */
export async function matlabVariables(file: string): Promise<readonly Variable[]> {
  return toVariables(listed(await readMatlabTree(file, () => null), ""));
}

function toRaster({ dims, data }: MatNumbers, location: string): Raster {
  const [height, width, bands] = rasterShape(dims, location);
  return {
    ...{ height, width, bands, data },
    valid: validity(data, bands, null),
    ...{ bandNames: null, wavelengthsNm: null, georeference: null, nodata: null, categories: null },
  };
}
