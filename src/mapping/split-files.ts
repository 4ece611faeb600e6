/** @file A split as a raster: which pixels train, validate and test, to be laid over the map. */
import { join } from "node:path";
import { encodeAuxXml, encodeClassStyle, encodeGeoTiff, splitColors } from "../evaluate/index.ts";
import type { Category, Split } from "../scene/index.ts";
import { writeAtomically } from "../tensor/index.ts";
import { type Origin, originFields } from "./origin.ts";

const parts = ["train", "validation", "test"] as const;

/** 0 is nodata, so that unused pixels are see-through. */
const categories: readonly Category[] = [
  { value: 0, name: "unused", color: null },
  ...parts.map((part, index) => ({ value: index + 1, name: part, color: splitColors[part] })),
];

/**
 * Write `split.tif` (0 unused, 1 train, 2 validation, 3 test) with names and a style beside it.
 *
 * @returns their paths
 */
export async function writeSplitFiles(folder: string, origin: Origin, split: Split): Promise<string[]> {
  const { height, width, georeference } = origin.scene;
  const data = new Uint8Array(height * width);
  for (const [index, part] of parts.entries()) for (const pixel of split[part]) data[pixel] = index + 1;
  const { software, metadata } = originFields(origin);
  const raster = encodeGeoTiff({
    ...{ height, width, bands: 1, data, georeference, nodata: 0, categories, bandNames: ["split"] },
    ...{ software, metadata: { ...metadata, SEED: String(split.seed) } },
  });
  const files: readonly (readonly [string, string | Uint8Array])[] = [
    ["split.tif", raster],
    ["split.tif.aux.xml", encodeAuxXml(categories)],
    ["split.qml", encodeClassStyle(categories)],
  ];
  for (const [file, content] of files) await writeAtomically(join(folder, file), content);
  return files.map(([file]) => join(folder, file));
}
