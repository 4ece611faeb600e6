/** @file Patches around pixels, mirrored at the border of the scene. */
import { gatherPixels, type Image, tilePixels } from "../../scene/index.ts";
import { type NdArray, reshape, type Spec, type Tensor, transpose } from "../../tensor/index.ts";

/** Inputs of a batch of patches, `patch.<s>`: pixels row by row, `[B, P², C]`. */
export function patchSpecs(channels: readonly number[], batch: number, side: number): Record<string, Spec> {
  return Object.fromEntries(
    channels.map((count, source) => [`patch.${source}`, { shape: [batch, side * side, count], dtype: "f32" }]),
  );
}

/** The patches of these inputs, `[B, C, P, P]` a source. */
export function patchTensors(inputs: Readonly<Record<string, Tensor>>, sources: number, side: number): Tensor[] {
  return Array.from({ length: sources }, (_, source) => {
    const x = inputs[`patch.${source}`]!;
    const [batch, , channels] = x.shape as [number, number, number];
    return reshape(transpose(x, [0, 2, 1]), [batch, channels, side, side]);
  });
}

/**
 * Cut patches.
 *
 * @param pixels      the pixels in the middle
 * @param symmetries  one a pixel, as in `TilePlace`; null: as they are
 * @param places      room for `pixels · side²` numbers
 * @param arrays      `patch.<s>` are filled
 */
export function cutPatches(
  images: readonly Image[],
  pixels: Int32Array,
  symmetries: ArrayLike<number> | null,
  side: number,
  places: Int32Array,
  arrays: Readonly<Record<string, NdArray>>,
): void {
  const [grid] = images as readonly [Image];
  const half = Math.floor(side / 2);
  for (const [at, pixel] of pixels.entries()) {
    const [row, col] = [Math.floor(pixel / grid.width) - half, (pixel % grid.width) - half];
    tilePixels(grid, { row, col, symmetry: symmetries?.[at] ?? 0 }, side, places, at * side * side);
  }
  for (const [source, image] of images.entries()) {
    gatherPixels(image, places, arrays[`patch.${source}`]!.data as Float32Array);
  }
}
