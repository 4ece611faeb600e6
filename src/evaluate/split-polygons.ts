/** @file A split as polygons: the regions of labelled pixels of one class that train, validate or test together. */
import type { Split } from "../scene/index.ts";
import { splitColors, splitParts } from "./map-picture.ts";
import { type MapPolygon, mapPolygons, type PolygonLayer, type PolygonMap } from "./map-polygons.ts";

/**
 * The layer `split`, with the attribute `part`: train, validation or test.
 *
 * @param map  the labels that were split; pixels of the split that have none are in no polygon
 */
export function splitPolygons(map: PolygonMap, split: Split): PolygonLayer {
  const { labels, categories } = map;
  const data = new Uint16Array(labels.data.length);
  for (const [at, part] of splitParts.entries()) {
    for (const pixel of split[part]) {
      const label = labels.data[pixel]!;
      if (label > 0) data[pixel] = at * categories.length + label;
    }
  }
  const ofParts = { ...map, labels: { ...labels, data }, categories: splitParts.flatMap(() => categories) };
  const layer = mapPolygons({ ...ofParts, name: "split" });
  const partOf = ({ label }: MapPolygon): string => splitParts[Math.floor((label - 1) / categories.length)]!;
  const values = splitParts.map((part) => ({ value: part, name: part, color: splitColors[part] }));
  return {
    ...layer,
    attributes: [{ name: "part", type: "TEXT", of: partOf }, ...layer.attributes],
    style: { attribute: "part", values },
  };
}
