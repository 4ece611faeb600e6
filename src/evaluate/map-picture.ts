/** @file Pictures of results: class map, confidence, and which pixels trained and tested. */
import type { Color, Rectangle, Split } from "../scene/index.ts";
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

/** A label map shrunk to cells of whole pixels, which gets its labels part by part, in any order. */
export interface LabelCells {
  /** Of the map, in pixels. */
  readonly height: number;
  readonly width: number;
  /** @param labels  `[H, W]` of the part; pixels that never come have label 0 */
  add(part: Rectangle, labels: ArrayLike<number>): void;
  /** Pixels of each label, `[K + 1]`. */
  counts(): readonly number[];
  /** The most frequent label of each cell, the smallest of several, 0 only where nothing else is there. */
  picture(colors: readonly Color[]): Picture;
}

/**
 * Cells of a label map.
 *
 * @param classes      `K`
 * @param maximumSide  longest side of the picture in pixels
 */
export function labelCells(
  { height, width }: Pick<Plane, "height" | "width">,
  classes: number,
  maximumSide: number,
): LabelCells {
  const step = Math.ceil(Math.max(height, width) / maximumSide);
  const [rows, cols] = [Math.ceil(height / step), Math.ceil(width / step)];
  const inCells = new (step < 256 ? Uint16Array : Uint32Array)(rows * cols * classes);
  const inAll = new Array<number>(classes + 1).fill(0);
  inAll[0] = height * width;
  return {
    height,
    width,
    add(part, labels) {
      for (let row = 0, at = 0; row < part.height; row++) {
        const cellRow = Math.floor((part.row + row) / step) * cols;
        for (let col = 0; col < part.width; col++, at++) {
          const label = labels[at]!;
          if (label === 0) continue;
          inCells[(cellRow + Math.floor((part.col + col) / step)) * classes + label - 1]!++;
          inAll[label]!++;
          inAll[0]!--;
        }
      }
    },
    counts: () => inAll,
    picture(colors) {
      const picture = newPicture(rows, cols);
      for (let cell = 0; cell < rows * cols; cell++) {
        let [best, most] = [0, 0];
        for (let label = 1; label <= classes; label++) {
          const count = inCells[cell * classes + label - 1]!;
          if (count > most) [best, most] = [label, count];
        }
        if (best !== 0) picture.data.set([...colors[best - 1]!, 255], cell * 4);
      }
      return picture;
    },
  };
}

/**
 * Picture of labels: 0 is transparent, k has `colors[k − 1]`. A large map is shrunk to the most frequent label of each
 * block of pixels, 0 only where nothing else is there, so that sparse ground truth stays visible.
 *
 * @param maximumSide  longest side of the picture in pixels
 */
export function classPicture(labels: Plane, colors: readonly Color[], maximumSide = 1024): Picture {
  return cellsOf(labels, colors.length, maximumSide).picture(colors);
}

/** Cells with all labels of a map. */
export function cellsOf({ height, width, data }: Plane, classes: number, maximumSide: number): LabelCells {
  const cells = labelCells({ height, width }, classes, maximumSide);
  cells.add({ row: 0, col: 0, height, width }, data);
  return cells;
}

/**
 * Picture of the probability of the chosen class, 0…1; NaN is transparent. A large map is shrunk by averaging.
 *
 * @param maximumSide  longest side of the picture in pixels
 */
export function confidencePicture(confidence: Plane, maximumSide = 1024): Picture {
  return valuePicture(confidence, confidenceColors, 1, maximumSide);
}

/**
 * Picture of values 0…`most`; NaN is transparent. A large map is shrunk by averaging.
 *
 * @param maximumSide  longest side of the picture in pixels
 */
export function valuePicture(values: Plane, colors: ColorMap, most: number, maximumSide: number): Picture {
  const { height, width, data } = values;
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
      picture.data.set([...colorAt(colors, sum / count / most), 255], (row * picture.width + col) * 4);
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
