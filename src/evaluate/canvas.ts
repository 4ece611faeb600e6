/** @file Pictures in memory, and the few things that are drawn on them: rectangles, pictures, text. */
import type { Color } from "../scene/index.ts";
import { lettering, lineHeight } from "./font.ts";

/** A picture: red, green, blue and opacity, 0–255, `[H, W, 4]`. */
export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly data: Uint8Array;
}

/** A transparent picture, or one filled with a colour. */
export function newPicture(height: number, width: number, color: Color | null = null): Picture {
  const picture = { height, width, data: new Uint8Array(height * width * 4) };
  if (color !== null) fillRectangle(picture, 0, 0, height, width, color);
  return picture;
}

/** Paint a rectangle; parts outside the picture are ignored. */
export function fillRectangle(
  { height, width, data }: Picture,
  top: number,
  left: number,
  rows: number,
  cols: number,
  color: Color,
): void {
  for (let row = Math.max(0, top); row < Math.min(height, top + rows); row++) {
    for (let col = Math.max(0, left); col < Math.min(width, left + cols); col++) {
      const at = (row * width + col) * 4;
      data[at] = color[0];
      data[at + 1] = color[1];
      data[at + 2] = color[2];
      data[at + 3] = 255;
    }
  }
}

/** Lay a picture upon another, its transparent parts letting the lower one through. */
export function place(onto: Picture, picture: Picture, top: number, left: number): void {
  for (let row = 0; row < picture.height; row++) {
    for (let col = 0; col < picture.width; col++) {
      const from = (row * picture.width + col) * 4;
      const opacity = picture.data[from + 3]! / 255;
      if (top + row >= onto.height || left + col >= onto.width || opacity === 0) continue;
      blend(onto, top + row, left + col, picture.data, opacity, from);
    }
  }
}

/**
 * Write a line of text.
 *
 * @param top    of the line; capitals begin a little lower
 * @param scale  pixels of the picture for one of the font
 */
export function drawText(onto: Picture, text: string, top: number, left: number, scale: number, color: Color): void {
  const { width, ink } = lettering(text);
  const inkAt = (row: number, col: number): number =>
    row < 0 || col < 0 || row >= lineHeight || col >= width ? 0 : ink[row * width + col]!;
  for (let y = 0; y < lineHeight * scale; y++) {
    for (let x = 0; x < width * scale; x++) {
      // Between font pixels the ink is interpolated, which smooths slanted strokes and keeps straight ones crisp.
      const row = (y + 0.5) / scale - 0.5;
      const col = (x + 0.5) / scale - 0.5;
      const r = Math.floor(row);
      const c = Math.floor(col);
      const upper = inkAt(r, c) * (c + 1 - col) + inkAt(r, c + 1) * (col - c);
      const lower = inkAt(r + 1, c) * (c + 1 - col) + inkAt(r + 1, c + 1) * (col - c);
      const ink = upper * (r + 1 - row) + lower * (row - r);
      const opacity = Math.min(1, Math.max(0, 2 * ink - 0.5));
      if (opacity > 0 && top + y < onto.height && left + x < onto.width) blend(onto, top + y, left + x, color, opacity);
    }
  }
}

/** Width of a line of text in pixels. */
export function textWidth(text: string, scale: number): number {
  return Math.max(0, lettering(text).width - 1) * scale;
}

/** Each pixel as a square of `factor`² pixels. */
export function enlarged(picture: Picture, factor: number): Picture {
  if (factor === 1) return picture;
  const { height, width, data } = picture;
  const pixels = new Uint32Array(data.slice().buffer);
  const large = new Uint32Array(height * width * factor * factor);
  for (let row = 0; row < height; row++) {
    const line = large.subarray(row * factor * width * factor, (row * factor + 1) * width * factor);
    for (let col = 0; col < width; col++) line.fill(pixels[row * width + col]!, col * factor, (col + 1) * factor);
    for (let copy = 1; copy < factor; copy++) large.set(line, (row * factor + copy) * width * factor);
  }
  return { height: height * factor, width: width * factor, data: new Uint8Array(large.buffer) };
}

/** The whole factor that brings a picture's longer side near a length, without exceeding it; at least 1. */
export function factorFor({ height, width }: { height: number; width: number }, length: number): number {
  return Math.max(1, Math.floor(length / Math.max(height, width)));
}

/** @param from  where the colour begins among the numbers */
function blend(
  { width, data }: Picture,
  row: number,
  col: number,
  colors: ArrayLike<number>,
  opacity: number,
  from = 0,
): void {
  const at = (row * width + col) * 4;
  const under = data[at + 3]! / 255;
  const total = opacity + under * (1 - opacity);
  if (total === 0) return;
  for (let axis = 0; axis < 3; axis++) {
    data[at + axis] = Math.round((colors[from + axis]! * opacity + data[at + axis]! * under * (1 - opacity)) / total);
  }
  data[at + 3] = Math.round(total * 255);
}
