/** @file Every pixel whose centre lies inside an outline. */
import type { Canvas } from "./canvas.ts";
import type { Positions } from "./features.ts";

/** Where outlines cross the centre lines of rows; none again once they are read. */
export interface Crossings {
  /** `[H, W + 1]`: 1 where an odd number of crossings is rounded to this pixel border. */
  readonly isOdd: Uint8Array;
  /** First and last border crossed, a row each. */
  readonly first: Int32Array;
  readonly last: Int32Array;
}

export function newCrossings(height: number, width: number): Crossings {
  const first = new Int32Array(height).fill(width + 1);
  return { isOdd: new Uint8Array(height * (width + 1)), first, last: new Int32Array(height).fill(-1) };
}

/** Pixels whose centre is inside: from the first crossing of a row to the second, from the third to the fourth… */
export function burnInside(rings: readonly Positions[], canvas: Canvas, crossings: Crossings): void {
  const { height, width, data, value } = canvas;
  const { isOdd, first, last } = crossings;
  let [top, bottom] = [height, -1];
  for (const ring of rings) {
    for (let at = 2; at < ring.length; at += 2) {
      const isDown = ring[at - 1]! < ring[at + 1]!;
      const [from, to] = isDown ? [at - 2, at] : [at, at - 2];
      const [x1, y1, x2, y2] = [ring[from]!, ring[from + 1]!, ring[to]!, ring[to + 1]!];
      if (y1 === y2) {
        // `from` is the edge's end here.
        if (x1 < x2 && Number.isInteger(y1 - 0.5)) burnRun(y1 - 0.5, border(x1, width), border(x2, width), canvas);
        continue;
      }
      // Rows whose centre is in [y1, y2).
      const begin = Math.max(0, Math.ceil(y1 - 0.5));
      const end = Math.min(height, Math.ceil(y2 - 0.5));
      for (let row = begin; row < end; row++) {
        const col = border(((row + 0.5 - y1) * (x2 - x1)) / (y2 - y1) + x1, width);
        isOdd[row * (width + 1) + col]! ^= 1;
        first[row] = Math.min(first[row]!, col);
        last[row] = Math.max(last[row]!, col);
      }
      if (begin < end) [top, bottom] = [Math.min(top, begin), Math.max(bottom, end - 1)];
    }
  }
  for (let row = top; row <= bottom; row++) {
    let isInside = 0;
    for (let col = first[row]!; col <= last[row]!; col++) {
      isInside ^= isOdd[row * (width + 1) + col]!;
      isOdd[row * (width + 1) + col] = 0;
      // Nothing is inside from the last border on: outlines are closed.
      if (isInside === 1) data[row * width + col] = value;
    }
    first[row] = width + 1;
    last[row] = -1;
  }
}

/** The pixel border next to a crossing, within the grid. */
function border(x: number, width: number): number {
  return Math.min(width, Math.max(0, Math.floor(x + 0.5)));
}

/** Pixels of a row from one border to another. */
function burnRun(row: number, from: number, to: number, { height, width, data, value }: Canvas): void {
  if (row >= 0 && row < height) data.fill(value, row * width + from, row * width + to);
}
