/** @file An array of an HDF5 file as a raster: MATLAB's -v7.3, NetCDF-4 or plain HDF5. */
import { FormatError, UnsupportedError } from "../../tensor/index.ts";
import { firstBytes, openBytes } from "../bytes.ts";
import type { Variable } from "../location.ts";
import { listed, valueAt } from "../matlab/mat-value.ts";
import { onlyArray, rasterShape, toVariables } from "../numpy/choose.ts";
import type { Raster } from "../raster.ts";
import { validity } from "../validity.ts";
import { georeference, missingValue, rasterAxes, scaled, wavelengths } from "./conventions.ts";
import { type GroupEntry, type Hdf5File, openHdf5 } from "./file.ts";
import { type MatlabTree, readMatlabTree } from "./matlab.ts";
import { numberTypeOf, readNumbers } from "./numbers.ts";
import { datasetAt, readTree } from "./tree.ts";

const signature = "\x89HDF\r\n\x1a\n";
const matlabStart = "MATLAB 7.3 MAT-file";

/** Is this the start of an HDF5 file: its signature, or the text that MATLAB puts before it? */
export function isHdf5(start: Uint8Array): boolean {
  const text = String.fromCharCode(...start.subarray(0, matlabStart.length));
  return text.startsWith(signature) || text === matlabStart;
}

/**
 * One numeric array of an HDF5 file: `[H, W]` or `[H, W, L]` as MATLAB or h5py show it, rows, columns and bands put in
 * this order where the file names its axes.
 *
 * @param field  its path: `hsi.Lidar[0].z` in MATLAB's files, `group/reflectance` in others; null takes the only one
 * @throws FormatError if the file is damaged or cut short
 * @throws ConfigError if the path leads nowhere, or there are several arrays to choose from
 * @throws UnsupportedError for complex arrays, objects, and filters that cannot be undone
 */
export async function readHdf5Raster(file: string, field: string | null): Promise<Raster> {
  const location = field === null ? file : `${file}#${field}`;
  return withHdf5(file, async (hdf5, root, isMatlab) =>
    isMatlab ? readMatlab(hdf5, root, field, location) : readPlain(hdf5, root, field, location),
  );
}

/** Everything in the file, as a flat list of paths. */
export async function hdf5Variables(file: string): Promise<readonly Variable[]> {
  return withHdf5(file, async (hdf5, root, isMatlab) => {
    if (!isMatlab) return toVariables((await readTree(hdf5, root)).datasets);
    const tree = await readMatlabTree(hdf5, root);
    return toVariables(listed(tree.root, ""));
  });
}

async function withHdf5<T>(
  file: string,
  use: (hdf5: Hdf5File, root: GroupEntry, isMatlab: boolean) => Promise<T>,
): Promise<T> {
  const bytes = openBytes(file);
  const sizeBytes = bytes.size;
  bytes.close();
  if (sizeBytes === 0) throw new FormatError(file, "expected an HDF5 file; got an empty file", { offset: 0 });
  const isMatlab = String.fromCharCode(...firstBytes(file, matlabStart.length)) === matlabStart;
  const hdf5 = await openHdf5(file, sizeBytes);
  try {
    const root = await hdf5.entry("/");
    if (root.kind === "group") return await use(hdf5, root, isMatlab);
    throw new FormatError(file, "expected a group at the root of the file; got something else");
  } finally {
    await hdf5.close();
  }
}

async function readMatlab(hdf5: Hdf5File, root: GroupEntry, field: string | null, location: string): Promise<Raster> {
  const tree: MatlabTree = await readMatlabTree(hdf5, root);
  const value = field === null ? tree.root : valueAt(tree.root, field, location);
  if (value.kind === "other") throw new UnsupportedError(`${location}: a MATLAB ${value.what}`, value.advice);
  const leaf = value.kind === "numbers" ? value : onlyArray(listed(value, field ?? ""), location).leaf;
  const read = tree.numbers.get(leaf);
  const [height, width, bands] = rasterShape(leaf.kind === "numbers" ? leaf.dims : [], location);
  if (read === undefined) throw new FormatError(location, "expected numbers; got an array marked as empty");
  const data = await read(location);
  return {
    ...{ height, width, bands, data },
    valid: validity(data, bands, null),
    ...{ bandNames: null, wavelengthsNm: null, georeference: null, nodata: null, categories: null },
  };
}

async function readPlain(hdf5: Hdf5File, root: GroupEntry, field: string | null, location: string): Promise<Raster> {
  const tree = await readTree(hdf5, root);
  const dataset = datasetAt(tree, field, location);
  const { entry, path, content } = dataset;
  const type = numberTypeOf(entry);
  if (type === null) throw new UnsupportedError(`${location}: an array of ${content}`, "store it as plain numbers");
  const axes = rasterAxes(dataset, location);
  const [height, width, bands = 1] = axes.map((axis) => entry.shape![axis]!) as [number, number, number?];
  const stored = await readNumbers(hdf5, { path: `/${path}`, entry }, type, axes, location);
  const real = scaled(stored, entry.attributes);
  const data = real ?? stored;
  const missing = missingValue(entry.attributes);
  const nodata = real === null || missing === null ? missing : Number.NaN;
  return {
    ...{ height, width, bands, data, nodata },
    valid: validity(data, bands, nodata),
    wavelengthsNm: await wavelengths(hdf5, tree, dataset, bands),
    georeference: await georeference(hdf5, tree, dataset, axes),
    ...{ bandNames: null, categories: null },
  };
}
