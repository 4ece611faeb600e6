/**
 * @file CSV: a point a row, its place in two columns, its attributes in the others.
 *
 * @see RFC 4180; semicolons and tabs separate as well, as spreadsheets write them where the comma is a decimal sign
 */
import { FormatError } from "../../tensor/index.ts";
import type { Crs } from "../raster.ts";
import { lonLat } from "./crs.ts";
import type { Feature, VectorLayer } from "./features.ts";
import { attributesOf, numberOf, readTable } from "./text-table.ts";

/** Names of the columns that hold the place, lower case; x and y are in the CRS of the scene. */
const placeColumns: readonly { readonly x: string; readonly y: string; readonly crs: Crs | null }[] = [
  { x: "lon", y: "lat", crs: lonLat },
  { x: "longitude", y: "latitude", crs: lonLat },
  { x: "x", y: "y", crs: null },
  { x: "easting", y: "northing", crs: null },
];

/** All points of a table with a header row. */
export function readCsv(file: string): VectorLayer {
  const table = readTable(file);
  const { names, rows, delimiter } = table;
  const { x, y, crs } = findPlace(names, file);
  const others = names.flatMap((name, column) => (column === x || column === y ? [] : [{ name, column }]));
  const twice = others.find(({ name }, index) => others.findIndex((other) => other.name === name) < index);
  if (twice !== undefined) throw new FormatError(file, `expected every column once; got "${twice.name}" again`);
  const columns = others.map(({ name, column }) => [name, attributesOf(table, column)] as const);
  const features = rows.map(({ cells, line }, index): Feature => {
    const place = [x, y].map((column) =>
      coordinate(cells[column]!, delimiter, `${names[column]} in line ${line}`, file),
    );
    if (crs === lonLat && !(Math.abs(place[0]!) <= 360 && Math.abs(place[1]!) <= 90)) {
      const expected = `degrees in ${names[x]} and ${names[y]} in line ${line}`;
      const advice = "call the columns x and y if they are in the CRS of the scene";
      throw new FormatError(file, `expected ${expected}; got ${place.join(", ")} — ${advice}`, { expected });
    }
    const properties = columns.map(([name, values]) => [name, values[index]!] as const);
    return {
      number: index + 1,
      geometry: { polygons: [], points: Float64Array.from(place) },
      properties: Object.fromEntries(properties),
    };
  });
  return { file, layer: null, crs, fields: others.map(({ name }) => name), features };
}

function findPlace(names: readonly string[], file: string) {
  const lower = names.map((name) => name.toLowerCase());
  for (const { x, y, crs } of placeColumns) {
    if (lower.includes(x) && lower.includes(y)) return { x: lower.indexOf(x), y: lower.indexOf(y), crs };
  }
  const expected = `columns ${placeColumns.map(({ x, y }) => `${x} and ${y}`).join(", or ")} in the header row`;
  throw new FormatError(file, `expected ${expected}; got ${names.join(", ")}`, { expected, got: names.join(", ") });
}

function coordinate(cell: string, delimiter: string, subject: string, file: string): number {
  const value = cell.trim() === "" ? Number.NaN : numberOf(cell, delimiter);
  if (Number.isFinite(value)) return value;
  throw new FormatError(file, `expected a number as ${subject}; got "${cell}"`, { expected: "a number", got: cell });
}
