/**
 * @file Planes of 16-bit words to pixels with the vector instructions of the processor, which JavaScript has in
 * WebAssembly only. The pixels are in its memory and stay there: a copy would take longer than the turning.
 */
import { endianness } from "node:os";
import type { PixelPlaces, PlaneLines } from "./interleave.ts";
import { turnModule } from "./turn-module.ts";

/** A memory for pixels, and for some of the planes at a time. */
export interface Turner {
  /** Where the pixels are, from its start on. */
  readonly buffer: ArrayBuffer;
  /** For planes, one after another. */
  readonly planes: Uint8Array<ArrayBuffer>;
  /**
   * Write `bands` of the planes, at least 8, with lines of at least 8 pixels, as pixels.
   *
   * @param length  words of a plane
   */
  turn(bands: number, length: number, lines: PlaneLines, places: PixelPlaces): void;
}

/** Bands and pixels that are turned at a time. */
export const turned = 8;
const wordBytes = 2;
const pageBytes = 2 ** 16;
const mostBytes = 2 ** 32 - pageBytes;

/** What is used of an interface that Node has and its types do not tell of. */
interface Platform {
  readonly Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: { readonly turn: Turn } };
}

/** Bands and pixels are multiples of 8. */
type Turn = (planes: number, planeBytes: number, bands: number, pixels: number, out: number, stepBytes: number) => void;

const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: Platform };
let compiled: object | null = null;

/**
 * @param words       of all pixels
 * @param planeBytes  for the planes
 * @returns           null where there is no such memory; there is always another way
 */
export function turner(words: number, planeBytes: number): Turner | null {
  const end = Math.ceil((words * wordBytes) / 16) * 16;
  const bytes = end + planeBytes;
  if (endianness() !== "LE" || bytes > mostBytes) return null;
  let memory: InstanceType<Platform["Memory"]>;
  try {
    memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / pageBytes) });
    compiled ??= new WebAssembly.Module(Buffer.from(turnModule, "base64"));
  } catch {
    return null;
  }
  const { turn } = new WebAssembly.Instance(compiled, { scene: { memory } }).exports;
  return {
    buffer: memory.buffer,
    planes: new Uint8Array(memory.buffer, end, planeBytes),
    turn(bands, length, { lines, pixels, pitch }, { start, line, pixel }) {
      for (let index = 0; index < lines; index++) {
        for (const [firstBand, someBands] of inEights(bands)) {
          for (const [firstPixel, somePixels] of inEights(pixels)) {
            const from = end + (firstBand * length + index * pitch + firstPixel) * wordBytes;
            const to = (start + index * line + firstPixel * pixel + firstBand) * wordBytes;
            turn(from, length * wordBytes, someBands, somePixels, to, pixel * wordBytes);
          }
        }
      }
    },
  };
}

/** All that come in eights, and where some are left over, the last eight: some of them twice. */
function inEights(count: number): (readonly [first: number, count: number])[] {
  const whole = count - (count % turned);
  return whole === count
    ? [[0, count]]
    : [
        [0, whole],
        [count - turned, turned],
      ];
}
