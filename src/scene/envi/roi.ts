/** @file Labels from regions of interest that ENVI saved as text. */
import type { Category, Raster } from "../raster.ts";
import { readRegions } from "./regions.ts";

/**
 * Labels from regions of interest: 0 where there is none, k in the k-th region; neighbours in the list that have the
 * same name are one class. Where regions overlap, the last counts.
 *
 * @returns `[H, W, 1]` of u16 with categories
 * @throws FormatError, with the line, if sizes or counts do not agree, or a point lies outside
 */
export async function readEnviRoi(file: string): Promise<Raster> {
  const { height, width, regions } = readRegions(file);
  const data = new Uint16Array(height * width);
  const categories: Category[] = [];
  let previous: string | null = null;
  for (const { name, color, pixels } of regions) {
    if (name !== previous) categories.push({ value: categories.length + 1, name, color });
    previous = name;
    for (const pixel of pixels) data[pixel] = categories.length;
  }
  return {
    ...{ height, width, bands: 1, data, valid: null, categories },
    ...{ bandNames: null, wavelengthsNm: null, georeference: null, nodata: null },
  };
}
