/** @file Pictures of results: class map, confidence, and which pixels trained and tested. */
import type { Color, Split } from "../scene/index.ts";
import { newPicture, type Picture } from "./canvas.ts";
import { type ColorMap, colorAt, magma } from "./color-map.ts";

/** Numbers on the grid of the scene, `[H, W]`. */
export interface Plane {
  readonly height: number;
  readonly width: number;
  readonly data: ArrayLike<number>;
}

/** The parts of a split; its other pixels are unused. */
export const splitParts = ["train", "validation", "test"] as const;

/** The colours of pixels in pictures of a split. */
export const splitColors: Readonly<Record<(typeof splitParts)[number], Color>> = {
  train: [232, 89, 12],
  validation: [240, 190, 30],
  test: [34, 110, 190],
};

/** The colours in which {@link confidencePicture} shows 0…1. */
export const confidenceColors: ColorMap = magma;

/**
 * Picture of labels: 0 is transparent, k has `colors[k − 1]`. A large map is shrunk to the most frequent label of each
 * block of pixels, 0 only where nothing else is there, so that sparse ground truth stays visible.
 *
 * @param maximumSide  longest side of the picture in pixels
 */
export function classPicture(labels: Plane, colors: readonly Color[], maximumSide = 1024): Picture {
  const { height, width, data } = labels;
  const step = Math.ceil(Math.max(height, width) / maximumSide);
  const picture = newPicture(Math.ceil(height / step), Math.ceil(width / step));
  const counts = new Uint32Array(colors.length + 1);
  for (let row = 0; row < picture.height; row++) {
    for (let col = 0; col < picture.width; col++) {
      counts.fill(0);
      let most = 0;
      for (let r = row * step; r < Math.min(height, (row + 1) * step); r++) {
        for (let c = col * step; c < Math.min(width, (col + 1) * step); c++) {
          const label = data[r * width + c]!;
          counts[label]!++;
          if (label !== 0 && (most === 0 || counts[label]! > counts[most]!)) most = label;
        }
      }
      if (most !== 0) picture.data.set([...colors[most - 1]!, 255], (row * picture.width + col) * 4);
    }
  }
  return picture;
}

/**
 * Picture of the probability of the chosen class, 0…1; NaN is transparent. A large map is shrunk by averaging.
 *
 * @param maximumSide  longest side of the picture in pixels
 */
export function confidencePicture(confidence: Plane, maximumSide = 1024): Picture {
  const { height, width, data } = confidence;
  const step = Math.ceil(Math.max(height, width) / maximumSide);
  const picture = newPicture(Math.ceil(height / step), Math.ceil(width / step));
  for (let row = 0; row < picture.height; row++) {
    for (let col = 0; col < picture.width; col++) {
      let sum = 0;
      let count = 0;
      for (let r = row * step; r < Math.min(height, (row + 1) * step); r++) {
        for (let c = col * step; c < Math.min(width, (col + 1) * step); c++) {
          const value = data[r * width + c]!;
          if (Number.isNaN(value)) continue;
          sum += value;
          count++;
        }
      }
      if (count === 0) continue;
      picture.data.set([...colorAt(confidenceColors, sum / count), 255], (row * picture.width + col) * 4);
    }
  }
  return picture;
}

/** Picture of a split in {@link splitColors}; other pixels are transparent. In a shrunk block training pixels win. */
export function splitPicture(
  split: Pick<Split, "train" | "validation" | "test">,
  height: number,
  width: number,
  maximumSide = 1024,
): Picture {
  const step = Math.ceil(Math.max(height, width) / maximumSide);
  const picture = newPicture(Math.ceil(height / step), Math.ceil(width / step));
  for (const part of ["test", "validation", "train"] as const) {
    for (const pixel of split[part]) {
      const row = Math.floor(Math.floor(pixel / width) / step);
      const col = Math.floor((pixel % width) / step);
      picture.data.set([...splitColors[part], 255], (row * picture.width + col) * 4);
    }
  }
  return picture;
}
