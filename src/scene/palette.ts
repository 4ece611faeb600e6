/** @file Colours for classes that come without: well apart from each other, in a fixed order. */
import type { Color } from "./raster.ts";

/** @see S. Trubetskoy, "List of 20 simple, distinct colors", 2017; white and black are left out */
const distinct: readonly Color[] = [
  [230, 25, 75],
  [60, 180, 75],
  [255, 225, 25],
  [0, 130, 200],
  [245, 130, 48],
  [145, 30, 180],
  [70, 240, 240],
  [240, 50, 230],
  [210, 245, 60],
  [250, 190, 212],
  [0, 128, 128],
  [220, 190, 255],
  [170, 110, 40],
  [255, 250, 200],
  [128, 0, 0],
  [170, 255, 195],
  [128, 128, 0],
  [255, 215, 180],
  [0, 0, 128],
  [128, 128, 128],
];

/** The colour of position `index` ≥ 0; after the first twenty, hues by the golden angle at three lightnesses. */
export function distinctColor(index: number): Color {
  const listed = distinct[index];
  if (listed !== undefined) return listed;
  const hue = (index * 137.50776) % 360;
  return fromHsl(hue, 0.65, [0.35, 0.55, 0.75][index % 3]!);
}

/** Fill the holes of a list of colours with distinct ones that the list does not have. */
export function fillColors(given: readonly (Color | null)[]): Color[] {
  const taken = new Set(given.map((color) => color?.join()));
  let next = 0;
  return given.map((color) => {
    if (color !== null) return color;
    let fresh = distinctColor(next++);
    while (taken.has(fresh.join())) fresh = distinctColor(next++);
    taken.add(fresh.join());
    return fresh;
  });
}

function fromHsl(hue: number, saturation: number, lightness: number): Color {
  const reach = saturation * Math.min(lightness, 1 - lightness);
  const level = (offset: number) => {
    const sector = (offset + hue / 30) % 12;
    return Math.round(255 * (lightness - reach * Math.max(-1, Math.min(sector - 3, 9 - sector, 1))));
  };
  return [level(0), level(8), level(4)];
}
