/** @file The table of raster formats. A new format is one new entry. */
import { extname } from "node:path";
import { ConfigError, FormatError, UnsupportedError } from "../tensor/index.ts";
import { firstBytes } from "./bytes.ts";
import { isEnvi, openEnvi, readEnvi } from "./envi/envi.ts";
import { isEnviRoi } from "./envi/regions.ts";
import { readEnviRoi } from "./envi/roi.ts";
import { openGeoTiff, readGeoTiff } from "./geotiff/geotiff.ts";
import { isTiff } from "./geotiff/header.ts";
import { hdf5Variables, isHdf5, readHdf5Raster } from "./hdf5/hdf5.ts";
import { type Location, toLocation, type Variable } from "./location.ts";
import { isMatlab } from "./matlab/mat-file.ts";
import { matlabVariables, readMatlabRaster } from "./matlab/matlab.ts";
import { isNpy } from "./numpy/header.ts";
import { isNpz, npzVariables, readNumpyRaster } from "./numpy/numpy.ts";
import { isPng, readPng } from "./png/png.ts";
import type { Raster } from "./raster.ts";
import { type RasterWindows, windowsOf } from "./windows.ts";

/** How one format is known and read. */
export interface Reader {
  readonly name: string;
  /** Lower case, with the dot. */
  readonly extensions: readonly string[];
  /** @param start  the first bytes of the file, at most 512; the file itself counts where a format has two files */
  isFormat(start: Uint8Array, file: string): boolean;
  read(location: Location): Promise<Raster>;
  /** To be read part by part; null for formats that are read whole. */
  readonly open: ((location: Location) => Promise<RasterWindows>) | null;
  /** What the file holds, by the path that stands after `#`; null for formats of one raster a file. */
  readonly variables: ((file: string) => Promise<readonly Variable[]>) | null;
}

export const readers: readonly Reader[] = [
  {
    name: "GeoTIFF",
    extensions: [".tif", ".tiff"],
    isFormat: isTiff,
    read: (location) => readGeoTiff(withoutField(location)),
    open: (location) => openGeoTiff(withoutField(location)),
    variables: null,
  },
  {
    name: "ENVI",
    extensions: [".hdr", ".bsq", ".bil", ".bip"],
    isFormat: isEnvi,
    read: async (location) => readEnvi(withoutField(location)),
    open: async (location) => openEnvi(withoutField(location)),
    variables: null,
  },
  {
    name: "ENVI ROI",
    extensions: [".roi"],
    isFormat: isEnviRoi,
    read: async (location) => readEnviRoi(withoutField(location)),
    open: null,
    variables: null,
  },
  {
    name: "PNG",
    extensions: [".png"],
    isFormat: isPng,
    read: async (location) => readPng(withoutField(location)),
    open: null,
    variables: null,
  },
  {
    name: "NumPy",
    extensions: [".npy"],
    isFormat: isNpy,
    read: ({ file, field }) => readNumpyRaster(file, field),
    open: null,
    variables: null,
  },
  {
    name: "NumPy archive",
    extensions: [".npz"],
    isFormat: isNpz,
    read: ({ file, field }) => readNumpyRaster(file, field),
    open: null,
    variables: npzVariables,
  },
  {
    name: "HDF5",
    extensions: [".h5", ".hdf5", ".he5", ".nc"],
    isFormat: isHdf5,
    read: ({ file, field }) => readHdf5Raster(file, field),
    open: null,
    variables: hdf5Variables,
  },
  {
    name: "MATLAB",
    extensions: [".mat"],
    isFormat: isMatlab,
    read: async ({ file, field }) => readMatlabRaster(file, field),
    open: null,
    variables: async (file) => matlabVariables(file),
  },
];

function withoutField({ file, field }: Location): string {
  if (field === null) return file;
  throw new ConfigError(file, `expected no "#…" after a file of this format; got "#${field}"`, field);
}

/**
 * The reader for a file, by its first bytes, or by its extension if the bytes are nobody's.
 *
 * @throws FormatError if there is no such file
 * @throws UnsupportedError if no reader knows it
 */
export function readerOf(file: string): Reader {
  const start = firstBytes(file, 512);
  const known = readers.find((reader) => reader.isFormat(start, file));
  if (known !== undefined) return known;
  if (start.length === 0) throw new FormatError(file, "expected a raster; got an empty file", { offset: 0 });
  const extension = extname(file).toLowerCase();
  const named = readers.find((reader) => reader.extensions.includes(extension));
  if (named !== undefined) return named;
  const formats = readers.map(({ name, extensions }) => `${name} (${extensions.join(", ")})`).join(", ");
  throw new UnsupportedError(`the format of ${file}`, `known formats: ${formats}`);
}

/**
 * Read a raster, whatever its format.
 *
 * @param text  `file`, or `file#field` for one variable of a file that holds several
 * @throws FormatError if the file is missing, damaged or cut short
 * @throws UnsupportedError for formats, and features of formats, that cannot be read
 */
export async function readRaster(text: string): Promise<Raster> {
  const location = toLocation(text);
  return readerOf(location.file).read(location);
}

/** The same, to be read part by part; formats that cannot are held in memory whole. */
export async function openRaster(text: string): Promise<RasterWindows> {
  const location = toLocation(text);
  const { open, read } = readerOf(location.file);
  return open === null ? windowsOf(await read(location)) : open(location);
}
