/** @file PNG pictures as rasters: palettes keep their indices, as label maps are drawn with them. */
import { FormatError, UnsupportedError } from "../../tensor/index.ts";
import { openBytes } from "../bytes.ts";
import type { Category, Raster } from "../raster.ts";
import { type PngHeader, plainPng, pngSignature, sampleBytes } from "./chunks.ts";
import { decodePng, type Picture } from "./decoder.ts";

const maxFileBytes = 2 ** 30;

/** Is this the start of a PNG file? */
export function isPng(start: Uint8Array): boolean {
  return pngSignature.every((byte, at) => start[at] === byte);
}

/**
 * A PNG file: one band of grey levels or palette indices, or red, green and blue. Alpha is no band; pixels that it
 * makes fully transparent are invalid. A palette's colours of the values that occur become categories.
 *
 * @returns u16 where the file has 16 bits a sample, else u8
 * @throws FormatError if the file is damaged, cut short or no PNG
 * @throws UnsupportedError for interlaced pictures of fewer than 8 bits a sample
 */
export async function readPng(file: string): Promise<Raster> {
  const { header, plain } = plainPng(file, contentOf(file));
  const { height, width, depth, channels, hasAlpha, isPalette } = header;
  if (header.isInterlaced && depth < 8) {
    throw new UnsupportedError(`${file}: interlaced PNG of ${depth} bits`, "save it without interlacing");
  }
  const picture = await decodePng(file, plain, sampleBytes(header));
  const samples = depth < 8 ? unpacked(picture.data as Uint8Array, header) : (picture.data as Uint8Array | Uint16Array);
  const bands = channels - (hasAlpha ? 1 : 0);
  return {
    ...{ height, width, bands },
    data: hasAlpha ? withoutLast(samples, channels) : samples,
    valid: opacity(samples, header, picture),
    categories: isPalette ? usedColors(samples, picture.palette!) : null,
    ...{ bandNames: null, wavelengthsNm: null, georeference: null, nodata: null },
  };
}

function contentOf(file: string): Uint8Array {
  const bytes = openBytes(file);
  try {
    if (!isPng(bytes.read(0, Math.min(bytes.size, 8)))) {
      throw new FormatError(file, "expected a PNG file; got other bytes", { offset: 0 });
    }
    if (bytes.size > maxFileBytes) {
      throw new FormatError(file, `expected a PNG file of at most ${maxFileBytes} bytes; got ${bytes.size}`);
    }
    return bytes.read(0, bytes.size);
  } finally {
    bytes.close();
  }
}

/** Samples of 1, 2 or 4 bits, high bit first, each row starting at a whole byte. */
function unpacked(rows: Uint8Array, { width, height, depth }: PngHeader): Uint8Array {
  const rowBytes = Math.ceil((width * depth) / 8);
  const out = new Uint8Array(height * width);
  for (let row = 0, to = 0; row < height; row++) {
    for (let col = 0; col < width; col++) {
      const bit = col * depth;
      out[to++] = (rows[row * rowBytes + (bit >> 3)]! >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
    }
  }
  return out;
}

function withoutLast<T extends Uint8Array | Uint16Array>(samples: T, channels: number): T {
  const out = new (samples.constructor as new (length: number) => T)((samples.length / channels) * (channels - 1));
  for (let from = 0, to = 0; from < samples.length; from += channels) {
    for (let channel = 0; channel < channels - 1; channel++) out[to++] = samples[from + channel]!;
  }
  return out;
}

/** 0 where a pixel is fully transparent, by alpha channel, palette or the one colour that means so; null if none is. */
function opacity(samples: Uint8Array | Uint16Array, header: PngHeader, picture: Picture): Uint8Array | null {
  const { channels, depth, hasAlpha, isPalette } = header;
  // Of two bytes in the file, only the bits of a sample count.
  const hidden = Array.from(picture.transparency ?? [], (level) => level & (2 ** depth - 1));
  const hiddenEntry = (index: number) => picture.palette![index]?.[3] === 0;
  if (!hasAlpha && !isPalette && hidden.length !== channels) return null;
  const valid = new Uint8Array(samples.length / channels);
  for (let pixel = 0, at = 0; pixel < valid.length; pixel++, at += channels) {
    const isHidden = hasAlpha
      ? samples[at + channels - 1] === 0
      : isPalette
        ? hiddenEntry(samples[at]!)
        : hidden.every((level, channel) => samples[at + channel] === level);
    valid[pixel] = isHidden ? 0 : 1;
  }
  return valid.includes(0) ? valid : null;
}

function usedColors(indices: Uint8Array | Uint16Array, palette: NonNullable<Picture["palette"]>): Category[] {
  const used = new Set<number>();
  for (const index of indices) used.add(index);
  return palette.flatMap((entry, value) => {
    const [red, green, blue] = entry as unknown as number[];
    return used.has(value) ? [{ value, name: null, color: [red!, green!, blue!] as const }] : [];
  });
}
