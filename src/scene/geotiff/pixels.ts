/** @file The pixels of a TIFF image: its blocks decoded, put into native byte order and laid out as `[H, W, L]`. */
import { endianness } from "node:os";
import { FormatError, UnsupportedError } from "../../tensor/index.ts";
import type { Bytes } from "../bytes.ts";
import type { RasterData } from "../raster.ts";
import { startCodecWorker } from "./codec-worker.ts";
import { otherCompressions, tiffCodecs, undoDifferences, undoFloatDifferences } from "./codecs.ts";
import { type TiffImage, tags } from "./header.ts";

const hostIsLittleEndian = endianness() === "LE";

/** Samples as the file stores them: like {@link RasterData}, and 64-bit integers. */
type Samples = RasterData | BigInt64Array | BigUint64Array;

type SamplesOf = new (buffer: ArrayBuffer, byteOffset: number, length: number) => Samples;
const stored: { readonly [type: string]: SamplesOf } = {
  unsigned8: Uint8Array,
  unsigned16: Uint16Array,
  unsigned32: Uint32Array,
  unsigned64: BigUint64Array,
  signed8: Int8Array,
  signed16: Int16Array,
  signed32: Int32Array,
  signed64: BigInt64Array,
  float16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
};

/** In memory, samples of fewer than 8 bits take 8, of 12 take 16; half floats become f32, 64-bit integers f64. */
function rasterArray(image: TiffImage, length: number): RasterData {
  const { sampleFormat, bits } = image;
  if (sampleFormat === "float") return bits === 64 ? new Float64Array(length) : new Float32Array(length);
  if (bits === 64) return new Float64Array(length);
  if (sampleFormat === "signed") {
    return bits === 8 ? new Int8Array(length) : bits === 16 ? new Int16Array(length) : new Int32Array(length);
  }
  return bits <= 8 ? new Uint8Array(length) : bits <= 16 ? new Uint16Array(length) : new Uint32Array(length);
}

/**
 * Decode every block of an image.
 *
 * @param missing  value of the pixels of blocks left out of a sparse file
 * @returns        `[H, W, L]`
 * @throws FormatError if a block is damaged or too short
 * @throws UnsupportedError for a compression that cannot be read
 */
export async function tiffPixels(bytes: Bytes, image: TiffImage, missing: number): Promise<RasterData> {
  const codec = tiffCodecs.get(image.compression);
  if (codec === undefined) {
    const name = otherCompressions.get(image.compression);
    const feature = `GeoTIFF compression ${image.compression}${name === undefined ? "" : ` (${name})`}`;
    throw new UnsupportedError(feature, "convert with gdal_translate -co COMPRESS=DEFLATE");
  }
  const out = allocate(bytes, image);
  if (missing !== 0 && image.sizes.includes(0)) out.fill(missing);
  const worker =
    codec.decode === null
      ? await startCodecWorker(image.compression, codecParameters(image), blockLimitMs(image)).catch(
          (cause: unknown) => {
            throw damaged(bytes, image, 0, codec.name, cause);
          },
        )
      : null;
  try {
    for (let block = 0; block < image.offsets.length; block++) {
      if (image.sizes[block] === 0) continue;
      const place = placeOf(image, block);
      if (place === null) break;
      const packed = bytes.read(image.offsets[block]!, image.sizes[block]!);
      let decoded: Uint8Array;
      try {
        decoded = worker === null ? codec.decode!(packed, place.bytes) : await worker.decode(packed);
      } catch (cause) {
        throw damaged(bytes, image, block, codec.name, cause);
      }
      if (decoded.length < place.bytes) {
        const what = `${place.bytes} bytes in ${image.isTiled ? "tile" : "strip"} ${block} (${codec.name})`;
        throw new FormatError(bytes.file, `expected ${what}; got ${decoded.length}`, {
          offset: image.offsets[block]!,
          expected: what,
          got: String(decoded.length),
        });
      }
      const samples = samplesOf(bytes, image, decoded, place, codec.name === "LERC");
      layOut(image, samples, place, out);
    }
  } finally {
    await worker?.stop();
  }
  if (image.compression === 7 && image.tags.get(tags.photometric)?.[0] === 6 && image.bands === 3) {
    ycbcrToRgb(out as Uint8Array);
  }
  return out;
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
  const what = `${image.isTiled ? "tile" : "strip"} ${block}`;
  const got = cause instanceof Error ? cause.message : String(cause);
  const sentence = `expected ${what} to be ${codec} data; got damaged bytes (${got})`;
  return new FormatError(bytes.file, sentence, { offset: image.offsets[block] ?? 0, cause });
}

/** Generous: the codecs make some 50 MiB a second. */
function blockLimitMs({ blockHeight, blockWidth, bands, bits }: TiffImage): number {
  return 3000 + ((blockHeight * blockWidth * bands * bits) / 8 / 2 ** 20) * 200;
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
interface Place {
  readonly row: number;
  readonly col: number;
  readonly band: number;
  /** Rows stored; fewer than `blockHeight` in the last strip. */
  readonly rows: number;
  /** Samples a stored row, padding to a whole tile included. */
  readonly rowSamples: number;
  readonly rowBytes: number;
  readonly bytes: number;
}

function placeOf(image: TiffImage, block: number): Place | null {
  const { blocksAcross, blocksDown, blockHeight, blockWidth, isPlanar, bands, bits } = image;
  const perPlane = blocksAcross * blocksDown;
  const band = Math.floor(block / perPlane);
  // Some writers list more blocks than there are.
  if (band >= (isPlanar ? bands : 1)) return null;
  const row = Math.floor((block % perPlane) / blocksAcross) * blockHeight;
  const col = (block % blocksAcross) * blockWidth;
  const rows = image.isTiled ? blockHeight : Math.min(blockHeight, image.height - row);
  const rowSamples = blockWidth * (isPlanar ? 1 : bands);
  const rowBytes = Math.ceil((rowSamples * bits) / 8);
  return { row, col, band, rows, rowSamples, rowBytes, bytes: rows * rowBytes };
}

/** The samples of a decoded block, `[rows, blockWidth, L or 1]`, predictor undone. */
function samplesOf(bytes: Bytes, image: TiffImage, decoded: Uint8Array, place: Place, isNative: boolean): Samples {
  const { bits, predictor } = image;
  const count = place.rows * place.rowSamples;
  if (bits < 8 || bits === 12) return unpackBits(decoded, place, bits);
  const stride = image.isPlanar ? 1 : image.bands;
  let plain: Uint8Array<ArrayBuffer> = decoded.slice(0, place.bytes);
  let isLittleEndian = isNative ? hostIsLittleEndian : image.littleEndian;
  if (predictor === 3) {
    if (image.sampleFormat !== "float") {
      throw new FormatError(bytes.file, "expected floating-point samples with predictor 3; got integers");
    }
    plain = undoFloatDifferences(plain, place.rowSamples, stride, bits / 8);
    isLittleEndian = true;
  }
  if (isLittleEndian !== hostIsLittleEndian) {
    const buffer = Buffer.from(plain.buffer);
    if (bits === 16) buffer.swap16();
    else if (bits === 32) buffer.swap32();
    else if (bits === 64) buffer.swap64();
  }
  if (predictor === 2) {
    const Unsigned = stored[`unsigned${bits}`]!;
    undoDifferences(new Unsigned(plain.buffer, 0, count) as Uint16Array, place.rowSamples, stride);
  }
  const samples = new stored[image.sampleFormat + bits]!(plain.buffer, 0, count);
  return image.sampleFormat === "float" && bits === 16 ? Float32Array.from(samples as Uint16Array, halfFloat) : samples;
}

/** Samples of 1, 2, 4 or 12 bits, high bit first, each row starting at a whole byte. */
function unpackBits(decoded: Uint8Array, place: Place, bits: number): Uint16Array {
  const samples = new Uint16Array(place.rows * place.rowSamples);
  for (let row = 0; row < place.rows; row++) {
    for (let col = 0; col < place.rowSamples; col++) {
      const bit = row * place.rowBytes * 8 + col * bits;
      const two = (decoded[bit >> 3]! << 8) | (decoded[(bit >> 3) + 1] ?? 0);
      samples[row * place.rowSamples + col] = (two >> (16 - bits - (bit & 7))) & ((1 << bits) - 1);
    }
  }
  return samples;
}

/** IEEE 754 binary16. */
function halfFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Copy a block into the raster, without the padding of the last tiles. */
function layOut(image: TiffImage, samples: Samples, place: Place, out: RasterData): void {
  const { width, bands } = image;
  const numbers =
    samples instanceof BigInt64Array || samples instanceof BigUint64Array
      ? Float64Array.from(samples, Number)
      : samples;
  const rows = Math.min(place.rows, image.height - place.row);
  const cols = Math.min(image.blockWidth, width - place.col);
  for (let row = 0; row < rows; row++) {
    const from = row * place.rowSamples;
    const to = ((place.row + row) * width + place.col) * bands;
    if (!image.isPlanar) {
      out.set(numbers.subarray(from, from + cols * bands), to);
    } else {
      for (let col = 0; col < cols; col++) out[to + col * bands + place.band] = numbers[from + col]!;
    }
  }
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
