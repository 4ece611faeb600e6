/** @file The two real scenes that baselines are measured on, where they are at hand, and a score for them. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { makeSplit, openScene, type Scene, type SourceOptions, type Split } from "../../src/scene/index.ts";

const folder = join(import.meta.dirname, "../../../shared/data");

interface RealScene {
  readonly sources: readonly SourceOptions[];
  readonly labels: string;
  readonly rule: string;
}

export const realScenes: ReadonlyMap<string, RealScene> = new Map<string, RealScene>([
  [
    "terramesh-433D",
    {
      sources: [
        { name: "s2", file: join(folder, "terramesh-433D/S2L2A.tif"), kind: "msi" },
        { name: "s1", file: join(folder, "terramesh-433D/S1RTC.tif"), kind: "sar" },
      ],
      labels: join(folder, "terramesh-433D/LULC.tif"),
      rule: "blocks:28",
    },
  ],
  [
    "muufl-lidar",
    {
      sources: [{ name: "lidar", file: join(folder, "muufl-lidar/LiDAR.mat"), kind: "lidar" }],
      labels: join(folder, "muufl-lidar/gt.mat"),
      rule: "blocks:27",
    },
  ],
]);

export const hasScene = (name: string): boolean => existsSync(realScenes.get(name)!.labels);

export async function openReal(name: string): Promise<Scene> {
  const { sources, labels } = realScenes.get(name)!;
  return openScene({ name, sources, labels: { file: labels } });
}

/** Spatial blocks, at most 40 training pixels a class. */
export function realSplit(name: string, scene: Scene, seed: number): Split {
  return makeSplit(scene, realScenes.get(name)!.rule, seed, { perClass: 40 });
}

/** Label of the most probable class, `[pixels]`. */
export function labelsOf(probabilities: Float32Array, count: number): Uint16Array {
  return Uint16Array.from({ length: probabilities.length / count }, (_, pixel) => {
    const row = probabilities.subarray(pixel * count, (pixel + 1) * count);
    return row.indexOf(Math.max(...row)) + 1;
  });
}

/** Overall and average accuracy on the test pixels, in %. */
export function accuracies(scene: Scene, split: Split, predicted: Uint16Array): { oa: number; aa: number } {
  const { data, classes } = scene.labels!;
  const right = new Float64Array(classes.length + 1);
  const all = new Float64Array(classes.length + 1);
  for (const pixel of split.test) {
    all[data[pixel]!]!++;
    if (predicted[pixel] === data[pixel]) right[data[pixel]!]!++;
  }
  const recalls = Array.from(right, (count, k) => count / all[k]!).filter((recall) => !Number.isNaN(recall));
  return {
    oa: (100 * right.reduce((a, b) => a + b)) / split.test.length,
    aa: (100 * recalls.reduce((a, b) => a + b)) / recalls.length,
  };
}
