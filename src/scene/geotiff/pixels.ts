/** @file The pixels of a TIFF image: its blocks decoded and laid out as `[H, W, L]`. */
import { FormatError, UnsupportedError } from "../../tensor/index.ts";
import type { Bytes } from "../bytes.ts";
import { interleaved, wordsOf } from "../envi/interleave.ts";
import type { RasterData } from "../raster.ts";
import { CodecError } from "./codec-error.ts";
import { startCodecWorker } from "./codec-worker.ts";
import { otherCompressions, slackBytes, type TiffCodec, tiffCodecs, zstdBytes } from "./codecs.ts";
import { type TiffImage, tags } from "./header.ts";
import { type Rows, rasterArray, samplesOf } from "./samples.ts";
import { recut } from "./strips.ts";

/** Bands that lie in planes are put together for about this many bytes of them at a time. */
const groupBytes = 2 ** 24;

/**
 * Decode every block of an image.
 *
 * @param missing  value of the pixels of blocks left out of a sparse file
 * @returns        `[H, W, L]`
 * @throws FormatError if a block is damaged or too short
 * @throws UnsupportedError for a compression that cannot be read
 */
export async function tiffPixels(bytes: Bytes, declared: TiffImage, missing: number): Promise<RasterData> {
  const codec = codecOf(declared);
  const image = recut(declared);
  checkSizes(bytes, image, codec);
  const out = allocate(bytes, image);
  if (missing !== 0 && image.sizes.includes(0)) out.fill(missing);
  const blocks = await openBlocks(bytes, image, codec);
  const planes = image.isPlanar ? image.bands : 1;
  const positions = image.blocksDown * image.blocksAcross;
  const group = Math.min(planes, Math.max(1, Math.floor(groupBytes / placeOf(image, 0).bytes)));
  try {
    for (let position = 0; position < positions; position++) {
      const place = placeOf(image, position);
      for (let first = 0; first < planes; first += group) {
        const samples: (RasterData | null)[] = [];
        for (let plane = first; plane < Math.min(first + group, planes); plane++) {
          const block = plane * positions + position;
          samples.push(image.sizes[block] === 0 ? null : await blocks.decode(block, place, plane - first));
        }
        if (image.isPlanar) layOutPlanes(image, samples, place, first, missing, out);
        else if (samples[0]) layOutPixels(image, samples[0], place, out);
      }
    }
  } finally {
    await blocks.close();
  }
  if (image.compression === 7 && image.tags.get(tags.photometric)?.[0] === 6 && image.bands === 3) {
    ycbcrToRgb(out as Uint8Array);
  }
  return out;
}

function codecOf(image: TiffImage): TiffCodec {
  const codec = tiffCodecs.get(image.compression);
  if (codec !== undefined) return codec;
  const name = otherCompressions.get(image.compression);
  const feature = `GeoTIFF compression ${image.compression}${name === undefined ? "" : ` (${name})`}`;
  throw new UnsupportedError(feature, "convert with gdal_translate -co COMPRESS=DEFLATE");
}

/** No block may declare more pixels than its bytes can hold. */
function checkSizes(bytes: Bytes, image: TiffImage, codec: TiffCodec): void {
  const positions = image.blocksDown * image.blocksAcross;
  for (let block = 0; block < positions * (image.isPlanar ? image.bands : 1); block++) {
    const size = image.sizes[block]!;
    const wanted = placeOf(image, block % positions).bytes;
    if (size > 0 && size * codec.maxRatio < wanted) throw tooShort(bytes, image, block, codec, wanted, size);
  }
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
            throw damaged(bytes, image, 0, codec.name, cause);
          },
        )
      : null;
  const isPlain = codec.maxRatio === 1;
  const spaces: Uint8Array<ArrayBuffer>[] = [];
  function read(block: number, place: Place, slot: number): Uint8Array<ArrayBuffer> {
    const size = isPlain ? Math.min(image.sizes[block]!, place.bytes) : image.sizes[block]!;
    // A block moves to the worker with its memory.
    if (worker !== null) return bytes.read(image.offsets[block]!, size);
    // Decoded blocks are in memory of their own, plain ones in the slot's.
    const at = isPlain ? slot : 0;
    if ((spaces[at]?.length ?? 0) < size) spaces[at] = new Uint8Array(size);
    return bytes.read(image.offsets[block]!, size, spaces[at]);
  }
  return {
    async decode(block, place, slot) {
      const packed = read(block, place, slot);
      let decoded: Uint8Array<ArrayBuffer>;
      try {
        // The worker would make room for it.
        const declared = worker === null ? 0 : zstdBytes(packed);
        if (declared > place.bytes + slackBytes) throw new CodecError(`a frame of ${declared} bytes`);
        decoded = worker === null ? codec.decode!(packed, place.bytes) : await worker.decode(packed);
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

function allocate(bytes: Bytes, image: TiffImage): RasterData {
  const length = image.height * image.width * image.bands;
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

/** Copy a block into the raster, without the padding of the last tiles. */
function layOutPixels(
  { height, width, bands, blockWidth }: TiffImage,
  samples: RasterData,
  place: Place,
  out: RasterData,
) {
  const rowLength = Math.min(blockWidth, width - place.col) * bands;
  for (let row = 0; row < Math.min(place.rows, height - place.row); row++) {
    const from = row * place.rowSamples;
    out.set(samples.subarray(from, from + rowLength), ((place.row + row) * width + place.col) * bands);
  }
}

/** The same for the blocks of some bands, from band `first` on; null for one that is left out. */
function layOutPlanes(
  { height, width, bands, blockWidth }: TiffImage,
  samples: readonly (RasterData | null)[],
  place: Place,
  first: number,
  missing: number,
  out: RasterData,
): void {
  const rows = Math.min(place.rows, height - place.row);
  const cols = Math.min(blockWidth, width - place.col);
  // Rows as wide as the image follow each other like one.
  const lines =
    blockWidth === width
      ? { lines: 1, pixels: rows * cols, pitch: rows * cols }
      : { lines: rows, pixels: cols, pitch: place.rowSamples };
  const start = (place.row * width + place.col) * bands + first;
  const wordBytes = out.BYTES_PER_ELEMENT;
  const Own = out.constructor as new (length: number) => RasterData;
  const planes = samples.map((plane) =>
    wordsOf(plane ?? new Own(place.rows * place.rowSamples).fill(missing), wordBytes),
  );
  const places = { start, line: width * bands, pixel: bands };
  interleaved(planes, lines, wordsOf(out, wordBytes), places);
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
