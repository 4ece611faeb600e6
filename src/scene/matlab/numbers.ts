/** @file The numbers of a MATLAB array, read in blocks and put in place, so that little more than the result is held. */
import { UnsupportedError } from "../../tensor/index.ts";
import { interleaved, wordsOf } from "../envi/interleave.ts";
import { type Turner, turned, turner } from "../envi/turn.ts";
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

/** Of numbers that come one after another: the more bands at once, the fewer times every pixel is gone to. */
const blockBytes = 2 ** 24;
/** Of numbers from anywhere in the file: they stay in the processor's cache until they are put in place. */
const slabBytes = 2 ** 22;
/** Of fewer numbers, it takes longer to make ready than it saves. */
const turnedNumbers = 2 ** 20;

/** For arrays of 16-bit numbers that are large enough. */
function turnerFor([height, width, bands]: Lengths): Turner | null {
  const numbers = height * width * bands;
  return bands < turned || numbers < turnedNumbers ? null : turner(numbers, 2 * slabBytes);
}

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
  const [height, width] = dims as [number, number, ...number[]];
  const shape: Lengths = [height, width, count === 0 ? 0 : count / (height * width)];
  const peek = order === "band-last" && element.inline === null ? source.peek : null;
  const vectors = peek !== null && type.Held === Held && type.bytes === 2 ? turnerFor(shape) : null;
  const most =
    peek === null
      ? wholePlanes(shape, blockBytes / type.bytes)
      : slab(shape, (vectors?.planes.length ?? slabBytes) / type.bytes);
  const space = vectors?.planes ?? new Uint8Array(Math.min(count, most[0] * most[1] * most[2]) * type.bytes);
  const out =
    vectors === null
      ? allocate(source.file, Held, count)
      : (new type.Stored(vectors.buffer, 0, count) as InstanceType<Holder>);
  const place = placer(out, height, width, order, vectors);
  for (const block of blocksOf(shape, most)) {
    const bytes = space.subarray(0, block.rows * block.cols * block.bands * type.bytes);
    if (peek === null) {
      if (element.inline === null) await source.take(bytes.length, bytes);
      else bytes.set(element.inline);
    } else {
      for (const [to, from, length] of runsOf(block, shape)) {
        peek(from * type.bytes, bytes.subarray(to * type.bytes, (to + length) * type.bytes));
      }
    }
    place(toNumbers(bytes, type, littleEndian, source.file), block);
  }
  if (element.inline === null) source.skip(element.padding + (peek === null ? 0 : element.size));
  return out;
}

/** Rows, columns and bands. */
type Lengths = readonly [height: number, width: number, bands: number];

/** A part of an array, and where it begins. */
interface Block {
  readonly row: number;
  readonly col: number;
  readonly band: number;
  readonly rows: number;
  readonly cols: number;
  readonly bands: number;
}

/** Whole planes; where they are large, whole columns of one; where those are, parts of one. */
function wholePlanes([height, width]: Lengths, most: number): Lengths {
  const rows = Math.min(height, most);
  const cols = rows < height ? 1 : Math.min(width, Math.floor(most / rows));
  return [rows, cols, cols < width ? 1 : Math.floor(most / (rows * cols))];
}

/** All bands of whole columns; where those are large, of parts of one. */
function slab([height, width, bands]: Lengths, most: number): Lengths {
  const pixels = Math.max(1, Math.floor(most / bands));
  const rows = Math.min(height, pixels);
  const cols = Math.min(width, Math.floor(pixels / rows));
  // Bands of an even number of pixels are copied faster.
  return [rows, cols - (cols > 2 ? cols % 2 : 0), bands];
}

/** In the order that they lie in. */
function* blocksOf([height, width, planes]: Lengths, [rows, cols, bands]: Lengths): Generator<Block, void> {
  for (let band = 0; band < planes; band += bands) {
    for (let col = 0; col < width; col += cols) {
      for (let row = 0; row < height; row += rows) {
        yield {
          ...{ row, rows: Math.min(rows, height - row) },
          ...{ col, cols: Math.min(cols, width - col) },
          ...{ band, bands: Math.min(bands, planes - band) },
        };
      }
    }
  }
}

/** The numbers of a block that follow each other: where they go in it, where they lie in the array, and how many. */
function* runsOf(
  { row, col, rows, cols, bands }: Block,
  [height, width]: Lengths,
): Generator<readonly [to: number, from: number, length: number], void> {
  const [runs, length] = rows === height ? [1, rows * cols] : [cols, rows];
  for (let band = 0; band < bands; band++) {
    for (let run = 0; run < runs; run++) {
      yield [(band * runs + run) * length, (band * width + col + run) * height + row, length];
    }
  }
}

/** Puts column-major blocks where they belong. @param vectors  with `out` and the blocks in its memory */
function placer(out: RasterData, height: number, width: number, order: Order, vectors: Turner | null) {
  const Held = out.constructor as Holder;
  const bands = out.length / (height * width);
  const words = wordsOf(out, out.BYTES_PER_ELEMENT);
  return (numbers: RasterData, { row, col, band, rows, cols, bands: count }: Block): void => {
    if (order === "column-major") {
      out.set(numbers, row + height * (col + width * band));
      return;
    }
    const lines = { lines: cols, pixels: rows, pitch: rows };
    const places = { start: (row * width + col) * bands + band, line: bands, pixel: width * bands };
    if (vectors !== null && rows >= turned) {
      vectors.turn(count, rows * cols, lines, places);
      return;
    }
    const held = numbers.constructor === Held ? numbers : converted(numbers, Held);
    const planes = Array.from({ length: count }, (_, at) => {
      return wordsOf(held.subarray(at * rows * cols, (at + 1) * rows * cols), out.BYTES_PER_ELEMENT);
    });
    interleaved(planes, lines, words, places);
  };
}

function converted(numbers: RasterData, Held: Holder): RasterData {
  const held = new Held(numbers.length);
  held.set(numbers);
  return held;
}
