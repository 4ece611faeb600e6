/** @file A small map of odd size with speckle, holes, corners that touch and pixels without a class, for several tests. */
import type { PolygonMap } from "../../src/evaluate/index.ts";
import type { Category, Georeference } from "../../src/scene/index.ts";

export const categories: readonly Category[] = [
  { value: 7, name: "Water", color: [0, 83, 255] },
  { value: 20, name: 'Low <b>plants</b> & "shrubs" ü', color: [0, 204, 51] },
  { value: 31, name: "Soil", color: [204, 153, 52] },
  { value: 200, name: "Roofs", color: [250, 40, 60] },
];

export const utm: Georeference = {
  transform: [300_000, 10, 0, 5_400_000, 0, -10],
  crs: { epsg: 32632, name: "WGS 84 / UTM zone 32N", wkt: null, geoKeys: null },
};

/** Blocks with noise over them; a few pixels of one corner have no class. */
export function landCover(height = 43, width = 61, georeference: Georeference | null = utm): PolygonMap {
  const data = Uint16Array.from({ length: height * width }, (_, pixel) => {
    const [row, col] = [Math.floor(pixel / width), pixel % width];
    if (row + col < 6) return 0;
    const noise = (Math.imul(pixel + 1, 2_654_435_761) >>> 8) % 5 === 0 ? pixel : 0;
    return 1 + ((Math.floor(row / 6) * 3 + Math.floor(col / 9) * 5 + noise) % 4);
  });
  const confidence = Float32Array.from(data, (label, pixel) =>
    label === 0 ? Number.NaN : 0.25 + (0.75 * ((pixel * 7919) % 1009)) / 1009,
  );
  return { labels: { height, width, data }, confidence, categories, georeference };
}

/** Its class codes as pixels of a raster, 0 where it has no class. */
export function codesOf({ labels }: PolygonMap): Uint8Array {
  return Uint8Array.from(labels.data, (label) => categories[label - 1]?.value ?? 0);
}
