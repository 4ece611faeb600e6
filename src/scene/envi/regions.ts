/**
 * @file The text of ENVI's regions of interest: names, colours and lists of pixels, as the ground truth of the 2013 data
 * fusion contest comes.
 */
import { FormatError } from "../../tensor/index.ts";
import { openBytes } from "../bytes.ts";
import type { Color } from "../raster.ts";
import { textLines } from "./header.ts";

const maxFileBytes = 2 ** 28;
const maxPixels = 2 ** 28;
const maxClasses = 65535;

/** Is this the start of a text file of ENVI's regions of interest? */
export function isEnviRoi(start: Uint8Array): boolean {
  return /^(\u00ef\u00bb\u00bf)?;\s*ENVI Output of ROIs/i.test(Buffer.from(start.subarray(0, 64)).toString("latin1"));
}

/** One region, as far as it has been read. */
export interface Region {
  readonly name: string;
  /** Where it is named, 1-based. */
  readonly line: number;
  color: Color | null;
  /** Points it must have; null until the file says. */
  count: number | null;
  /** `row · width + col` of each point. */
  readonly pixels: number[];
}

/** What a file holds. */
export interface Regions {
  readonly regions: readonly Region[];
  readonly height: number;
  readonly width: number;
}

/** The state of reading: what the comments said so far, and the region whose points come next. */
interface Reading {
  readonly file: string;
  readonly regions: Region[];
  height: number;
  width: number;
  declared: { readonly count: number; readonly line: number } | null;
  /** Places of the columns; X and Y are −1 before they are known. */
  columns: { readonly id: number; readonly x: number; readonly y: number };
  current: number;
}

/**
 * Every region of a file, with the size of the image that they were drawn on.
 *
 * @throws FormatError, with the line, if sizes or counts do not agree, or a point lies outside
 */
export function readRegions(file: string): Regions {
  const bytes = openBytes(file);
  let lines: string[];
  try {
    if (bytes.size > maxFileBytes) {
      throw new FormatError(file, `expected a text of at most ${maxFileBytes} bytes; got ${bytes.size}`);
    }
    const content = bytes.read(0, bytes.size);
    if (!isEnviRoi(content)) {
      throw new FormatError(
        file,
        'expected a text that begins with "; ENVI Output of ROIs"; got other bytes — save the ROIs as ASCII',
      );
    }
    lines = textLines(content);
  } finally {
    bytes.close();
  }
  const columns = { id: -1, x: -1, y: -1 };
  const reading: Reading = { file, regions: [], height: 0, width: 0, declared: null, columns, current: 0 };
  for (const [at, line] of lines.entries()) {
    const text = line.trim();
    if (text === "") endGroup(reading, at + 1);
    else if (text.startsWith(";")) takeComment(reading, text.slice(1).trim(), at + 1);
    else takePoint(reading, text.split(/\s+/), at + 1);
  }
  checkWhole(reading, lines.length);
  return reading;
}

function takeComment(reading: Reading, text: string, line: number): void {
  const [, key, value] = /^([\w ]+?)\s*:\s*(.*)$/.exec(text) ?? [];
  const take = takers.get(key?.toLowerCase() ?? "");
  if (take !== undefined) {
    take(reading, value!, line);
    return;
  }
  const names = text.toLowerCase().split(/\s+/);
  const [id, x, y] = ["id", "x", "y"].map((name) => names.indexOf(name)) as [number, number, number];
  if (x >= 0 && y === x + 1) reading.columns = { id, x, y };
}

type Take = (reading: Reading, value: string, line: number) => void;

/** What comments may say. */
const takers: ReadonlyMap<string, Take> = new Map<string, Take>([
  [
    "number of rois",
    (reading, value, line) => {
      reading.declared = { count: whole(reading, "a number of ROIs", value, line), line };
    },
  ],
  [
    "file dimension",
    (reading, value, line) => {
      const [width, height] = (/^(\d+)\s*x\s*(\d+)$/i.exec(value)?.slice(1) ?? []).map(Number);
      const expected = `samples x lines, at most ${maxPixels} pixels`;
      if (!(width! * height! >= 1 && width! * height! <= maxPixels)) fail(reading, expected, `"${value}"`, line);
      Object.assign(reading, { height, width });
    },
  ],
  [
    "roi name",
    ({ regions }, name, line) => {
      regions.push({ name, line, color: null, count: null, pixels: [] });
    },
  ],
  [
    "roi rgb value",
    (reading, value, line) => {
      const color = (/^\{\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\}$/.exec(value)?.slice(1) ?? []).map(Number);
      if (color.length !== 3 || color.some((level) => level > 255)) {
        fail(reading, "a colour such as {255, 0, 0}", `"${value}"`, line);
      }
      newest(reading, line).color = color as unknown as Color;
    },
  ],
  [
    "roi npts",
    (reading, value, line) => {
      newest(reading, line).count = whole(reading, "a number of points", value, line);
    },
  ],
]);

function whole(reading: Reading, expected: string, value: string, line: number): number {
  if (!/^\d{1,10}$/.test(value)) fail(reading, expected, `"${value}"`, line);
  return Number(value);
}

function newest(reading: Reading, line: number): Region {
  return reading.regions.at(-1) ?? fail(reading, '"ROI name" first', "none", line);
}

function takePoint(reading: Reading, cells: readonly string[], line: number): void {
  const { columns, regions, height, width } = reading;
  if (columns.x < 0) fail(reading, 'a line "; ID X Y …" that names the columns', "a point before it", line);
  if (width === 0) fail(reading, 'a line "; File Dimension: samples x lines"', "a point before it", line);
  // Regions follow each other after an empty line, or by IDs that begin again; some have no point.
  const isFirst = columns.id >= 0 ? Number(cells[columns.id]) === 1 : true;
  let region = regions[reading.current];
  if (region !== undefined && isFull(region) && region.pixels.length > 0 && !isFirst) {
    fail(reading, `${region.count} points of ROI "${region.name}"`, "more", line);
  }
  while (region !== undefined && isFull(region)) region = regions[++reading.current];
  if (region === undefined) fail(reading, "no more points than the ROIs have", "another", line);
  if (region.count === null) failUncounted(reading, region);
  const [col, row] = [Number(cells[columns.x]) - 1, Number(cells[columns.y]) - 1];
  const isInside =
    Number.isInteger(col) && Number.isInteger(row) && col >= 0 && col < width && row >= 0 && row < height;
  if (!isInside) {
    const got = `${cells[columns.x] ?? "none"} and ${cells[columns.y] ?? "none"}`;
    fail(reading, `X from 1 to ${width} and Y from 1 to ${height}`, got, line);
  }
  region.pixels.push(row * width + col);
}

const isFull = ({ count, pixels }: Region) => count !== null && pixels.length >= count;

/** An empty line: the points of one region are over. */
function endGroup(reading: Reading, line: number): void {
  const region = reading.regions[reading.current];
  if (region === undefined || region.pixels.length === 0) return;
  if (!isFull(region)) failCount(reading, region, line);
  reading.current++;
}

function failUncounted(reading: Reading, { name, line }: Region): never {
  return fail(reading, `"ROI npts" of ROI "${name}"`, "none", line);
}

function failCount(reading: Reading, { name, count, pixels }: Region, line: number): never {
  return fail(reading, `${count} points of ROI "${name}"`, String(pixels.length), line);
}

function checkWhole(reading: Reading, lines: number): void {
  const { regions, declared } = reading;
  if (reading.width === 0) fail(reading, 'a line "; File Dimension: samples x lines"', "none", lines);
  if (regions.length === 0) fail(reading, 'a line "; ROI name: …"', "none", lines);
  if (regions.length > maxClasses) fail(reading, `at most ${maxClasses} ROIs`, String(regions.length), lines);
  if (declared !== null && declared.count !== regions.length) {
    fail(reading, `${declared.count} ROIs`, String(regions.length), declared.line);
  }
  for (const region of regions) {
    if (region.count === null) failUncounted(reading, region);
    if (!isFull(region)) failCount(reading, region, lines);
  }
}

function fail({ file }: Reading, expected: string, got: string, line: number): never {
  throw new FormatError(file, `expected ${expected}; got ${got} — line ${line}`, { expected, got });
}
