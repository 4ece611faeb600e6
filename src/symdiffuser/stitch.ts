/** @file A network over a whole scene: tiles in batches, the inner part of each tile kept. */
import { coveringTiles, type Grid, gatherPixels, type Image, type Progress, tilePixels } from "../scene/index.ts";
import { type Arrays, inLanes, type LaneProgram, type NdArray, zeros } from "../tensor/index.ts";

/** Tiles of a batch; the last batch is filled up with repeated tiles. Eight keep the activations in the cache. */
export const tilesPerBatch = 8;

/**
 * Run a program over tiles that cover a grid, and put the inner parts of its token outputs side by side.
 *
 * @param inputs   images whose tiles are fed, by the name of the input, `[B, N, C]`
 * @param outputs  names of token outputs `[B, N, C]`; their channels are concatenated in this order
 * @param side     side of a tile; `core` the side of its inner part
 * @param feeds    further feeds, the same for every batch
 * @returns        `[H, W, ΣC]`
 */
export async function stitched(
  program: LaneProgram,
  inputs: Readonly<Record<string, Image>>,
  outputs: readonly string[],
  { height, width }: Grid,
  side: number,
  core: number,
  feeds: Arrays = {},
  progress: Progress = () => {},
): Promise<Image> {
  const places = coveringTiles({ height, width }, side, core);
  const margin = Math.floor((side - core) / 2);
  const tokens = side * side;
  const lengths = outputs.map((name) => program.outputs.get(name)!.shape[2]!);
  const channels = lengths.reduce((a, b) => a + b, 0);
  const image: Image = { height, width, channels, data: new Float32Array(height * width * channels) };
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
      const { row, col } = places[first + tile]!;
      for (let r = margin; r < margin + core && row + r < height; r++) {
        for (let c = margin; c < margin + core && col + c < width; c++) {
          let to = ((row + r) * width + col + c) * channels;
          for (const [at, name] of outputs.entries()) {
            const length = lengths[at]!;
            const from = (tile * tokens + r * side + c) * length;
            image.data.set(into[name]!.data.subarray(from, from + length), to);
            to += length;
          }
        }
      }
    }
    done += Math.min(tilesPerBatch, places.length - first);
    progress(done, places.length);
  });
  return image;
}

/** Arrays for some inputs or outputs of a program. */
export function arraysOf(specs: LaneProgram["inputs"], names: readonly string[]): Record<string, NdArray<"f32">> {
  return Object.fromEntries(names.map((name) => [name, zeros(specs.get(name)!.shape)]));
}
