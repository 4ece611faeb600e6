/** @file Several measured values of a scene side by side in the same colours, with a bar that tells what these mean. */
import type { Color } from "../scene/index.ts";
import { drawText, enlarged, factorFor, fillRectangle, newPicture, type Picture, place, textWidth } from "./canvas.ts";
import { type ColorMap, colorAt } from "./color-map.ts";
import { lineHeight } from "./font.ts";
import { type Plane, valuePicture } from "./map-picture.ts";
import { pictureGrid } from "./picture-grid.ts";

/** What the colours of {@link valuePanels} mean. */
export interface ValueScale {
  readonly colors: ColorMap;
  /** Value of the last colour; the first is that of 0. */
  readonly most: number;
  /** Beside the bar. */
  readonly meaning: string;
}

/** Values on the grid of a scene; NaN is left white. */
export interface ValuePanel {
  readonly title: string;
  readonly values: Plane;
}

const longest = 480;
const width = 1480;
const scale = 2;
const gap = 6 * scale;
const bar = { width: 200, height: 8 * scale };
const ink: Color = [33, 37, 41];

/** Small scenes are enlarged by whole factors, large ones shrunk by averaging. */
export function valuePanels(panels: readonly ValuePanel[], { colors, most, meaning }: ValueScale): Picture {
  const pictures = panels.map(({ title, values }) => {
    const small = valuePicture(values, colors, most, longest);
    return { title, picture: enlarged(small, factorFor(small, longest)) };
  });
  const grid = pictureGrid(pictures, width, scale);
  const words = ["0", `${most} and more: ${meaning}`] as const;
  const left = textWidth(words[0], scale) + gap;
  const right = left + bar.width + gap;
  const line = lineHeight * scale;
  const all = newPicture(
    grid.height + gap + line,
    Math.max(grid.width, right + textWidth(words[1], scale)),
    [255, 255, 255],
  );
  place(all, grid, 0, 0);
  const top = grid.height + gap;
  drawText(all, words[0], top, 0, scale, ink);
  for (let at = 0; at < bar.width; at++) {
    const color = colorAt(colors, at / (bar.width - 1));
    fillRectangle(all, top + (line - bar.height) / 2, left + at, bar.height, 1, color);
  }
  drawText(all, words[1], top, right, scale, ink);
  return all;
}
