/** @file A network over a whole scene: tiles in batches, the inner part of each tile kept. */
import {
  coveringTiles,
  type Grid,
  gatherPixels,
  type Image,
  type Progress,
  type Rectangle,
  tilePixels,
} from "../scene/index.ts";
import { type Arrays, inLanes, type LaneProgram, type NdArray, zeros } from "../tensor/index.ts";

/** Tiles of a batch; the last batch is filled up with repeated tiles. Eight keep the activations in the cache. */
export const tilesPerBatch = 8;

/** What of a grid is wanted, and where it goes. */
export interface Stitching {
  /** Its pixels outside are computed only where a tile holds them, too. */
  readonly region: Rectangle;
  /** `[H, W]` of the grid, null where every pixel is valid; tiles whose inner part holds no valid pixel are left out. */
  readonly valid: Uint8Array | null;
  /** `[h, w, C]` of the region. */
  readonly into: Float32Array;
  /** C. */
  readonly channels: number;
  /** Channel that the first one of the outputs becomes. */
  readonly offset: number;
  /** Rows and columns, below `core`, by which tiles lie further up and left. @default none */
  readonly shift?: readonly [rows: number, cols: number];
}

/**
 * Run a program over tiles that cover a grid, and put the inner parts of its token outputs side by side.
 *
 * @param inputs   images whose tiles are fed, by the name of the input, `[B, N, C]`
 * @param outputs  names of token outputs `[B, N, C]`; their channels are concatenated in this order
 * @param side     side of a tile; `core` the side of its inner part
 * @param feeds    further feeds, the same for every batch
 */
export async function stitched(
  program: LaneProgram,
  inputs: Readonly<Record<string, Image>>,
  outputs: readonly string[],
  { height, width }: Grid,
  side: number,
  core: number,
  { region, valid, into: map, channels, offset, shift: [up, left] = [0, 0] }: Stitching,
  feeds: Arrays = {},
  progress: Progress = () => {},
): Promise<void> {
  const margin = Math.floor((side - core) / 2);
  const tokens = side * side;
  const lengths = outputs.map((name) => program.outputs.get(name)!.shape[2]!);
  const [bottom, right] = [region.row + region.height, region.col + region.width];
  /** Rows and columns of a tile's inner part that lie in the region. */
  const kept = ({ row, col }: { readonly row: number; readonly col: number }) => ({
    top: Math.max(row + margin, region.row),
    bottom: Math.min(row + margin + core, bottom),
    left: Math.max(col + margin, region.col),
    right: Math.min(col + margin + core, right),
  });
  const shifted = coveringTiles({ height: height + up, width: width + left }, side, core);
  const places = shifted
    .map(({ row, col }) => ({ row: row - up, col: col - left }))
    .filter((place) => {
      const { top, bottom, left, right } = kept(place);
      for (let row = top; row < bottom; row++) {
        for (let col = left; col < right; col++) if (valid?.[row * width + col] !== 0) return true;
      }
      return false;
    });
  // While batches are computed, the next one is made ready.
  const buffers = Array.from({ length: program.lanes + 1 }, () => ({
    pixels: new Int32Array(tilesPerBatch * tokens),
    arrays: arraysOf(program.inputs, Object.keys(inputs)),
    into: arraysOf(program.outputs, outputs),
  }));
  const batches = Math.ceil(places.length / tilesPerBatch);
  let done = 0;
  await inLanes(batches, buffers.length, async (batch, slot) => {
    const { pixels, arrays, into } = buffers[slot]!;
    const first = batch * tilesPerBatch;
    for (let tile = 0; tile < tilesPerBatch; tile++) {
      tilePixels({ height, width }, places[Math.min(first + tile, places.length - 1)]!, side, pixels, tile * tokens);
    }
    for (const [name, source] of Object.entries(inputs)) gatherPixels(source, pixels, arrays[name]!.data);
    await program.run({ ...feeds, ...arrays }, into);
    for (let tile = 0; tile < tilesPerBatch && first + tile < places.length; tile++) {
      const place = places[first + tile]!;
      const { top, bottom, left, right } = kept(place);
      for (let row = top; row < bottom; row++) {
        for (let col = left; col < right; col++) {
          let to = ((row - region.row) * region.width + col - region.col) * channels + offset;
          for (const [at, name] of outputs.entries()) {
            const length = lengths[at]!;
            const from = (tile * tokens + (row - place.row) * side + col - place.col) * length;
            map.set(into[name]!.data.subarray(from, from + length), to);
            to += length;
          }
        }
      }
    }
    done += Math.min(tilesPerBatch, places.length - first);
    progress(done, places.length);
  });
}

/** Arrays for some inputs or outputs of a program. */
export function arraysOf(specs: LaneProgram["inputs"], names: readonly string[]): Record<string, NdArray<"f32">> {
  return Object.fromEntries(names.map((name) => [name, zeros(specs.get(name)!.shape)]));
}
