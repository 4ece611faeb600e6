/**
 * @file Spatially disjoint halves: the scene is cut into square blocks from its top-left corner, and each block either
 * trains or tests. Neighbouring pixels are alike, so that random pixels would test what they trained.
 */
import { childKey, DataError, type Key, permutation } from "../../tensor/index.ts";

/** Fewest training pixels with which a class can be learnt and, at need, validated. */
export const fewestTraining = 2;

/** How often blocks are dealt anew before the best deal so far is taken. */
const deals = 256;

export interface BlockGrid {
  readonly height: number;
  readonly width: number;
  /** Side of a block in pixels. */
  readonly size: number;
  /** Training pixels keep more than this distance from testing blocks. */
  readonly guard: number;
  /** Share of the labelled blocks that train. */
  readonly fraction: number;
}

/** `train` is without the guard band, `test` is whole; both are ascending pixel indices. */
export interface Halves {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

/** Class counts of each block that holds a labelled pixel. */
interface Block {
  /** Number of the block on the grid, row-major. */
  readonly at: number;
  /** `[K + 1]`, by label. */
  readonly counts: Int32Array;
}

function labelledBlocks(labels: Uint16Array, classCount: number, grid: BlockGrid): Block[] {
  const across = Math.ceil(grid.width / grid.size);
  const blocks = new Map<number, Block>();
  for (let pixel = 0; pixel < labels.length; pixel++) {
    const label = labels[pixel]!;
    if (label === 0) continue;
    const row = Math.floor(pixel / grid.width);
    const at = Math.floor(row / grid.size) * across + Math.floor((pixel % grid.width) / grid.size);
    let block = blocks.get(at);
    if (block === undefined) {
      block = { at, counts: new Int32Array(classCount + 1) };
      blocks.set(at, block);
    }
    block.counts[label]!++;
  }
  return [...blocks.values()].sort((a, b) => a.at - b.at);
}

/** The halves of the labelled pixels when `trains[block]` says which labelled blocks train: 1 train, 0 test, −1 empty. */
function cut(labels: Uint16Array, trains: Int8Array, grid: BlockGrid): Halves {
  const { height, width, size, guard } = grid;
  const across = Math.ceil(width / size);
  const train: number[] = [];
  const test: number[] = [];
  for (let row = 0; row < height; row++) {
    const top = Math.floor(Math.max(0, row - guard) / size);
    const bottom = Math.floor(Math.min(height - 1, row + guard) / size);
    const here = Math.floor(row / size) * across;
    for (let col = 0; col < width; col++) {
      const pixel = row * width + col;
      if (labels[pixel] === 0) continue;
      if (trains[here + Math.floor(col / size)] === 0) {
        test.push(pixel);
        continue;
      }
      const left = Math.floor(Math.max(0, col - guard) / size);
      const right = Math.floor(Math.min(width - 1, col + guard) / size);
      let free = true;
      for (let down = top; down <= bottom && free; down++) {
        for (let over = left; over <= right && free; over++) free = trains[down * across + over] !== 0;
      }
      if (free) train.push(pixel);
    }
  }
  return { train: Int32Array.from(train), test: Int32Array.from(test) };
}

/**
 * Two spatially disjoint halves. Blocks are dealt at random until every class that lies in several blocks has between
 * half of `fraction` and half-way from `fraction` to 1 of its pixels in training blocks, and every class trains; where no
 * deal does that, the nearest is taken.
 *
 * @param labels      `[H, W]`, 0 for pixels that take no part
 * @param classCount  `K`
 * @throws DataError if all labelled pixels lie in one block
 */
export function halves(labels: Uint16Array, classCount: number, grid: BlockGrid, key: Key): Halves {
  const blocks = labelledBlocks(labels, classCount, grid);
  if (blocks.length < 2) {
    throw new DataError(
      `blocks:${grid.size}`,
      `expected labelled pixels in at least 2 blocks; got ${blocks.length} — try smaller blocks`,
    );
  }
  const total = new Int32Array(classCount + 1);
  const spread = new Int32Array(classCount + 1);
  for (const { counts } of blocks) {
    for (let label = 1; label <= classCount; label++) {
      total[label]! += counts[label]!;
      spread[label]! += counts[label]! > 0 ? 1 : 0;
    }
  }
  const trainCount = Math.min(blocks.length - 1, Math.max(1, Math.round(grid.fraction * blocks.length)));
  const slack = Math.min(grid.fraction, 1 - grid.fraction) / 2;
  const blockCount = Math.ceil(grid.height / grid.size) * Math.ceil(grid.width / grid.size);
  let best: Halves | null = null;
  let bestFault = Number.POSITIVE_INFINITY;
  for (let deal = 0; deal < deals && bestFault > 0; deal++) {
    const order = permutation(childKey(key, deal), blocks.length);
    const trains = new Int8Array(blockCount).fill(-1);
    const trained = new Int32Array(classCount + 1);
    for (let at = 0; at < blocks.length; at++) {
      const block = blocks[order[at]!]!;
      trains[block.at] = at < trainCount ? 1 : 0;
      if (at >= trainCount) continue;
      for (let label = 1; label <= classCount; label++) trained[label]! += block.counts[label]!;
    }
    let fault = 0;
    for (let label = 1; label <= classCount; label++) {
      if (total[label] === 0) continue;
      const away = Math.abs(trained[label]! / total[label]! - grid.fraction);
      if (spread[label]! > 1) fault += Math.max(0, away - slack);
      if (trained[label]! < Math.min(fewestTraining, total[label]!)) fault += 1;
    }
    if (fault >= bestFault) continue;
    const candidate = cut(labels, trains, grid);
    // The guard band may take the last training pixels of a class.
    const kept = new Int32Array(classCount + 1);
    for (const pixel of candidate.train) kept[labels[pixel]!]!++;
    for (let label = 1; label <= classCount; label++) {
      if (total[label]! >= fewestTraining && kept[label]! < fewestTraining) fault += 1;
    }
    if (fault >= bestFault) continue;
    bestFault = fault;
    best = candidate;
  }
  return best!;
}
