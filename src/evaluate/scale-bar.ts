/** @file The scale bar of a map: how long a round number of metres is in pixels. */
import type { Georeference } from "../scene/index.ts";
import { keyOf } from "./geo-fields.ts";

const linearUnitsKey = 3076;
const metre = 9001;

/** EPSG codes, first to last, of projections in metres that keep lengths on the ground well: UTM zones, LAEA Europe. */
const metricCodes = [
  [32601, 32660],
  [32701, 32760],
  [25828, 25838],
  [26901, 26923],
  [7846, 7859],
  [28346, 28359],
  [31978, 31985],
  [3035, 3035],
] as const;

/** Width of a pixel on the ground in metres; null where the georeference does not say that its unit is the metre. */
export function pixelSizeM({ transform, crs }: Georeference): number | null {
  if (crs === null) return null;
  const isMetric =
    (crs.geoKeys !== null && keyOf(crs.geoKeys.directory, linearUnitsKey) === metre) ||
    metricCodes.some(([first, last]) => crs.epsg !== null && crs.epsg >= first && crs.epsg <= last);
  // The keys of Web Mercator say metre, but its metres are not those of the ground.
  return isMetric && crs.epsg !== 3857 ? Math.hypot(transform[1], transform[4]) : null;
}

/**
 * The longest bar of 1, 2 or 5 times a power of ten metres that fits.
 *
 * @param pixelM   metres of ground in one pixel of the picture
 * @param longest  pixels of the picture
 */
export function scaleBar(pixelM: number, longest: number): { readonly pixels: number; readonly label: string } {
  const power = 10 ** Math.floor(Math.log10(pixelM * longest));
  const metres = power * [5, 2, 1].find((step) => step * power <= pixelM * longest)!;
  const label = metres >= 1000 ? `${metres / 1000} km` : metres >= 1 ? `${metres} m` : `${Math.round(metres * 100)} cm`;
  return { pixels: Math.round(metres / pixelM), label };
}
