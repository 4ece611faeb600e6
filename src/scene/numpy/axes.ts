/** @file Axes of arrays brought into the order of a raster, block by block. */
import type { RasterData } from "../raster.ts";

/**
 * Copy a block into an array whose axes lie in another order.
 *
 * @param block    row-major: its last axis is contiguous
 * @param lengths  of the block's axes
 * @param strides  of the same axes in `out`, in elements
 * @param start    where the block's first element belongs in `out`
 */
export function placeBlock(
  block: RasterData,
  lengths: readonly number[],
  out: RasterData,
  strides: readonly number[],
  start: number,
): void {
  let from = 1;
  const axes: { length: number; from: number; to: number }[] = [];
  for (let axis = lengths.length - 1; axis >= 0; axis--) {
    if (lengths[axis]! > 1) axes.push({ length: lengths[axis]!, from, to: strides[axis]! });
    from *= lengths[axis]!;
  }
  // Writing runs of neighbours is quickest.
  axes.sort((a, b) => b.to - a.to);
  while (axes.length < 3) axes.unshift({ length: 1, from: 0, to: 0 });
  const [outer, middle, inner] = axes as [(typeof axes)[0], (typeof axes)[0], (typeof axes)[0]];
  const isRun = inner.from === 1 && inner.to === 1;
  for (let i = 0; i < outer.length; i++) {
    for (let j = 0; j < middle.length; j++) {
      let source = i * outer.from + j * middle.from;
      let target = start + i * outer.to + j * middle.to;
      if (isRun) {
        out.set(block.subarray(source, source + inner.length), target);
        continue;
      }
      for (let k = 0; k < inner.length; k++) {
        out[target] = block[source]!;
        source += inner.from;
        target += inner.to;
      }
    }
  }
}

/** Strides of row-major axes, in elements. */
export function rowMajorStrides(lengths: readonly number[]): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (const length of lengths.toReversed()) {
    strides.unshift(stride);
    stride *= length;
  }
  return strides;
}
