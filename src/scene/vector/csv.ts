/**
 * @file CSV: a point a row, its place in two columns, its attributes in the others.
 *
 * @see RFC 4180; semicolons and tabs separate as well, as spreadsheets write them where the comma is a decimal sign
 */
import { FormatError } from "../../tensor/index.ts";
import type { Crs } from "../raster.ts";
import { lonLat } from "./crs.ts";
import type { Attribute, Feature, VectorLayer } from "./features.ts";
import { readText } from "./text.ts";

/** Names of the columns that hold the place, lower case; x and y are in the CRS of the scene. */
const placeColumns: readonly { readonly x: string; readonly y: string; readonly crs: Crs | null }[] = [
  { x: "lon", y: "lat", crs: lonLat },
  { x: "longitude", y: "latitude", crs: lonLat },
  { x: "x", y: "y", crs: null },
  { x: "easting", y: "northing", crs: null },
];

/** All points of a table with a header row. */
export function readCsv(file: string): VectorLayer {
  const text = readText(file);
  const delimiter = delimiterOf(text);
  const [header, ...rows] = parseRows(text, delimiter, file);
  if (header === undefined) throw new FormatError(file, "expected a header row; got an empty file");
  const names = header.cells.map((cell) => cell.trim());
  const { x, y, crs } = findPlace(names, file);
  const others = names.flatMap((name, column) => (column === x || column === y ? [] : [{ name, column }]));
  const twice = others.find(({ name }, index) => others.findIndex((other) => other.name === name) < index);
  if (twice !== undefined) throw new FormatError(file, `expected every column once; got "${twice.name}" again`);
  const isNumeric = others.map(({ column }) =>
    rows.every(({ cells }) => isNumberOrEmpty(cells[column] ?? "", delimiter)),
  );
  const features = rows.map(({ cells, line }, index): Feature => {
    if (cells.length !== names.length) {
      const [expected, got] = [`${names.length} cells as in the header`, String(cells.length)];
      throw new FormatError(file, `expected ${expected} in line ${line}; got ${got}`, { expected, got });
    }
    const place = [x, y].map((column) =>
      coordinate(cells[column]!, delimiter, `${names[column]} in line ${line}`, file),
    );
    if (crs === lonLat && !(Math.abs(place[0]!) <= 360 && Math.abs(place[1]!) <= 90)) {
      const expected = `degrees in ${names[x]} and ${names[y]} in line ${line}`;
      const advice = "call the columns x and y if they are in the CRS of the scene";
      throw new FormatError(file, `expected ${expected}; got ${place.join(", ")} — ${advice}`, { expected });
    }
    const properties = others.map(({ name, column }, at): [string, Attribute] => {
      const cell = cells[column]!.trim();
      if (cell === "") return [name, null];
      return [name, isNumeric[at] ? numberOf(cell, delimiter) : cell];
    });
    return {
      number: index + 1,
      geometry: { polygons: [], points: Float64Array.from(place) },
      properties: Object.fromEntries(properties),
    };
  });
  return { file, layer: null, crs, fields: others.map(({ name }) => name), features };
}

/** The separator that is most frequent in the header, outside quotes; a comma if there is none. */
function delimiterOf(text: string): string {
  const counts = new Map([",", ";", "\t"].map((one) => [one, 0]));
  let isQuoted = false;
  for (const character of text) {
    if (character === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (character === "\n" || character === "\r") break;
    else if (counts.has(character)) counts.set(character, counts.get(character)! + 1);
  }
  return Array.from(counts).reduce((best, next) => (next[1] > best[1] ? next : best))[0];
}

interface Row {
  /** 1-based, of its first character. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** Rows that are not empty. */
function parseRows(text: string, delimiter: string, file: string): Row[] {
  const rows: Row[] = [];
  let cells: string[] = [];
  let [line, begin, at] = [1, 1, 0];
  while (at < text.length) {
    let cell: string;
    if (text[at] === '"') {
      let end = text.indexOf('"', at + 1);
      while (end >= 0 && text[end + 1] === '"') end = text.indexOf('"', end + 2);
      if (end < 0) throw new FormatError(file, `expected a closing quote after line ${line}; got the end of the file`);
      cell = text.slice(at + 1, end).replaceAll('""', '"');
      at = end + 1;
    } else {
      let end = at;
      while (end < text.length && text[end] !== delimiter && text[end] !== "\n" && text[end] !== "\r") end++;
      cell = text.slice(at, end);
      at = end;
    }
    cells.push(cell);
    line += cell.split("\n").length - 1;
    if (text[at] === delimiter) {
      at++;
      // A separator at the very end leaves an empty cell behind it.
      if (at < text.length) continue;
      cells.push("");
    } else if (at < text.length && text[at] !== "\n" && text[at] !== "\r") {
      throw new FormatError(file, `expected a separator after the quoted cell in line ${line}; got "${text[at]}"`);
    }
    if (text[at] === "\r") at++;
    if (text[at] === "\n") at++;
    line++;
    if (cells.some((one) => one.trim() !== "")) rows.push({ line: begin, cells });
    cells = [];
    begin = line;
  }
  return rows;
}

function findPlace(names: readonly string[], file: string) {
  const lower = names.map((name) => name.toLowerCase());
  for (const { x, y, crs } of placeColumns) {
    if (lower.includes(x) && lower.includes(y)) return { x: lower.indexOf(x), y: lower.indexOf(y), crs };
  }
  const expected = `columns ${placeColumns.map(({ x, y }) => `${x} and ${y}`).join(", or ")} in the header row`;
  throw new FormatError(file, `expected ${expected}; got ${names.join(", ")}`, { expected, got: names.join(", ") });
}

/** No leading zeros: 007 is a name. */
const plainNumber = /^[+-]?(?:0|[1-9]\d*)(?:\.\d*)?(?:e[+-]?\d+)?$/i;

function isNumberOrEmpty(cell: string, delimiter: string): boolean {
  return cell.trim() === "" || plainNumber.test(withPoint(cell, delimiter));
}

function withPoint(cell: string, delimiter: string): string {
  return delimiter === "," ? cell.trim() : cell.trim().replace(",", ".");
}

function numberOf(cell: string, delimiter: string): number {
  return Number(withPoint(cell, delimiter));
}

function coordinate(cell: string, delimiter: string, subject: string, file: string): number {
  const value = cell.trim() === "" ? Number.NaN : numberOf(cell, delimiter);
  if (Number.isFinite(value)) return value;
  throw new FormatError(file, `expected a number as ${subject}; got "${cell}"`, { expected: "a number", got: cell });
}
