/** @file Pictures of one size side by side, each under its title. */
import { drawText, newPicture, type Picture, place, textWidth } from "./canvas.ts";
import { lineHeight } from "./font.ts";

/** A picture of a grid. */
export interface TitledPicture {
  readonly title: string;
  readonly picture: Picture;
}

/**
 * Row after row, none wider than `width` where a picture is not wider itself.
 *
 * @param scale  pixels of the picture for one of the titles' font
 */
export function pictureGrid(pictures: readonly TitledPicture[], width: number, scale = 1): Picture {
  const gap = 6 * scale;
  const line = lineHeight * scale;
  const cell = {
    height: Math.max(...pictures.map(({ picture }) => picture.height)) + line + gap,
    width: Math.max(...pictures.flatMap(({ title, picture }) => [picture.width, textWidth(title, scale)])) + gap,
  };
  const columns = Math.max(1, Math.min(pictures.length, Math.floor((width + gap) / cell.width)));
  const rows = Math.ceil(pictures.length / columns);
  const grid = newPicture(rows * cell.height - gap, columns * cell.width - gap, [255, 255, 255]);
  for (const [at, { title, picture }] of pictures.entries()) {
    const [top, left] = [Math.floor(at / columns) * cell.height, (at % columns) * cell.width];
    drawText(grid, title, top, left, scale, [33, 37, 41]);
    place(grid, picture, top + line, left);
  }
  return grid;
}
