/** @file The samples of a decoded block: predictor undone, in native byte order, in the type that the raster has. */
import { endianness } from "node:os";
import { FormatError } from "../../tensor/index.ts";
import { swapBytes } from "../bytes.ts";
import { halfFloat } from "../half-float.ts";
import type { RasterData } from "../raster.ts";
import { undoDifferences, undoFloatDifferences } from "./codecs.ts";
import type { TiffImage } from "./header.ts";

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
export function rasterArray(image: Pick<TiffImage, "sampleFormat" | "bits">, length: number): RasterData {
  const { sampleFormat, bits } = image;
  if (sampleFormat === "float") return bits === 64 ? new Float64Array(length) : new Float32Array(length);
  if (bits === 64) return new Float64Array(length);
  if (sampleFormat === "signed") {
    return bits === 8 ? new Int8Array(length) : bits === 16 ? new Int16Array(length) : new Int32Array(length);
  }
  return bits <= 8 ? new Uint8Array(length) : bits <= 16 ? new Uint16Array(length) : new Uint32Array(length);
}

/** Rows of samples, each starting at a whole byte. */
export interface Rows {
  readonly rows: number;
  readonly rowSamples: number;
  readonly rowBytes: number;
}

/**
 * The samples of a decoded block, `[rows, rowSamples]`.
 *
 * @param decoded   at least all rows; may be overwritten
 * @param isNative  whether the codec put them into native byte order
 * @throws FormatError if the predictor does not fit the samples
 */
export function samplesOf(
  file: string,
  image: TiffImage,
  decoded: Uint8Array<ArrayBuffer>,
  { rows, rowSamples, rowBytes }: Rows,
  isNative: boolean,
): RasterData {
  const { bits, predictor } = image;
  const count = rows * rowSamples;
  if (bits < 8 || bits === 12) {
    const samples = rasterArray(image, count);
    unpackBits(decoded, { rows, rowSamples, rowBytes }, bits, samples);
    return samples;
  }
  const isAligned = decoded.byteOffset % (bits / 8) === 0;
  const end = rows * rowBytes;
  const plain = isAligned ? decoded.subarray(0, end) : decoded.slice(0, end);
  const stride = image.isPlanar ? 1 : image.bands;
  let isLittleEndian = isNative ? hostIsLittleEndian : image.littleEndian;
  if (predictor === 3) {
    if (image.sampleFormat !== "float") {
      throw new FormatError(file, "expected floating-point samples with predictor 3; got integers");
    }
    undoFloatDifferences(plain, rowSamples, stride, bits / 8);
    isLittleEndian = true;
  }
  if (isLittleEndian !== hostIsLittleEndian) swapBytes(plain, bits / 8);
  const { buffer, byteOffset } = plain;
  if (predictor === 2) {
    const Unsigned = stored[`unsigned${bits}`]!;
    undoDifferences(new Unsigned(buffer, byteOffset, count) as Uint16Array, rowSamples, stride);
  }
  const samples = new stored[image.sampleFormat + bits]!(buffer, byteOffset, count);
  if (samples instanceof BigInt64Array || samples instanceof BigUint64Array) return Float64Array.from(samples, Number);
  return image.sampleFormat === "float" && bits === 16 ? Float32Array.from(samples as Uint16Array, halfFloat) : samples;
}

/** Samples of 1, 2, 4 or 12 bits, high bit first. */
function unpackBits(
  decoded: Uint8Array,
  { rows, rowSamples, rowBytes }: Rows,
  bits: number,
  samples: RasterData,
): void {
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < rowSamples; col++) {
      const bit = row * rowBytes * 8 + col * bits;
      const two = (decoded[bit >> 3]! << 8) | (decoded[(bit >> 3) + 1] ?? 0);
      samples[row * rowSamples + col] = (two >> (16 - bits - (bit & 7))) & ((1 << bits) - 1);
    }
  }
}
