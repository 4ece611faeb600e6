/** @file A split whose rule may name raster files: the published masks of a scene. */
import { DataError } from "../tensor/index.ts";
import { readRaster } from "./readers.ts";
import type { Scene } from "./scene.ts";
import { makeSplit, type Split, type SplitOptions } from "./split.ts";
import { parseSplitRule } from "./splits/rule.ts";

/** A mask on the grid of a scene, `[H, W]`. */
async function readMask(file: string, { height, width }: Scene): Promise<ArrayLike<number>> {
  const { bands, data, ...mask } = await readRaster(file);
  if (bands !== 1 || mask.height !== height || mask.width !== width) {
    throw new DataError(
      file,
      `expected a mask of ${height} × ${width} pixels; got ${mask.height} × ${mask.width} × ${bands}`,
    );
  }
  return data;
}

/** {@link makeSplit}, also for `official:TRAIN_MASK,TEST_MASK`. */
export async function openSplit(scene: Scene, rule: string, seed: number, options: SplitOptions = {}): Promise<Split> {
  const given = parseSplitRule(rule);
  if (given.kind !== "masks") return makeSplit(scene, rule, seed, options);
  const [train, test] = [await readMask(given.train, scene), await readMask(given.test, scene)];
  return makeSplit(scene, { kind: "official", train, test }, seed, options);
}
