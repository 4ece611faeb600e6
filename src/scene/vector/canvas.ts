/** @file A raster that is burned. */

/** A raster `[H, W]` being written, and the value that is written. */
export interface Canvas {
  readonly height: number;
  readonly width: number;
  readonly data: Uint16Array;
  value: number;
}
