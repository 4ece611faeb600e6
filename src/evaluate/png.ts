/**
 * @file Writes PNG: with a palette where a picture has at most 256 colours, else as RGB or RGBA.
 *
 * @see W3C, "Portable Network Graphics", third edition
 */
import { crc32, deflateSync } from "node:zlib";
import type { Picture } from "./canvas.ts";

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const colorTypes = { rgb: 2, palette: 3, rgba: 6 } as const;

/** The bytes of a PNG file. */
export function encodePng(picture: Picture): Uint8Array {
  const { height, width, data } = picture;
  const indexed = indexedColors(picture);
  const hasAlpha = indexed === null && data.some((value, at) => at % 4 === 3 && value !== 255);
  const chunks: Uint8Array[] = [];
  if (indexed !== null) {
    const { palette, indices } = indexed;
    const alphas = palette.map((color) => color >>> 24);
    chunks.push(chunk("PLTE", Uint8Array.from(palette.flatMap((color) => [color, color >>> 8, color >>> 16]))));
    if (alphas.some((alpha) => alpha !== 255)) chunks.push(chunk("tRNS", Uint8Array.from(alphas)));
    chunks.push(chunk("IDAT", deflateSync(filtered(indices, height, width, 1, [none]), { level: 9 })));
  } else {
    const samples = hasAlpha ? data : data.filter((_, at) => at % 4 !== 3);
    const bytesPerPixel = hasAlpha ? 4 : 3;
    chunks.push(chunk("IDAT", deflateSync(filtered(samples, height, width, bytesPerPixel, filters), { level: 7 })));
  }
  const colorType = indexed !== null ? colorTypes.palette : hasAlpha ? colorTypes.rgba : colorTypes.rgb;
  return Buffer.concat([signature, chunk("IHDR", header(height, width, colorType)), ...chunks, chunk("IEND")]);
}

function header(height: number, width: number, colorType: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(13));
  view.setUint32(0, width);
  view.setUint32(4, height);
  view.setUint8(8, 8); // bits a sample
  view.setUint8(9, colorType);
  return new Uint8Array(view.buffer);
}

function chunk(name: string, content: Uint8Array = new Uint8Array(0)): Uint8Array {
  const bytes = Buffer.alloc(content.length + 12);
  bytes.writeUInt32BE(content.length, 0);
  bytes.write(name, 4, "latin1");
  bytes.set(content, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, content.length + 8)), content.length + 8);
  return bytes;
}

/** Palette (`0xAABBGGRR`) and index of each pixel; null where there are more than 256 colours. */
function indexedColors({ data }: Picture): { palette: number[]; indices: Uint8Array } | null {
  const places = new Map<number, number>();
  const indices = new Uint8Array(data.length / 4);
  for (let pixel = 0; pixel < indices.length; pixel++) {
    const at = pixel * 4;
    const color = (data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24)) >>> 0;
    let index = places.get(color);
    if (index === undefined) {
      if (places.size === 256) return null;
      index = places.size;
      places.set(color, index);
    }
    indices[pixel] = index;
  }
  return { palette: [...places.keys()], indices };
}

/** What a filter predicts a byte from: those to its left, above, and above left. */
type Prediction = (left: number, above: number, aboveLeft: number) => number;

const none: Prediction = () => 0;
const filters: readonly Prediction[] = [
  none,
  (left) => left,
  (_, above) => above,
  (left, above) => (left + above) >> 1,
  (left, above, aboveLeft) => {
    const estimate = left + above - aboveLeft;
    const [a, b, c] = [Math.abs(estimate - left), Math.abs(estimate - above), Math.abs(estimate - aboveLeft)];
    return a <= b && a <= c ? left : b <= c ? above : aboveLeft;
  },
];

/** Rows, each with the filter that leaves the smallest residues, as the standard recommends. */
function filtered(
  samples: Uint8Array,
  height: number,
  width: number,
  bytesPerPixel: number,
  candidates: readonly Prediction[],
): Uint8Array {
  const rowBytes = width * bytesPerPixel;
  const rows = new Uint8Array(height * (rowBytes + 1));
  const residues = new Uint8Array(rowBytes);
  for (let row = 0; row < height; row++) {
    let least = Number.POSITIVE_INFINITY;
    candidates.forEach((predict, filter) => {
      let size = 0;
      for (let col = 0; col < rowBytes; col++) {
        const at = row * rowBytes + col;
        const isFirst = col < bytesPerPixel;
        const left = isFirst ? 0 : samples[at - bytesPerPixel]!;
        const above = row === 0 ? 0 : samples[at - rowBytes]!;
        const aboveLeft = isFirst || row === 0 ? 0 : samples[at - rowBytes - bytesPerPixel]!;
        const residue = (samples[at]! - predict(left, above, aboveLeft)) & 255;
        residues[col] = residue;
        size += residue < 128 ? residue : 256 - residue;
      }
      if (size >= least) return;
      least = size;
      rows[row * (rowBytes + 1)] = filter;
      rows.set(residues, row * (rowBytes + 1) + 1);
    });
  }
  return rows;
}
