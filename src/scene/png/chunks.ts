/**
 * @file The chunks of a PNG file that its pixels need, checked before a pixel is decoded: the compressed bytes must
 * inflate to just what the header declares.
 *
 * @see W3C, "Portable Network Graphics", third edition
 */
import { constants, inflateSync } from "node:zlib";
import { FormatError } from "../../tensor/index.ts";
import { maxRasterBytes } from "../geotiff/header.ts";

export const pngSignature: Uint8Array = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** What the header (IHDR) says. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits a sample. */
  readonly depth: number;
  readonly channels: number;
  /** Whether the last channel is alpha. */
  readonly hasAlpha: boolean;
  readonly isPalette: boolean;
  readonly isInterlaced: boolean;
}

/** By colour type: channels and bits a sample. */
const colorTypes: ReadonlyMap<number, { readonly channels: number; readonly depths: readonly number[] }> = new Map([
  [0, { channels: 1, depths: [1, 2, 4, 8, 16] }],
  [2, { channels: 3, depths: [8, 16] }],
  [3, { channels: 1, depths: [1, 2, 4, 8] }],
  [4, { channels: 2, depths: [8, 16] }],
  [6, { channels: 4, depths: [8, 16] }],
]);

/** A chunk, from its length to its checksum. */
interface Chunk {
  readonly name: string;
  readonly offset: number;
  readonly whole: Uint8Array;
  readonly content: Uint8Array;
}

/**
 * A PNG file as its header, palette, transparency and pixels alone, found to be whole; text, profiles and animations
 * are left out.
 *
 * @throws FormatError if a chunk is missing, cut short or does not fit
 */
export function plainPng(file: string, bytes: Uint8Array): { header: PngHeader; plain: Uint8Array<ArrayBuffer> } {
  const chunks = chunksOf(file, bytes);
  const header = headerOf(file, chunks[0]);
  const pixels = chunks.filter(({ name }) => name === "IDAT");
  checkPixels(file, header, pixels);
  const first = (wanted: string) => chunks.find(({ name }) => name === wanted);
  if (header.isPalette && first("PLTE") === undefined) throw fault(file, 33, "a palette (PLTE)", "none");
  const needed = [first("IHDR"), first("PLTE"), first("tRNS"), ...pixels, first("IEND")];
  const parts = [pngSignature, ...needed.flatMap((chunk) => (chunk === undefined ? [] : [chunk.whole]))];
  return { header, plain: joined(parts) };
}

/** In memory of its own. */
function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Bytes of all samples, each of whole bytes. */
export function sampleBytes({ width, height, channels, depth }: PngHeader): number {
  return width * height * channels * Math.ceil(depth / 8);
}

function chunksOf(file: string, bytes: Uint8Array): Chunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const chunks: Chunk[] = [];
  for (let offset = pngSignature.length; chunks.at(-1)?.name !== "IEND"; ) {
    const length = offset + 12 <= bytes.length ? view.getUint32(offset) : 0;
    const end = offset + 12 + length;
    if (end > bytes.length) {
      throw fault(file, offset, `a chunk of ${length + 12} bytes`, "the end of the file", "it is cut short or damaged");
    }
    const name = Buffer.from(bytes.subarray(offset + 4, offset + 8)).toString("latin1");
    chunks.push({ name, offset, whole: bytes.subarray(offset, end), content: bytes.subarray(offset + 8, end - 4) });
    offset = end;
  }
  return chunks;
}

function headerOf(file: string, chunk: Chunk | undefined): PngHeader {
  if (chunk === undefined || chunk.name !== "IHDR" || chunk.content.length !== 13) {
    throw fault(file, 8, "a header (IHDR) of 13 bytes", "another chunk");
  }
  const { content } = chunk;
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, colorType, compression, filter, interlace] = content.subarray(8) as unknown as number[];
  const color = colorTypes.get(colorType!);
  if (width === 0 || height === 0) throw fault(file, 16, "a width and height ≥ 1", `${width} × ${height}`);
  if (!color?.depths.includes(depth!)) {
    throw fault(file, 24, "a colour type and bit depth of PNG", `colour type ${colorType} of ${depth} bits`);
  }
  if (compression !== 0 || filter !== 0 || interlace! > 1) {
    const got = `compression ${compression}, filter ${filter}, interlace ${interlace}`;
    throw fault(file, 26, "compression 0, filter 0 and interlace 0 or 1", got);
  }
  const header: PngHeader = {
    ...{ width, height, depth: depth!, channels: color!.channels },
    hasAlpha: colorType === 4 || colorType === 6,
    isPalette: colorType === 3,
    isInterlaced: interlace === 1,
  };
  const size = sampleBytes(header);
  if (size > maxRasterBytes) {
    const got = `${width} × ${height} pixels (${(size / 2 ** 30).toFixed(1)} GiB)`;
    throw fault(file, 16, `at most ${maxRasterBytes / 2 ** 30} GiB of pixels`, got, "cut the picture into parts");
  }
  return header;
}

/** No deflate stream grows by more than this. */
const maxGrowth = 1032;

function checkPixels(file: string, header: PngHeader, chunks: readonly Chunk[]): void {
  const offset = chunks[0]?.offset ?? 33;
  const packed = Buffer.concat(chunks.map(({ content }) => content));
  const size = scanlineBytes(header);
  const what = `${size} bytes of pixels (${header.width} × ${header.height})`;
  if (size > packed.length * maxGrowth) throw fault(file, offset, what, `${packed.length} compressed bytes`);
  let inflated: number;
  try {
    // A flush that is not final tells apart what is missing from what is damaged.
    const finishFlush = constants.Z_SYNC_FLUSH;
    inflated = inflateSync(packed, { maxOutputLength: size, finishFlush }).length;
  } catch (cause) {
    const isMore = (cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    const got = isMore ? "more" : `damaged bytes (${(cause as Error).message})`;
    throw new FormatError(file, `expected ${what}; got ${got}`, { offset, expected: what, got, cause });
  }
  if (inflated < size) throw fault(file, offset, what, `${inflated}`, "it is cut short or damaged");
}

/** Interlaced pictures come in seven passes: first column, first row, steps. */
const passes = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;
const onePass = [[0, 0, 1, 1]] as const;

/** Bytes of all rows, each with the byte of its filter. */
function scanlineBytes({ width, height, depth, channels, isInterlaced }: PngHeader): number {
  let size = 0;
  for (const [col, row, across, down] of isInterlaced ? passes : onePass) {
    const cols = Math.max(0, Math.ceil((width - col) / across));
    const rows = Math.max(0, Math.ceil((height - row) / down));
    if (cols > 0) size += rows * (1 + Math.ceil((cols * channels * depth) / 8));
  }
  return size;
}

function fault(file: string, offset: number, expected: string, got: string, advice?: string): FormatError {
  const sentence = `expected ${expected}; got ${got}${advice === undefined ? "" : ` — ${advice}`}`;
  return new FormatError(file, sentence, { offset, expected, got });
}
