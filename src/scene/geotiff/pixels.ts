/** @file The pixels of a TIFF image: its blocks decoded and laid out as `[H, W, L]`. */
import { FormatError, UnsupportedError } from "../../tensor/index.ts";
import type { Bytes } from "../bytes.ts";
import { interleaved, wordsOf } from "../envi/interleave.ts";
import type { RasterData } from "../raster.ts";
import type { Rectangle } from "../windows.ts";
import { WorkerFault } from "../worker.ts";
import { CodecError } from "./codec-error.ts";
import { startCodecWorker } from "./codec-worker.ts";
import { declaredBytes, otherCompressions, type Space, slackBytes, type TiffCodec, tiffCodecs } from "./codecs.ts";
import { maxRasterBytes, type TiffImage, tags } from "./header.ts";
import { type Rows, rasterArray, samplesOf } from "./samples.ts";
import { recut } from "./strips.ts";

/** Bands that lie in planes are put together for about this many bytes of them at a time. */
const groupBytes = 2 ** 24;

/** The pixels of an image, of which any part can be read. */
export interface TiffPixels {
  /** Whether the file holds any block that lies in the part. */
  isStored(part: Rectangle): boolean;
  /**
   * @returns  `[H, W, L]` of the part
   * @throws FormatError if a block is damaged or too short
   */
  read(part: Rectangle): Promise<RasterData>;
  close(): Promise<void>;
}

/**
 * Open the pixels of an image: the blocks that a part touches are decoded when it is read.
 *
 * @param missing  value of the pixels of blocks left out of a sparse file
 * @throws UnsupportedError for a compression that cannot be read
 */
export function openTiffPixels(bytes: Bytes, declared: TiffImage, missing: number): TiffPixels {
  const codec = codecOf(declared);
  const image = recut(declared);
  const isYcbcr = image.compression === 7 && image.tags.get(tags.photometric)?.[0] === 6 && image.bands === 3;
  const planes = image.isPlanar ? image.bands : 1;
  const positions = image.blocksDown * image.blocksAcross;
  const group = Math.min(planes, Math.max(1, Math.floor(groupBytes / placeOf(image, 0).bytes)));
  let blocks: Promise<Blocks> | null = null;

  const blocksIn = function* (part: Rectangle): Generator<{ readonly block: number; readonly position: number }, void> {
    for (const position of positionsIn(image, part)) {
      for (let plane = 0; plane < planes; plane++) yield { block: plane * positions + position, position };
    }
  };
  const isStored = (part: Rectangle): boolean => {
    for (const { block } of blocksIn(part)) if (image.sizes[block] !== 0) return true;
    return false;
  };
  const read = async (part: Rectangle): Promise<RasterData> => {
    checkMemory(bytes, image, part);
    let isWhole = true;
    for (const { block, position } of blocksIn(part)) {
      checkSize(bytes, image, codec, block, position);
      isWhole &&= image.sizes[block] !== 0;
    }
    const out = allocate(bytes, image, part);
    if (missing !== 0 && !isWhole) out.fill(missing);
    if (!isStored(part)) return out;
    blocks ??= openBlocks(bytes, image, codec);
    const { decode } = await blocks;
    for (const position of positionsIn(image, part)) {
      const place = placeOf(image, position);
      for (let first = 0; first < planes; first += group) {
        const samples: (RasterData | null)[] = [];
        for (let plane = first; plane < Math.min(first + group, planes); plane++) {
          const block = plane * positions + position;
          samples.push(image.sizes[block] === 0 ? null : await decode(block, place, plane - first));
        }
        if (samples.every((block) => block === null)) continue;
        if (image.isPlanar) layOutPlanes(image, samples, place, part, first, missing, out);
        else layOutPixels(image, samples[0]!, place, part, out);
      }
    }
    if (isYcbcr) ycbcrToRgb(out as Uint8Array);
    return out;
  };
  return { isStored, read, close: async () => (await blocks)?.close() };
}

/** Positions of the blocks that a part touches, row by row. */
function* positionsIn({ blockHeight, blockWidth, blocksAcross }: TiffImage, part: Rectangle): Generator<number, void> {
  for (let down = Math.floor(part.row / blockHeight); down * blockHeight < part.row + part.height; down++) {
    for (let across = Math.floor(part.col / blockWidth); across * blockWidth < part.col + part.width; across++) {
      yield down * blocksAcross + across;
    }
  }
}

function codecOf(image: TiffImage): TiffCodec {
  const codec = tiffCodecs.get(image.compression);
  if (codec !== undefined) return codec;
  const name = otherCompressions.get(image.compression);
  const feature = `GeoTIFF compression ${image.compression}${name === undefined ? "" : ` (${name})`}`;
  throw new UnsupportedError(feature, "convert with gdal_translate -co COMPRESS=DEFLATE");
}

/** What is read at once, and every block of it, must fit into memory. */
function checkMemory({ file }: Bytes, image: TiffImage, part: Rectangle): void {
  const { bands, bits, isPlanar } = image;
  const block = {
    height: image.isTiled ? image.blockHeight : Math.min(image.blockHeight, image.height),
    width: image.blockWidth,
  };
  for (const [{ height, width }, depth] of [
    [part, bands],
    [block, isPlanar ? 1 : bands],
  ] as const) {
    const total = height * width * depth * Math.max(1, bits / 8);
    if (total <= maxRasterBytes) continue;
    const expected = `at most ${maxRasterBytes / 2 ** 30} GiB of pixels`;
    const got = `${width} × ${height} pixels of ${depth} bands (${(total / 2 ** 30).toFixed(1)} GiB)`;
    throw new FormatError(file, `expected ${expected}; got ${got} — cut the raster into parts`, {
      offset: 0,
      expected,
      got,
    });
  }
}

/** No block may declare more pixels than its bytes can hold. */
function checkSize(bytes: Bytes, image: TiffImage, codec: TiffCodec, block: number, position: number): void {
  const size = image.sizes[block]!;
  const wanted = placeOf(image, position).bytes;
  if (size > 0 && size * codec.maxRatio < wanted) throw tooShort(bytes, image, block, codec, wanted, size);
}

function tooShort(bytes: Bytes, image: TiffImage, block: number, codec: TiffCodec, wanted: number, size: number) {
  const expected = `${wanted} bytes in ${blockName(image, block)} (${codec.name})`;
  const got = String(size);
  const offset = image.offsets[block]!;
  return new FormatError(bytes.file, `expected ${expected}; got ${got}`, { offset, expected, got });
}

/** The blocks of an image, decoded one at a time. */
interface Blocks {
  /** @param slot  the block's place in its group: its samples stay until this slot is used again */
  decode(block: number, place: Place, slot: number): Promise<RasterData>;
  close(): Promise<void>;
}

async function openBlocks(bytes: Bytes, image: TiffImage, codec: TiffCodec): Promise<Blocks> {
  const worker =
    codec.decode === null
      ? await startCodecWorker(image.compression, codecParameters(image), blockLimitMs(image)).catch(
          (cause: unknown) => {
            throw cause instanceof WorkerFault ? damaged(bytes, image, 0, codec.name, cause) : cause;
          },
        )
      : null;
  const isPlain = codec.maxRatio === 1;
  const largest = image.sizes.reduce((most, size) => Math.max(most, size), 0);
  const packedSpace = reusable();
  const slots: Space[] = [];
  function read(block: number, place: Place, space: Space): Uint8Array<ArrayBuffer> {
    const size = isPlain ? Math.min(image.sizes[block]!, place.bytes) : image.sizes[block]!;
    // A block moves to the worker with its memory.
    return bytes.read(image.offsets[block]!, size, worker === null ? space(isPlain ? size : largest) : undefined);
  }
  return {
    async decode(block, place, slot) {
      slots[slot] ??= reusable();
      const packed = read(block, place, isPlain ? slots[slot] : packedSpace);
      let decoded: Uint8Array<ArrayBuffer>;
      try {
        // The worker would make room for it. A last strip may be declared as high as the others.
        const declared = worker === null ? 0 : declaredBytes(packed);
        if (declared > placeOf(image, 0).bytes + slackBytes) throw new CodecError(`a frame of ${declared} bytes`);
        decoded = await (worker === null ? codec.decode!(packed, place.bytes, slots[slot]) : worker.decode(packed));
      } catch (cause) {
        throw damaged(bytes, image, block, codec.name, cause);
      }
      if (decoded.length < place.bytes) throw tooShort(bytes, image, block, codec, place.bytes, decoded.length);
      return samplesOf(bytes.file, image, decoded, place, codec.name === "LERC");
    },
    async close() {
      await worker?.stop();
    },
  };
}

/** Memory that grows to the largest piece asked for. */
function reusable(): Space {
  let held = new Uint8Array(0);
  return (size) => {
    if (held.length < size) held = new Uint8Array(size);
    return held;
  };
}

function allocate(bytes: Bytes, image: TiffImage, { height, width }: Rectangle): RasterData {
  const length = height * width * image.bands;
  try {
    return rasterArray(image, length);
  } catch (cause) {
    const feature = `${bytes.file}: a raster of ${length} values`;
    throw new UnsupportedError(feature, "cut it into parts, or select bands with gdal_translate -b", { cause });
  }
}

function damaged(bytes: Bytes, image: TiffImage, block: number, codec: string, cause: unknown): FormatError {
  const got = cause instanceof Error ? cause.message : String(cause);
  const sentence = `expected ${blockName(image, block)} to be ${codec} data; got damaged bytes (${got})`;
  return new FormatError(bytes.file, sentence, { offset: image.offsets[block] ?? 0, cause });
}

function blockName({ isTiled }: TiffImage, block: number): string {
  return `${isTiled ? "tile" : "strip"} ${block}`;
}

/** Generous: the codecs make some 50 MiB a second. */
function blockLimitMs({ blockHeight, blockWidth, bands, bits }: TiffImage): number {
  return 1200 + ((blockHeight * blockWidth * bands * bits) / 8 / 2 ** 20) * 200;
}

function codecParameters(image: TiffImage) {
  const jpegTables = image.tags.get(tags.jpegTables);
  const lerc = image.tags.get(tags.lercParameters);
  return {
    tileWidth: image.blockWidth,
    tileHeight: image.blockHeight,
    planarConfiguration: image.isPlanar ? 2 : 1,
    bitsPerSample: new Array<number>(image.bands).fill(image.bits),
    predictor: 1 as const,
    ...(Array.isArray(jpegTables) ? { JPEGTables: Uint8Array.from(jpegTables) } : {}),
    ...(Array.isArray(lerc) ? { LercParameters: lerc as number[] } : {}),
  };
}

/** Where a block belongs in the raster, and how many bytes it must decode to. */
interface Place extends Rows {
  readonly row: number;
  readonly col: number;
  /** Of all rows stored, padding to a whole tile included; the last strip has fewer. */
  readonly bytes: number;
}

function placeOf(image: TiffImage, position: number): Place {
  const { blocksAcross, blockHeight, blockWidth, bits } = image;
  const row = Math.floor(position / blocksAcross) * blockHeight;
  const col = (position % blocksAcross) * blockWidth;
  const rows = image.isTiled ? blockHeight : Math.min(blockHeight, image.height - row);
  const rowSamples = blockWidth * (image.isPlanar ? 1 : image.bands);
  const rowBytes = Math.ceil((rowSamples * bits) / 8);
  return { row, col, rows, rowSamples, rowBytes, bytes: rows * rowBytes };
}

/** What a block and a part of the image have in common. */
function common({ blockWidth }: TiffImage, place: Place, part: Rectangle): Rectangle {
  const [row, col] = [Math.max(place.row, part.row), Math.max(place.col, part.col)];
  const height = Math.min(place.row + place.rows, part.row + part.height) - row;
  return { row, col, height, width: Math.min(place.col + blockWidth, part.col + part.width) - col };
}

/** Copy a block into the part, without what lies outside it. */
function layOutPixels(image: TiffImage, samples: RasterData, place: Place, part: Rectangle, out: RasterData): void {
  const { bands } = image;
  const { row, col, height, width } = common(image, place, part);
  for (let line = row; line < row + height; line++) {
    const from = (line - place.row) * place.rowSamples + (col - place.col) * bands;
    out.set(samples.subarray(from, from + width * bands), ((line - part.row) * part.width + col - part.col) * bands);
  }
}

/** The same for the blocks of some bands, from band `first` on; null for one that is left out. */
function layOutPlanes(
  image: TiffImage,
  samples: readonly (RasterData | null)[],
  place: Place,
  part: Rectangle,
  first: number,
  missing: number,
  out: RasterData,
): void {
  const { bands } = image;
  const { row, col, height, width } = common(image, place, part);
  // Rows as wide as the part follow each other like one.
  const lines =
    place.rowSamples === part.width
      ? { lines: 1, pixels: height * width, pitch: height * width }
      : { lines: height, pixels: width, pitch: place.rowSamples };
  const from = (row - place.row) * place.rowSamples + col - place.col;
  const start = ((row - part.row) * part.width + col - part.col) * bands + first;
  const wordBytes = out.BYTES_PER_ELEMENT;
  const Own = out.constructor as new (length: number) => RasterData;
  const planes = samples.map((plane) =>
    wordsOf((plane ?? new Own(place.rows * place.rowSamples).fill(missing)).subarray(from), wordBytes),
  );
  interleaved(planes, lines, wordsOf(out, wordBytes), { start, line: part.width * bands, pixel: bands });
}

/** In place, full range: ITU-R BT.601 as JPEG uses it. */
function ycbcrToRgb(pixels: Uint8Array): void {
  const rgb = new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, pixels.length);
  for (let at = 0; at < rgb.length; at += 3) {
    const luma = rgb[at]!;
    const blue = rgb[at + 1]! - 128;
    const red = rgb[at + 2]! - 128;
    rgb[at] = luma + 1.402 * red;
    rgb[at + 1] = luma - 0.344136 * blue - 0.714136 * red;
    rgb[at + 2] = luma + 1.772 * blue;
  }
}
