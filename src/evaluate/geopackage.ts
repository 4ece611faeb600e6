/**
 * @file Polygons as a GeoPackage: an SQLite file with a table a layer and the styles that QGIS applies.
 *
 * @see OGC 12-128r17, "GeoPackage Encoding Standard" 1.3
 */
import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Database } from "node-sqlite3-wasm";
import type { Crs } from "../scene/index.ts";
import { writeAtomically } from "../tensor/index.ts";
import { geometryBlob } from "./geopackage-geometry.ts";
import { geopackageTables, tableOf } from "./geopackage-tables.ts";
import type { PolygonLayer } from "./map-polygons.ts";
import { encodePolygonStyle } from "./qgis-style.ts";

/** A row of `gpkg_spatial_ref_sys`. */
interface ReferenceSystem {
  readonly id: number;
  readonly name: string;
  readonly organization: string;
  readonly code: number;
  readonly definition: string;
}

const wgs84Text =
  'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]';

/** The three that every GeoPackage has. */
const required: readonly ReferenceSystem[] = [
  { id: -1, name: "Undefined Cartesian", organization: "NONE", code: -1, definition: "undefined" },
  { id: 0, name: "Undefined geographic", organization: "NONE", code: 0, definition: "undefined" },
  { id: 4326, name: "WGS 84", organization: "EPSG", code: 4326, definition: wgs84Text },
];

/** Number of a reference system that is known by its well-known text alone. */
const ownSystem = 100_000;

function referenceSystem(crs: Crs | null): ReferenceSystem {
  const [undefinedCartesian] = required;
  if (crs === null) return undefinedCartesian!;
  const { epsg, name, wkt } = crs;
  const definition = wkt ?? "undefined";
  if (epsg !== null) {
    const known = required.find(({ id }) => id === epsg);
    return known ?? { id: epsg, name, organization: "EPSG", code: epsg, definition };
  }
  return wkt === null
    ? undefinedCartesian!
    : { id: ownSystem, name, organization: "NONE", code: ownSystem, definition };
}

/** Write a GeoPackage with a table a layer, whole or not at all. */
export async function writeGeoPackage(file: string, layers: readonly PolygonLayer[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "geopackage-"));
  try {
    const draft = join(folder, "polygons.gpkg");
    // Loaded by those who write polygons.
    const { default: sqlite } = await import("node-sqlite3-wasm");
    const database = new sqlite.Database(draft);
    try {
      fill(database, layers);
    } finally {
      database.close();
    }
    await writeAtomically(file, createReadStream(draft));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function fill(database: Database, layers: readonly PolygonLayer[]): void {
  database.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"); // a draft: nothing to lose
  database.exec(geopackageTables);
  database.exec("BEGIN");
  database.run(
    "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('layer_styles', 'attributes', 'layer_styles')",
  );
  const systems = layers.map(({ georeference }) => referenceSystem(georeference?.crs ?? null));
  for (const { id, name, organization, code, definition } of [...required, ...systems]) {
    const row = [name, id, organization, code, definition];
    database.run("INSERT OR IGNORE INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, NULL)", row);
  }
  for (const [at, layer] of layers.entries()) addLayer(database, layer, systems[at]!.id);
  database.exec("COMMIT");
}

function addLayer(database: Database, layer: PolygonLayer, systemId: number): void {
  const { name, polygons, attributes, style, software } = layer;
  database.exec(tableOf(layer));
  database.run(
    "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, min_x, min_y, max_x, max_y, srs_id) VALUES (?, 'features', ?, ?, ?, ?, ?, ?, ?)",
    [name, name, software === null ? "" : `made by ${software}`, ...extent(layer), systemId],
  );
  database.run("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', 'POLYGON', ?, 0, 0)", [name, systemId]);
  database.run(
    "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner) VALUES ('', '', ?, 'geom', 'classes', ?, '', 1, 'Colours of the classes', '')",
    [name, encodePolygonStyle(style.values, style.attribute)],
  );
  const columns = ["geom", ...attributes.map((one) => one.name)];
  const insert = database.prepare(
    `INSERT INTO ${name} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`,
  );
  try {
    for (const polygon of polygons) {
      insert.run([geometryBlob(polygon.rings, systemId), ...attributes.map((one) => one.of(polygon))]);
    }
  } finally {
    insert.finalize();
  }
}

/** Least x and y, largest x and y; nulls where there is no polygon. */
function extent({ polygons }: PolygonLayer): (number | null)[] {
  if (polygons.length === 0) return [null, null, null, null];
  const box = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { rings } of polygons) {
    const exterior = rings[0]!;
    for (let at = 0; at < exterior.length; at++) {
      const axis = at % 2;
      box[axis] = Math.min(box[axis]!, exterior[at]!);
      box[axis + 2] = Math.max(box[axis + 2]!, exterior[at]!);
    }
  }
  return box;
}
