/** @file The numbers of a MATLAB array, read in blocks and put in place, so that little more than the result is held. */
import { UnsupportedError } from "../../tensor/index.ts";
import { interleaved, wordsOf } from "../envi/interleave.ts";
import { type NumberType, numberTypes, toNumbers } from "../numpy/numbers.ts";
import type { RasterData } from "../raster.ts";
import { type Cursor, content, cursorFault, type Element, nextElement } from "./cursor.ts";

/** How numbers lie in memory: as MATLAB holds them, or `[H, W, L]`. */
export type Order = "column-major" | "band-last";

type Holder = NumberType["Held"];

/** By element type (mi…). */
const storageTypes: ReadonlyMap<number, NumberType> = new Map(
  (
    [
      [1, "i1"],
      [2, "u1"],
      [3, "i2"],
      [4, "u2"],
      [5, "i4"],
      [6, "u4"],
      [7, "f4"],
      [9, "f8"],
      [12, "i8"],
      [13, "u8"],
    ] as const
  ).map(([type, code]) => [type, numberTypes.get(code)!] as const),
);

/** The type that numbers are stored in. @throws FormatError if they are not `count` numbers */
export function storageType(cursor: Cursor, element: Element, count: number): NumberType {
  const type = storageTypes.get(element.type);
  if (type === undefined) throw cursorFault(cursor, element.place, "numbers", `element type ${element.type}`);
  if (element.size === count * type.bytes) return type;
  throw cursorFault(cursor, element.place, `${count} numbers of ${type.bytes} bytes`, `${element.size} bytes`);
}

/** All numbers of the next element, in the type that they are stored in. */
export async function plainNumbers(cursor: Cursor, element: Element): Promise<RasterData> {
  const type = storageType(cursor, element, element.size / (storageTypes.get(element.type)?.bytes ?? 1));
  return toNumbers((await content(cursor, element)).slice(), type, cursor.littleEndian, cursor.source.file);
}

/** Room for numbers. @throws UnsupportedError if there is not so much */
export function allocate(file: string, Held: Holder, length: number): RasterData {
  try {
    return new Held(length);
  } catch (cause) {
    throw new UnsupportedError(`${file}: an array of ${length} numbers`, "cut it into parts", { cause });
  }
}

const blockBytes = 2 ** 24;

/**
 * The numbers of the next element.
 *
 * @param Held  the array that their class is held in, whatever they are stored in
 */
export async function readNumbers(
  cursor: Cursor,
  dims: readonly number[],
  Held: Holder,
  order: Order,
): Promise<RasterData> {
  const { source, littleEndian } = cursor;
  const element = await nextElement(cursor, "numbers");
  const count = dims.reduce((size, length) => size * length, 1);
  const type = storageType(cursor, element, count);
  const out = allocate(source.file, Held, count);
  // Whole planes; where they are large, whole columns of one; where those are, parts of one.
  const [height, width] = dims as [number, number, ...number[]];
  const most = Math.floor(blockBytes / type.bytes);
  const rows = Math.min(height, most);
  const cols = rows < height ? 1 : Math.min(width, Math.floor(most / rows));
  const bands = cols < width ? 1 : Math.floor(most / (rows * cols));
  const space = new Uint8Array(Math.min(count, rows * cols * bands) * type.bytes);
  const place = placer(out, height, width, order);
  const planes = count === 0 ? 0 : count / (height * width);
  for (let band = 0; band < planes; band += bands) {
    for (let col = 0; col < width; col += cols) {
      for (let row = 0; row < height; row += rows) {
        const block = [
          Math.min(rows, height - row),
          Math.min(cols, width - col),
          Math.min(bands, planes - band),
        ] as const;
        const bytes = element.inline ?? (await source.take(block[0] * block[1] * block[2] * type.bytes, space));
        place(toNumbers(bytes, type, littleEndian, source.file), row, col, band, block);
      }
    }
  }
  if (element.inline === null) source.skip(element.padding);
  return out;
}

/** Rows, columns and bands of a block. */
type Lengths = readonly [number, number, number];

/** Puts column-major blocks where they belong. */
function placer(out: RasterData, height: number, width: number, order: Order) {
  const Held = out.constructor as Holder;
  const bands = out.length / (height * width);
  const words = wordsOf(out, out.BYTES_PER_ELEMENT);
  return (numbers: RasterData, row: number, col: number, band: number, [rows, cols, count]: Lengths): void => {
    if (order === "column-major") {
      out.set(numbers, row + height * (col + width * band));
      return;
    }
    const held = numbers.constructor === Held ? numbers : converted(numbers, Held);
    const planes = Array.from({ length: count }, (_, at) => {
      return wordsOf(held.subarray(at * rows * cols, (at + 1) * rows * cols), out.BYTES_PER_ELEMENT);
    });
    const places = { start: (row * width + col) * bands + band, line: bands, pixel: width * bands };
    interleaved(planes, { lines: cols, pixels: rows, pitch: rows }, words, places);
  };
}

function converted(numbers: RasterData, Held: Holder): RasterData {
  const held = new Held(numbers.length);
  held.set(numbers);
  return held;
}
