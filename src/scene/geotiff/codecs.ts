/**
 * @file Decompression of TIFF blocks. The usual codecs are here, each with a cap on what it may put out; rare ones
 * run in a worker (see codec-worker.ts).
 *
 * @see TIFF 6.0, sections 9 (PackBits), 13 (LZW); TIFF Technical Note 2, Adobe Deflate
 */
import { createInflate, inflateSync } from "node:zlib";
import { giveBack } from "../bytes.ts";
import { CodecError } from "./codec-error.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Memory of at least so many bytes, which the next block may use again. */
export type Space = (bytes: number) => Bytes;

/**
 * @param size   bytes wanted; more may be returned, never much more; fewer if the block is damaged
 * @param space  where they may lie
 */
type Decode = (block: Bytes, size: number, space: Space) => Bytes | Promise<Bytes>;

export interface TiffCodec {
  readonly name: string;
  /** Bytes that a byte of a block can hold at most. */
  readonly maxRatio: number;
  /** Null where the block is decoded in the worker. */
  readonly decode: Decode | null;
}

/** By TIFF compression tag. */
export const tiffCodecs: ReadonlyMap<number, TiffCodec> = new Map([
  [1, { name: "none", maxRatio: 1, decode: (block) => block }],
  // A code of 12 bits stands for as many bytes as there are codes.
  [5, { name: "LZW", maxRatio: 4096 / 1.5, decode: unLzw }],
  [7, { name: "JPEG", maxRatio: Number.POSITIVE_INFINITY, decode: null }],
  [8, { name: "Deflate", maxRatio: 1032, decode: inflate }],
  [32946, { name: "Deflate", maxRatio: 1032, decode: inflate }],
  [32773, { name: "PackBits", maxRatio: 64, decode: unPackBits }],
  [34887, { name: "LERC", maxRatio: Number.POSITIVE_INFINITY, decode: null }],
  [50000, { name: "ZSTD", maxRatio: Number.POSITIVE_INFINITY, decode: null }],
] satisfies [number, TiffCodec][]);

/** Names of compressions that are known and cannot be read. */
export const otherCompressions: ReadonlyMap<number, string> = new Map([
  [2, "CCITT RLE"],
  [3, "CCITT fax 3"],
  [4, "CCITT fax 4"],
  [6, "old-style JPEG"],
  [34712, "JPEG 2000"],
  [34925, "LZMA"],
  [50001, "WebP"],
  [50002, "JPEG XL"],
  [52546, "JPEG XL"],
]);

/** A tile may hold a few bytes more than wanted, never many. */
export const slackBytes: number = 2 ** 16;
/** Blocks up to this size are decoded in one piece of new memory, which is quickest; larger ones piece by piece. */
const onePieceBytes = 2 ** 20;
const pieceBytes = 2 ** 18;

function inflate(block: Bytes, size: number, space: Space): Bytes | Promise<Bytes> {
  const most = size + slackBytes;
  if (size <= onePieceBytes) return inflateSync(block, { maxOutputLength: most, chunkSize: size + 64 });
  return new Promise((resolve, reject) => {
    const into = space(most);
    const stream = createInflate({ chunkSize: pieceBytes });
    let at = 0;
    stream.on("data", (piece: Bytes) => {
      if (at + piece.length > most) {
        stream.destroy(new CodecError(`more than ${most} bytes`));
        return;
      }
      into.set(piece, at);
      at += piece.length;
      // Full ones are not written to any more.
      if (piece.byteOffset + piece.length === pieceBytes) giveBack(piece.buffer);
    });
    stream.on("end", () => resolve(into.subarray(0, at)));
    stream.on("error", reject);
    stream.end(block);
  });
}

/** What a block says of itself that it holds; 0 where it does not say. */
export function declaredBytes(block: Uint8Array): number {
  return block[0] === 0xff && block[1] === 0xd8 ? jpegBytes(block) : zstdBytes(block);
}

/** What the frame headers of a JPEG image declare, before its first scan. @see ITU-T T.81, sections B.1.1.3 and B.2.2 */
function jpegBytes(block: Uint8Array): number {
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  let most = 0;
  for (let at = 2; at + 10 <= block.length && block[at] === 0xff; ) {
    const marker = block[at + 1]!;
    if (marker === startOfScan) break;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && !noFrames.includes(marker);
    const pixels = view.getUint16(at + 5) * view.getUint16(at + 7);
    if (isFrame) most = Math.max(most, pixels * block[at + 9]! * Math.ceil(block[at + 4]! / 8));
    // Bytes of 255 may fill the space before a marker.
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2);
  }
  return most;
}

const startOfScan = 0xda;
/** Tables and extensions, among the markers of frames. */
const noFrames: readonly number[] = [0xc4, 0xc8, 0xcc];

/** What a first ZSTD frame declares to hold; 0 where it does not say, or is none. @see RFC 8878, section 3.1.1 */
function zstdBytes(block: Uint8Array): number {
  const header = new Uint8Array(18);
  header.set(block.subarray(0, header.length));
  const view = new DataView(header.buffer);
  if (view.getUint32(0, true) !== 0xfd2fb528) return 0;
  const descriptor = view.getUint8(4);
  const isSingle = (descriptor & 32) !== 0;
  const at = 5 + (isSingle ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!;
  if (descriptor >> 6 === 0) return isSingle ? view.getUint8(at) : 0;
  if (descriptor >> 6 === 1) return view.getUint16(at, true) + 256;
  return descriptor >> 6 === 2 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
}

function unPackBits(block: Bytes, size: number, space: Space): Bytes {
  const out = space(size);
  let to = 0;
  for (let at = 0; at < block.length && to < size; ) {
    const head = block[at++]!;
    if (head < 128) {
      const run = block.subarray(at, Math.min(at + head + 1, at + size - to));
      out.set(run, to);
      to += run.length;
      at += head + 1;
    } else if (head > 128) {
      const count = Math.min(257 - head, size - to);
      if (at >= block.length) break;
      out.fill(block[at++]!, to, to + count);
      to += count;
    }
  }
  return out.subarray(0, to);
}

const clearCode = 256;
const endCode = 257;

/** TIFF's LZW: codes of 9 to 12 bits, high bit first, widened one code early. */
function unLzw(block: Bytes, size: number, space: Space): Bytes {
  const out = space(size);
  // A table entry is a run of the output already written: where it starts and how long it is.
  const starts = new Uint32Array(4097);
  const lengths = new Uint32Array(4097);
  let to = 0;
  let next = 258;
  let width = 9;
  let bits = 0;
  let held = 0;
  let previousStart = 0;
  let previousLength = 0;
  for (let at = 0; to < size; ) {
    while (bits < width && at < block.length) {
      held = ((held << 8) | block[at++]!) & 0xffffff;
      bits += 8;
    }
    if (bits < width) break;
    const code = (held >>> (bits - width)) & ((1 << width) - 1);
    bits -= width;
    if (code === endCode) break;
    if (code === clearCode) {
      next = 258;
      width = 9;
      previousLength = 0;
      continue;
    }
    const start = to;
    if (previousLength > 0 && next < 4096) {
      // The previous run and the first byte of this one, which is written next.
      starts[next] = previousStart;
      lengths[next] = previousLength + 1;
      next++;
    }
    if (code < 256) {
      out[to++] = code;
    } else {
      if (code >= next) throw new CodecError(`LZW code ${code} before its definition`);
      const from = starts[code]!;
      const length = Math.min(lengths[code]!, size - to);
      // Byte by byte: the run may overlap its copy.
      for (let offset = 0; offset < length; offset++) out[to++] = out[from + offset]!;
    }
    previousStart = start;
    previousLength = to - start;
    if (next + 1 >= 1 << width && width < 12) width++;
  }
  return out.subarray(0, to);
}

/**
 * Undo horizontal differencing (TIFF predictor 2) in rows of native-order samples.
 *
 * @param stride  samples a pixel
 * @see TIFF 6.0, section 14
 */
export function undoDifferences(
  samples: Uint8Array | Uint16Array | Uint32Array | BigUint64Array,
  rowSamples: number,
  stride: number,
): void {
  for (let row = 0; row < samples.length; row += rowSamples) {
    const end = Math.min(row + rowSamples, samples.length);
    if (samples instanceof BigUint64Array) {
      for (let at = row + stride; at < end; at++) samples[at] = samples[at]! + samples[at - stride]!;
    } else {
      for (let at = row + stride; at < end; at++) samples[at] = samples[at]! + samples[at - stride]!;
    }
  }
}

/**
 * Undo the floating-point predictor (3), in place: bytewise differences of byte planes, the most significant first. The
 * samples' bytes are then in little-endian order.
 *
 * @see Adobe Photoshop TIFF Technical Note 3
 */
export function undoFloatDifferences(bytes: Uint8Array, rowSamples: number, stride: number, sampleBytes: number): void {
  const rowBytes = rowSamples * sampleBytes;
  const planes = new Uint8Array(rowBytes);
  for (let row = 0; row + rowBytes <= bytes.length; row += rowBytes) {
    planes.set(bytes.subarray(row, row + rowBytes));
    for (let at = stride; at < rowBytes; at++) planes[at] = planes[at]! + planes[at - stride]!;
    for (let sample = 0; sample < rowSamples; sample++) {
      for (let plane = 0; plane < sampleBytes; plane++) {
        bytes[row + sample * sampleBytes + (sampleBytes - 1 - plane)] = planes[plane * rowSamples + sample]!;
      }
    }
  }
}
