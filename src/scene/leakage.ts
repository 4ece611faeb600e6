/**
 * @file How far a split lets test pixels see training pixels: with overlapping patches, neighbours of training pixels
 * are half known before the test.
 */
import { DataError } from "../tensor/index.ts";
import type { Split } from "./split.ts";

/**
 * Share of test pixels whose patch of (2·`patchRadius` + 1)² pixels contains a training pixel; 0 without test pixels.
 *
 * @param patchRadius  pixels, ≥ 0
 * @returns            in [0, 1]
 */
export function leakage(
  split: Pick<Split, "train" | "test">,
  height: number,
  width: number,
  patchRadius: number,
): number {
  if (split.test.length === 0) return 0;
  // counts[row + 1, col + 1]: training pixels above and left of (row, col), inclusive.
  const stride = width + 1;
  const counts = new Int32Array((height + 1) * stride);
  for (const pixel of split.train) {
    if (pixel >= height * width) {
      throw new DataError("split", `expected pixel indices below ${height * width}; got ${pixel}`);
    }
    counts[(Math.floor(pixel / width) + 1) * stride + (pixel % width) + 1] = 1;
  }
  for (let row = 1; row <= height; row++) {
    let sum = 0;
    for (let col = 1; col <= width; col++) {
      sum += counts[row * stride + col]!;
      counts[row * stride + col] = sum + counts[(row - 1) * stride + col]!;
    }
  }
  let seen = 0;
  for (const pixel of split.test) {
    const row = Math.floor(pixel / width);
    const col = pixel % width;
    const top = Math.max(0, row - patchRadius) * stride;
    const bottom = Math.min(height, row + patchRadius + 1) * stride;
    const left = Math.max(0, col - patchRadius);
    const right = Math.min(width, col + patchRadius + 1);
    if (counts[bottom + right]! - counts[bottom + left]! - counts[top + right]! + counts[top + left]! > 0) seen++;
  }
  return seen / split.test.length;
}
