/** @file Colour maps for measured values: dark is low, bright is high, equal steps look equal, also in grey print. */
import type { Color } from "../scene/index.ts";

/** Evenly spaced colours, between which is interpolated. */
export type ColorMap = readonly Color[];

/** "0d0887…": six hex digits a colour. */
function colorMapOf(hex: string): ColorMap {
  return hex.match(/.{6}/g)!.map((color) => {
    const [red, green, blue] = color.match(/../g)!.map((part) => Number.parseInt(part, 16));
    return [red!, green!, blue!];
  });
}

/** @see Smith & van der Walt 2015, "viridis" (CC0) */
export const viridis: ColorMap = colorMapOf("4401544828783e498931688e26828e1f9e8935b7796ece58b5de2bfde725");

/** @see Smith & van der Walt 2015, "magma" (CC0) */
export const magma: ColorMap = colorMapOf("000004180f3d440f76721f819e2f7fcd4071f1605dfd9668feca8dfcfdbf");

export const grey: ColorMap = [
  [0, 0, 0],
  [255, 255, 255],
];

/** The colour of a value 0…1; beyond that, of the nearer end. */
export function colorAt(map: ColorMap, value: number): Color {
  const position = Math.min(1, Math.max(0, value)) * (map.length - 1);
  const index = Math.min(map.length - 2, Math.floor(position));
  const mix = (axis: 0 | 1 | 2): number =>
    Math.round(map[index]![axis] + (map[index + 1]![axis] - map[index]![axis]) * (position - index));
  return [mix(0), mix(1), mix(2)];
}
