/** @file The regions of a label map: pixels of one label that hang together by their sides. */
import type { Plane } from "./map-picture.ts";

/** Regions numbered in the order of their first pixels. */
export interface Regions {
  readonly height: number;
  readonly width: number;
  /** `[H, W]`: number of the region, from 0; −1 where the map has no label. */
  readonly data: Int32Array;
  /** Label of each region. */
  readonly labels: number[];
  /** Pixels of each region. */
  readonly sizes: number[];
}

/** 4-connected regions of equal labels; pixels with label 0 belong to none. */
export function regionsOf({ height, width, data: map }: Plane): Regions {
  const data = new Int32Array(height * width).fill(-1);
  const [labels, sizes]: [number[], number[]] = [[], []];
  const waiting = new Int32Array(height * width);
  for (let first = 0; first < data.length; first++) {
    const label = map[first]!;
    if (label === 0 || data[first] !== -1) continue;
    const region = labels.length;
    let count = 0;
    const take = (pixel: number): void => {
      if (map[pixel] !== label || data[pixel] !== -1) return;
      data[pixel] = region;
      waiting[count++] = pixel;
    };
    take(first);
    // Each pixel is taken once, so that `waiting` never runs out of room.
    for (let at = 0; at < count; at++) {
      const pixel = waiting[at]!;
      const col = pixel % width;
      if (col > 0) take(pixel - 1);
      if (col < width - 1) take(pixel + 1);
      if (pixel >= width) take(pixel - width);
      if (pixel < data.length - width) take(pixel + width);
    }
    labels.push(label);
    sizes.push(count);
  }
  return { height, width, data, labels, sizes };
}
