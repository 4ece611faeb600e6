/**
 * @file GeoPackage: features in tables of an SQLite database.
 *
 * @see OGC 12-128r18, clauses 1.1 (tables of the package) and 2.1 (features, binary header of geometries)
 */
import { ConfigError, FormatError, UnsupportedError } from "../../tensor/index.ts";
import type { Crs } from "../raster.ts";
import { crsOfEpsg, crsOfWkt } from "./crs.ts";
import type { Attribute, Feature, VectorLayer } from "./features.ts";
import { type Database, type Row, type Value, withDatabase } from "./sqlite.ts";
import { readWkb } from "./wkb.ts";

/**
 * One layer of features.
 *
 * @param layer  its table; null takes the only one there is
 * @throws ConfigError if there is no such layer, or there are several to choose from
 */
export function readGeoPackage(file: string, layer: string | null): Promise<VectorLayer> {
  return withDatabase(file, async (database) => {
    const tables = await database.all("SELECT name, type FROM sqlite_master");
    const kinds = new Map(tables.map((row) => [row["name"], row["type"]]));
    for (const table of ["gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys"]) {
      if (kinds.get(table) === "table") continue;
      throw new FormatError(file, `expected a GeoPackage with features; got no table ${table}`);
    }
    const { table, column, srs } = chosen(await layersOf(database), file, layer);
    // A view can compute without end; a table only holds.
    if (kinds.get(table) !== "table") {
      if (kinds.has(table)) throw new UnsupportedError(`${file}: the view ${table} as a layer`, "copy it to a table");
      throw new FormatError(file, `expected the table of the layer ${table}; got none`);
    }
    const columns = await database.all(`PRAGMA table_info(${quoted(table)})`);
    if (!columns.some(({ name }) => name === column)) {
      throw new FormatError(file, `expected the column ${column} in the table ${table}; got none`);
    }
    const fields = columns.flatMap(({ name, pk }) => (pk === 0 && name !== column ? [String(name)] : []));
    const crs = await crsOf(database, srs);
    return { file, layer: table, crs, fields, features: await readFeatures(database, file, table, column, fields) };
  });
}

interface Layer {
  readonly table: string;
  /** The one that holds the geometries. */
  readonly column: string;
  readonly srs: Value;
}

async function layersOf(database: Database): Promise<Layer[]> {
  const found = await database.all(
    "SELECT c.table_name AS name, g.column_name AS geometry, g.srs_id AS srs FROM gpkg_contents c " +
      "JOIN gpkg_geometry_columns g ON g.table_name = c.table_name WHERE c.data_type = 'features' ORDER BY c.rowid",
  );
  return found.map(({ name, geometry, srs }) => ({ table: String(name), column: String(geometry), srs: srs! }));
}

function chosen(layers: readonly Layer[], file: string, name: string | null): Layer {
  if (layers.length === 0) throw new FormatError(file, "expected a layer of features; got none");
  const list = layers.map(({ table }) => table).join(", ");
  if (name === null) {
    if (layers.length === 1) return layers[0]!;
    throw new ConfigError(
      file,
      `expected one layer; got ${list} — choose one, as in ${file}#${layers[0]!.table}`,
      name,
    );
  }
  const layer = layers.find(({ table }) => table === name);
  if (layer !== undefined) return layer;
  throw new ConfigError(`${file}#${name}`, `expected one of the layers ${list}; got "${name}"`, name);
}

/** −1 and 0 stand for unknown systems. */
async function crsOf(database: Database, srs: Value): Promise<Crs | null> {
  const [row] = await database.all("SELECT * FROM gpkg_spatial_ref_sys WHERE srs_id = ?", srs);
  if (row === undefined || Number(srs) <= 0) return null;
  const { srs_name: name, organization, organization_coordsys_id: code, definition } = row;
  const epsg = String(organization).toUpperCase() === "EPSG" ? Number(code) : null;
  const isText = typeof definition === "string" && definition.includes("[");
  const known = isText ? crsOfWkt(definition) : crsOfEpsg(Number(code));
  return { ...known, epsg: epsg ?? known.epsg, name: typeof name === "string" ? name : known.name };
}

async function readFeatures(
  database: Database,
  file: string,
  table: string,
  column: string,
  fields: readonly string[],
): Promise<readonly Feature[]> {
  const features: Feature[] = [];
  const { sizeBytes: size } = database;
  const list = [column, ...fields].map(quoted).join(", ");
  let number = 0;
  let bytes = 0;
  for await (const row of database.rows(`SELECT ${list} FROM ${quoted(table)}`)) {
    number++;
    const blob = row[column]!;
    bytes += blob instanceof Uint8Array ? blob.length + 1 : 1;
    // Pages that lead in circles repeat rows.
    if (bytes > size) throw new FormatError(file, `expected at most ${size} bytes of features; got more`);
    if (blob === null) continue;
    const subject = `feature ${number} of ${table}`;
    if (!(blob instanceof Uint8Array)) throw new FormatError(file, `expected a geometry in ${subject}; got ${blob}`);
    const geometry = readWkb(withoutHeader(blob, file, subject), file, subject);
    if (geometry.polygons.length === 0 && geometry.points.length === 0) continue;
    features.push({
      number,
      geometry,
      properties: Object.fromEntries(fields.map((name) => [name, attribute(row, name)])),
    });
  }
  return features;
}

function attribute(row: Row, name: string): Attribute {
  const value = Object.hasOwn(row, name) ? row[name]! : null;
  if (typeof value === "bigint") return Number(value);
  return value instanceof Uint8Array ? null : value;
}

/** Bytes of an envelope, by its code in the flags. */
const envelopeBytes = [0, 32, 48, 48, 64];

/** The well-known binary after `GP`, version, flags, spatial reference and envelope. */
function withoutHeader(blob: Uint8Array, file: string, subject: string): Uint8Array {
  const length = 8 + (envelopeBytes[(blob[3]! >> 1) & 7] ?? Number.NaN);
  if (blob[0] === 0x47 && blob[1] === 0x50 && length <= blob.length) return blob.subarray(length);
  throw new FormatError(file, `expected the header of a GeoPackage geometry in ${subject}; got other bytes`);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
