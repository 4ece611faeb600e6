/**
 * @file Damaged files, by number: the same number is the same damage. Tests try a few of each, `scripts/damage.ts`
 * thousands.
 */
import assert from "node:assert/strict";
import { closeSync, copyFileSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";
import { type Raster, readRaster, toLocation } from "../../src/scene/index.ts";
import type { VectorLayer } from "../../src/scene/vector/features.ts";
import { readVector } from "../../src/scene/vector/readers.ts";
import { childKey, FormatError, integers, keyOf, SymdiffuserError, UnsupportedError } from "../../src/tensor/index.ts";

/** A format, and the files that are damaged for it. */
export interface DamagedFormat {
  readonly name: string;
  readonly read: (location: string) => Promise<Raster | VectorLayer>;
  /** Of golden files; those beside them are copied along. */
  readonly files: readonly DamagedFile[];
  /** How many kinds of damage a test tries on each file. */
  readonly tries: number;
  /** Puts right what would tell the damage at once, such as a checksum; every other time. */
  readonly mend?: (bytes: Buffer) => void;
}

interface DamagedFile {
  /** The file that is damaged. */
  readonly file: string;
  /** What is read: `file#field`. */
  readonly location: string;
  readonly beside: readonly string[];
}

function raster(location: string): Promise<Raster> {
  return readRaster(location);
}

const golden = fileURLToPath(new URL("../golden/", import.meta.url));

/** Files of a folder: `file`, `file#field`, or `file beside beside`, where the last one is read. */
function files(folder: string, ...texts: readonly string[]): DamagedFile[] {
  return texts.map((text) => {
    const [first, ...beside] = text.split(" ").map((name) => `${golden}${folder}/${name}`) as [string, ...string[]];
    return { file: toLocation(first).file, location: beside.at(-1) ?? first, beside };
  });
}

export const damagedFormats: readonly DamagedFormat[] = [
  {
    name: "GeoTIFF",
    ...{ read: raster, tries: 150 },
    files: files(
      "rasters",
      ...["type-i16.tif", "deflate.tif", "lzw.tif", "packbits.tif", "tiles-band-interleaved.tif", "bigtiff.tif"],
      ...["predictor3-planar.tif", "mask.tif", "scale-offset.tif", "wavelengths.tif", "sparse.tif", "overviews.tif"],
      ...["zstd.tif", "lerc.tif", "jpeg-ycbcr.tif", "type-u12.tif", "strips-of-3.tif", "big-endian-predictor2.tif"],
      "palette.tif palette.tif.aux.xml palette.tif",
      "palette.tif.aux.xml palette.tif",
    ),
  },
  {
    name: "HDF5",
    ...{ read: raster, tries: 1 },
    files: [
      ...files("hdf5", "single.mat", "tree.mat#hsi.Data", "tree.mat#hsi.Lidar[0].z", "sparse.mat#few"),
      ...files("hdf5", "single.h5", "user-block.h5", "cube.nc#radiance", "cube.nc#packed", "octave.h5#z"),
    ],
  },
  {
    name: "MATLAB",
    ...{ read: raster, tries: 300 },
    files: files(
      "rasters",
      ...["plain.mat", "class-f32.mat", "tree.mat#hsi.Data", "tree.mat#mask", "tree-packed.mat#hsi.Lidar[0].z"],
      ...["big-endian.mat", "big-endian-packed.mat", "sparse.mat#all", "octave-v7.mat#counts"],
    ),
  },
  {
    name: "ENVI",
    ...{ read: raster, tries: 300, mend: mendText },
    files: files(
      "envi",
      ...["last.hdr last.bil last.hdr", "last.bil last.hdr", "utm.hdr utm.dat utm.hdr", "classes.hdr classes.dat"],
      ...["bad-bands.hdr bad-bands.dat bad-bands.hdr", "names.hdr names.dat", "other-crs.hdr other-crs.dat"],
    ),
  },
  { name: "ENVI ROI", read: raster, tries: 300, mend: mendText, files: files("envi", "regions.txt", "roi-cut.txt") },
  {
    name: "PNG",
    ...{ read: raster, tries: 60, mend: mendPng },
    files: files(
      "png",
      ...["grey.png", "grey-1.png", "palette-4.png", "transparent-rgb.png", "rgba-16.png", "interlaced.png"],
      ...["interlaced-palette.png", "parts.png", "filters-43210.png"],
    ),
  },
  {
    name: "NumPy",
    ...{ read: raster, tries: 300 },
    files: files(
      "numpy",
      ...["type-f16.npy", "big-endian-f64.npy", "column-major.npy", "version-3.npy", "single.npz", "stored.npz#hsi"],
      "deflated.npz#labels",
    ),
  },
  {
    name: "GeoPackage",
    ...{ read: readVector, tries: 20 },
    files: files("vector", "one-layer.gpkg", "fields.gpkg#fields", "fields.gpkg#big-endian"),
  },
  {
    name: "Shapefile",
    ...{ read: readVector, tries: 100 },
    files: files(
      "vector",
      ...["polygon.shp polygon.dbf polygon.prj polygon.shp", "multipoint.shp multipoint.dbf multipoint.shp"],
      ...["polygon-z.shp polygon-z.dbf polygon-z.shp", "point-zm.shp point-zm.dbf point-zm.shp"],
      ...["polygon.dbf polygon.shp", "polygon.prj polygon.dbf polygon.shp"],
    ),
  },
  {
    name: "GeoJSON",
    ...{ read: readVector, tries: 150, mend: mendText },
    files: files("vector", "degrees.geojson", "collection.geojson", "named-crs.geojson"),
  },
  {
    name: "CSV",
    ...{ read: readVector, tries: 150, mend: mendText },
    files: files("vector", "semicolons.csv", "points.csv", "tabs.tsv"),
  },
];

/** The checksums of all chunks, as far as their lengths lead to others. */
function mendPng(bytes: Buffer): void {
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at);
    if (end + 4 > bytes.length) return;
    bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, end)), end);
    at = end + 4;
  }
}

/** Plain letters in place of bytes that no text has. */
function mendText(bytes: Buffer): void {
  for (const [at, byte] of bytes.entries()) {
    const isText = (byte >= 32 && byte < 127) || (byte >= 9 && byte <= 13);
    if (!isText) bytes[at] = letters.charCodeAt(byte % letters.length);
  }
}

/** The bytes of a file with a kind of damage: a few bytes, bits or words changed, or a piece put elsewhere or cut off. */
export function damagedBytes(bytes: Uint8Array, file: string, damage: number): Buffer {
  const changed = Buffer.from(bytes);
  const changes = 1 + (Math.floor(damage / kinds.length) % 4);
  const draws = integers(childKey(childKey(keyOf(7), basename(file)), damage), [3 * changes], 2 ** 30).data;
  for (let change = 0; change < changes; change++) {
    const [place, value, which] = draws.subarray(3 * change) as ArrayLike<number> as [number, number, number];
    // Mostly where it hurts: at the start or the end, where headers and directories are.
    const reach = which % 3 === 2 ? changed.length : Math.min(400, changed.length);
    const at = which % 3 === 1 ? changed.length - reach + (place % reach) : place % reach;
    kinds[damage % kinds.length]!(changed, at, value);
  }
  return damage % 97 === 0 ? changed.subarray(0, draws[0]! % changed.length) : changed;
}

const words: readonly number[] = [0, 1, 2 ** 16, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 30, 40_000];

const letters = '0123456789-.eE,;:{}[]()"\\/ \n\taN';

const kinds: readonly ((bytes: Buffer, at: number, value: number) => void)[] = [
  (bytes, at) => bytes.fill(0, at, at + 1),
  (bytes, at) => bytes.fill(255, at, at + 1),
  (bytes, at, value) => bytes.fill(value & 255, at, at + 1),
  (bytes, at, value) => bytes.fill(bytes[at]! ^ (1 << (value & 7)), at, at + 1),
  (bytes, at, value) => {
    const word = words[value % words.length]!;
    const place = Math.max(0, Math.min(at - (at % 4), bytes.length - 4));
    if (bytes.length >= 4 && (value & 8) === 0) bytes.writeUInt32LE(word, place);
    else if (bytes.length >= 4) bytes.writeUInt32BE(word, place);
  },
  (bytes, at, value) => bytes.write(letters[value % letters.length]!, at, "latin1"),
  (bytes, at, value) => bytes.copyWithin(at, value % bytes.length, (value % bytes.length) + 1 + (value % 61)),
];

/** What became of the reading of bytes that may be wrong. */
export interface Outcome<T> {
  /** Null where they were refused in good order. */
  readonly read: T | null;
  /** What was not in good order; null where all was. */
  readonly fault: string | null;
  /** Of the processor, which other programs do not disturb. */
  readonly tookMs: number;
}

const slowMs = 2000;

/**
 * Read bytes that may be wrong.
 *
 * @param isCut  whether they are right but for their end, so that no setting can be what is wrong
 */
export async function outcomeOf<T extends Raster | VectorLayer>(
  reading: () => Promise<T>,
  isCut: boolean,
): Promise<Outcome<T>> {
  const before = process.cpuUsage();
  let read: T | null = null;
  let fault: string | null = null;
  try {
    read = await reading();
    if ("bands" in read) checkRaster(read);
  } catch (error) {
    const isKind = isCut
      ? error instanceof FormatError || error instanceof UnsupportedError
      : error instanceof SymdiffuserError;
    const isSentence = error instanceof Error && /expected .*; got |is not supported/s.test(error.message);
    if (read !== null || !isKind || !isSentence) fault = error instanceof Error ? String(error.stack) : String(error);
  }
  const { user, system } = process.cpuUsage(before);
  const tookMs = (user + system) / 1e3;
  if (tookMs > slowMs) fault ??= `took ${tookMs.toFixed(0)} ms`;
  return { read, fault, tookMs };
}

/** A raster's parts fit each other. */
export function checkRaster(raster: Raster): void {
  const { height, width, bands, data, valid, bandNames, wavelengthsNm } = raster;
  assert.ok(height >= 1 && width >= 1 && bands >= 1);
  assert.equal(data.length, height * width * bands);
  if (valid !== null) {
    assert.equal(valid.length, height * width);
    assert.ok(valid.includes(0) && valid.every((one) => one === 0 || one === 1));
  }
  if (bandNames !== null) assert.equal(bandNames.length, bands);
  if (wavelengthsNm !== null) {
    assert.equal(wavelengthsNm.length, bands);
    assert.ok(wavelengthsNm.every((nm) => nm > 0 && Number.isFinite(nm)));
  }
}

/** A file that is written over and over through one handle: making it anew takes longer than reading it. */
export interface ScratchFile {
  readonly file: string;
  write(bytes: Uint8Array): void;
  close(): void;
}

export function openScratch(file: string): ScratchFile {
  const handle = openSync(file, "w");
  return {
    file,
    write(bytes) {
      ftruncateSync(handle, bytes.length);
      writeSync(handle, bytes, 0, bytes.length, 0);
    },
    close: () => closeSync(handle),
  };
}

/**
 * Read a file with kinds of damage, one after another.
 *
 * @param folder  an empty one
 */
export async function* damagedReadings(
  { read, mend }: DamagedFormat,
  { file, location, beside }: DamagedFile,
  damages: Iterable<number>,
  folder: string,
): AsyncGenerator<Outcome<Raster | VectorLayer> & { readonly damage: number }> {
  mkdirSync(folder, { recursive: true });
  const bytes = readFileSync(file);
  for (const one of beside) if (one !== file) copyFileSync(one, join(folder, basename(one)));
  const scratch = openScratch(join(folder, basename(file)));
  try {
    for (const damage of damages) {
      const damaged = damagedBytes(bytes, file, damage);
      if (damage % 2 === 1) mend?.(damaged);
      scratch.write(damaged);
      yield { damage, ...(await outcomeOf(() => read(join(folder, basename(location))), false)) };
    }
  } finally {
    scratch.close();
  }
}
