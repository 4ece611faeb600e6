/** @file Folds of training pixels that share no block of ground, so that held-out pixels are no neighbours of the others. */
import type { Scene, Split } from "../scene/index.ts";

/** Side of a block, in pixels, where neither plots nor the split's rule say it: that of the default rule. */
const defaultSide = 28;

/** The number of the block of ground that a pixel lies in: a plot, a block of the split's rule, or a square. */
export function blockOf({ width, plots }: Pick<Scene, "width" | "plots">, { rule }: Split): (pixel: number) => number {
  if (plots !== null) {
    return (pixel) => {
      const [row, col] = [Math.floor(pixel / width), pixel % width];
      return plots.findIndex(
        (plot) => row >= plot.row && row < plot.row + plot.height && col >= plot.col && col < plot.col + plot.width,
      );
    };
  }
  const side = Number(/^blocks:(\d+)/.exec(rule)?.[1] ?? defaultSide);
  const across = Math.ceil(width / side);
  return (pixel) => Math.floor(Math.floor(pixel / width) / side) * across + Math.floor((pixel % width) / side);
}

/**
 * The fold of each pixel, 0 … F − 1. Blocks stay whole; the largest are dealt first, each to the fold that has the
 * smallest shares of the block's classes so far.
 *
 * @param blocks   block of each pixel
 * @param classOf  class of each, 0 … K − 1
 * @param count    F; fewer folds where there are fewer blocks
 */
export function blockFolds(blocks: Int32Array, classOf: Int32Array, classes: number, count: number): Int32Array {
  const [totals, byBlock] = [new Float64Array(classes), new Map<number, Float64Array>()];
  for (const [at, block] of blocks.entries()) {
    const counts = byBlock.get(block) ?? new Float64Array(classes);
    counts[classOf[at]!]!++;
    totals[classOf[at]!]!++;
    byBlock.set(block, counts);
  }
  const shares = Array.from(byBlock, ([block, counts]) => {
    const own = counts.map((one, k) => (one === 0 ? 0 : one / totals[k]!));
    return { block, own, all: own.reduce((sum, share) => sum + share, 0) };
  });
  shares.sort((a, b) => b.all - a.all || a.block - b.block);
  const folds = Array.from({ length: Math.min(count, shares.length) }, () => new Float64Array(classes));
  const foldOf = new Map<number, number>();
  for (const { block, own } of shares) {
    const load = (fold: Float64Array): number => fold.reduce((sum, share, k) => sum + share * own[k]!, 0);
    const size = (fold: Float64Array): number => fold.reduce((sum, share) => sum + share, 0);
    let best = 0;
    for (const [at, fold] of folds.entries()) {
      const less = load(fold) - load(folds[best]!);
      if (less < 0 || (less === 0 && size(fold) < size(folds[best]!))) best = at;
    }
    for (let k = 0; k < classes; k++) folds[best]![k]! += own[k]!;
    foldOf.set(block, best);
  }
  return blocks.map((block) => foldOf.get(block)!);
}
