/** @file A table of text: rows and cells, whatever separates them. @see RFC 4180 */
import { FormatError } from "../../tensor/index.ts";
import type { Attribute } from "./features.ts";
import { readText } from "./text.ts";

/** A table with a header row. */
export interface TextTable {
  readonly names: readonly string[];
  readonly rows: readonly Row[];
  readonly delimiter: string;
}

/**
 * Read a table; semicolons and tabs separate as well as commas, as spreadsheets write them where the comma is a decimal sign.
 *
 * @throws FormatError if it has no header, or a row is not as long as it
 */
export function readTable(file: string): TextTable {
  const text = readText(file);
  const delimiter = delimiterOf(text);
  const [header, ...rows] = parseRows(text, delimiter, file);
  if (header === undefined) throw new FormatError(file, "expected a header row; got an empty file");
  const names = header.cells.map((cell) => cell.trim());
  for (const { cells, line } of rows) {
    if (cells.length === names.length) continue;
    const [expected, got] = [`${names.length} cells as in the header`, String(cells.length)];
    throw new FormatError(file, `expected ${expected} in line ${line}; got ${got}`, { expected, got });
  }
  return { names, rows, delimiter };
}

/** The cells of one column: numbers where all of them are, null where there is nothing. */
export function attributesOf({ rows, delimiter }: TextTable, column: number): Attribute[] {
  const cells = rows.map((row) => row.cells[column]!.trim());
  const isNumeric = cells.every((cell) => isNumberOrEmpty(cell, delimiter));
  return cells.map((cell) => (cell === "" ? null : isNumeric ? numberOf(cell, delimiter) : cell));
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

export interface Row {
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

/** No leading zeros: 007 is a name. */
const plainNumber = /^[+-]?(?:0|[1-9]\d*)(?:\.\d*)?(?:e[+-]?\d+)?$/i;

function isNumberOrEmpty(cell: string, delimiter: string): boolean {
  return cell.trim() === "" || plainNumber.test(withPoint(cell, delimiter));
}

function withPoint(cell: string, delimiter: string): string {
  return delimiter === "," ? cell.trim() : cell.trim().replace(",", ".");
}

export function numberOf(cell: string, delimiter: string): number {
  return Number(withPoint(cell, delimiter));
}
