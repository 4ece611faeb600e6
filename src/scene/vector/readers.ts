/** @file The table of vector formats. A new format is one new entry. */
import { existsSync } from "node:fs";
import { extname } from "node:path";
import { ConfigError, UnsupportedError } from "../../tensor/index.ts";
import { firstBytes } from "../bytes.ts";
import { toLocation } from "../location.ts";
import { readCsv } from "./csv.ts";
import type { VectorLayer } from "./features.ts";
import { isGeoJson, readGeoJson } from "./geojson.ts";
import { readGeoPackage } from "./geopackage.ts";
import { isShapefile, readShapefile } from "./shapefile.ts";
import { isSqlite } from "./sqlite.ts";

/** How one format of polygons and points is known and read. */
export interface VectorReader {
  readonly name: string;
  /** Lower case, with the dot. */
  readonly extensions: readonly string[];
  /** @param start  the first bytes of the file, at most 512 */
  isFormat(start: Uint8Array): boolean;
  /** @param layer  what stands after `#`; null where nothing does */
  read(file: string, layer: string | null): Promise<VectorLayer>;
}

export const vectorReaders: readonly VectorReader[] = [
  { name: "GeoPackage", extensions: [".gpkg"], isFormat: isSqlite, read: readGeoPackage },
  { name: "Shapefile", extensions: [".shp"], isFormat: isShapefile, read: oneLayer(readShapefile) },
  { name: "GeoJSON", extensions: [".geojson", ".json"], isFormat: isGeoJson, read: oneLayer(readGeoJson) },
  // Any text can begin a table: only the name tells.
  { name: "CSV", extensions: [".csv", ".tsv"], isFormat: () => false, read: oneLayer(readCsv) },
];

function oneLayer(read: (file: string) => VectorLayer): VectorReader["read"] {
  return async (file, layer) => {
    if (layer === null) return read(file);
    throw new ConfigError(file, `expected no "#…" after a file of this format; got "#${layer}"`, layer);
  };
}

/** The reader for a file by its extension, or by its first bytes if the extension is nobody's; null if none knows it. */
function vectorReaderOf(file: string): VectorReader | null {
  const extension = extname(file).toLowerCase();
  const named = vectorReaders.find((reader) => reader.extensions.includes(extension));
  if (named !== undefined || !existsSync(file)) return named ?? null;
  const start = firstBytes(file, 512);
  return vectorReaders.find((reader) => reader.isFormat(start)) ?? null;
}

/** Whether a location, `file` or `file#layer`, is one of polygons or points. */
export function isVector(location: string): boolean {
  return vectorReaderOf(toLocation(location).file) !== null;
}

/** The name of a location's format. @throws UnsupportedError where there is none */
export function vectorFormat(location: string): string {
  return knownReader(toLocation(location).file).name;
}

/**
 * Read polygons or points, whatever their format.
 *
 * @param location  `file`, or `file#layer` for a file of several layers
 * @throws FormatError if the file is missing, damaged or cut short
 * @throws ConfigError if there is no such layer, or several to choose from
 * @throws UnsupportedError for other formats, and for lines
 */
export async function readVector(location: string): Promise<VectorLayer> {
  const { file, field } = toLocation(location);
  return knownReader(file).read(file, field);
}

function knownReader(file: string): VectorReader {
  const reader = vectorReaderOf(file);
  if (reader !== null) return reader;
  const formats = vectorReaders.map(({ name, extensions }) => `${name} (${extensions.join(", ")})`).join(", ");
  throw new UnsupportedError(`the format of ${file}`, `known formats: ${formats}`);
}
