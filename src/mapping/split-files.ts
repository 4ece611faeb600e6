/** @file Labels and their split as rasters and polygons: which pixels train, validate and test, to lie over the map. */
import { join } from "node:path";
import {
  encodeAuxXml,
  encodeClassStyle,
  type GeoTiff,
  geoTiffParts,
  mapPolygons,
  splitColors,
  splitParts,
  splitPolygons,
  writeGeoPackage,
} from "../evaluate/index.ts";
import type { Category, Labels, Scene, Split } from "../scene/index.ts";
import { writeAtomically } from "../tensor/index.ts";
import { removeOwn } from "./earlier.ts";
import { categoriesOf, classCodes } from "./files.ts";
import { type Origin, originFields } from "./origin.ts";
import { software } from "./versions.ts";

/** 0 is nodata, so that unused pixels are see-through. */
const parts: readonly Category[] = [
  { value: 0, name: "unused", color: null },
  ...splitParts.map((part, index) => ({ value: index + 1, name: part, color: splitColors[part] })),
];

/**
 * Write `labels.tif` (class codes) and `split.tif` (0 unused, 1 train, 2 validation, 3 test), each with names and a
 * style beside it.
 *
 * @param origin  of the labels
 * @returns  their paths
 * @throws UnsupportedError for class codes that no map can hold
 */
export async function writeSplitFiles(
  folder: string,
  origin: Origin,
  { data: truth, classes }: Labels,
  split: Split,
): Promise<string[]> {
  const { height, width, georeference } = origin.scene;
  const { software, metadata } = originFields(origin);
  const written: string[] = [];
  const write = async (
    name: string,
    pixels: Pick<GeoTiff, "data" | "nodata">,
    categories: readonly Category[],
    more: Readonly<Record<string, string>>,
  ): Promise<void> => {
    const grid = { height, width, georeference, bands: 1, bandNames: [name] };
    const image = { ...grid, ...pixels, categories, software, metadata: { ...metadata, ...more } };
    const path = join(folder, name);
    await writeAtomically(`${path}.tif`, geoTiffParts(image));
    await writeAtomically(`${path}.tif.aux.xml`, encodeAuxXml(categories));
    await writeAtomically(`${path}.qml`, encodeClassStyle(categories));
    written.push(`${path}.tif`, `${path}.tif.aux.xml`, `${path}.qml`);
  };
  const codes = classCodes(classes);
  const pixels = { data: codes.of(truth), nodata: codes.nodata };
  await write("labels", pixels, categoriesOf(classes), { METHOD: "labels" });
  const data = new Uint8Array(height * width);
  for (const [index, part] of splitParts.entries()) for (const pixel of split[part]) data[pixel] = index + 1;
  const more = { METHOD: `split ${split.rule}`, SEED: String(split.seed) };
  await write("split", { data, nodata: 0 }, parts, more);
  return written;
}

/** Labelled pixels beyond which their polygons would be too large a file. */
const mostPixels = 5_000_000;

/**
 * Write `split.gpkg` with the layers `labels` and `split`: polygons of one class, and of one class and part. Scenes of
 * many plots and of very many labels get none; what an earlier run left there is removed.
 *
 * @param split  null where the scene has none
 * @returns  its path
 */
export async function writeSplitPolygons(
  folder: string,
  scene: Pick<Scene, "height" | "width" | "georeference" | "labels" | "plots">,
  split: Split | null,
): Promise<string[]> {
  const { height, width, georeference, labels, plots } = scene;
  const file = join(folder, "split.gpkg");
  const isLarge = (): boolean => labels!.data.reduce((count, label) => count + Number(label > 0), 0) > mostPixels;
  if (labels === null || split === null || plots !== null || isLarge()) {
    await removeOwn([file]);
    return [];
  }
  const categories = categoriesOf(labels.classes);
  const map = { labels: { height, width, data: labels.data }, confidence: null, categories, georeference };
  const signed = { ...map, software: software() };
  await writeGeoPackage(file, [mapPolygons({ ...signed, name: "labels" }), splitPolygons(signed, split)]);
  return [file];
}
