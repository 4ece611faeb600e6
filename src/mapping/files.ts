/** @file A map as files: GeoTIFF with palette, names and place, confidence, a picture, and what else is asked for. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  type Area,
  confidenceColors,
  encodeAuxXml,
  encodeClassStyle,
  encodePng,
  encodeValueStyle,
  geoTiffParts,
  mapPicture,
  mapPolygons,
  type Reduction,
} from "../evaluate/index.ts";
import type { Category, LandCoverClass, Plot } from "../scene/index.ts";
import { UnsupportedError, writeAtomically } from "../tensor/index.ts";
import { removeEarlierMap } from "./earlier.ts";
import type { LandCoverMap } from "./map.ts";
import { type Origin, originFields } from "./origin.ts";
import { type PolygonFormat, writePolygons } from "./polygon-files.ts";

/** What a map is written as, besides the usual files. */
export interface MapFiles {
  /** Rasters with overviews, as cloud-optimised GeoTIFF. */
  readonly cog: boolean;
  /** `probabilities.tif`, one band a class. */
  readonly probabilities: boolean;
  /** `polygons.gpkg` or `polygons.geojson`; null for none. */
  readonly polygons: PolygonFormat | null;
  /** Polygons below this size join a neighbour; null leaves them. */
  readonly smallestArea: Area | null;
}

export const usualFiles: MapFiles = { cog: false, probabilities: false, polygons: null, smallestArea: null };

/** The value of pixels without a class: 0, unless a class has it. */
function nodataCode(classes: readonly LandCoverClass[], largest: number): number {
  const codes = new Set(classes.map(({ code }) => code));
  for (const candidate of [0, 255, largest]) if (candidate <= largest && !codes.has(candidate)) return candidate;
  for (let candidate = 1; candidate <= largest; candidate++) if (!codes.has(candidate)) return candidate;
  throw new UnsupportedError(`a map of ${codes.size} classes`);
}

/**
 * Codes of the pixels of a map, `[H, W]`, and the one that means no class.
 *
 * @throws UnsupportedError for class codes that no map can hold
 */
export function codesOf(
  labels: Uint16Array,
  classes: readonly LandCoverClass[],
): { readonly data: Uint8Array | Uint16Array; readonly nodata: number } {
  const whole = classes.every(({ code }) => Number.isInteger(code) && code >= 0 && code <= 65535);
  if (!whole) throw new UnsupportedError("a map of class codes other than whole numbers from 0 to 65535");
  const small = classes.every(({ code }) => code <= 255) && classes.length < 256;
  const nodata = nodataCode(classes, small ? 255 : 65535);
  const data = new (small ? Uint8Array : Uint16Array)(labels.length);
  for (const [pixel, label] of labels.entries()) data[pixel] = label === 0 ? nodata : classes[label - 1]!.code;
  return { data, nodata };
}

/** The class codes, names and colours of a map. */
export function categoriesOf(classes: readonly LandCoverClass[]): Category[] {
  return classes.map(({ code, name, color }) => ({ value: code, name, color }));
}

/**
 * Write `map.tif`, `confidence.tif` and `map.png`, with names and styles beside them, and the files that are wanted;
 * of a scene of many plots also the map of each, in its place, in `plots/`. What an earlier map left in the folder and
 * this one does not have is removed.
 *
 * @returns their paths
 * @throws UnsupportedError for class codes that no map can hold, and for GeoJSON without an EPSG code
 */
export async function writeMap(
  folder: string,
  origin: Origin,
  classes: readonly LandCoverClass[],
  map: LandCoverMap,
  wanted: MapFiles = usualFiles,
): Promise<string[]> {
  const { height, width, georeference, name } = origin.scene;
  const labels = { height, width, data: map.labels };
  const categories = categoriesOf(classes);
  const common = { height, width, georeference, ...originFields(origin) };
  const reduced = (reduction: Reduction): { overviews: Reduction | null } => ({
    overviews: wanted.cog ? reduction : null,
  });
  const codes = { ...common, bands: 1, ...codesOf(map.labels, classes), categories, bandNames: ["land cover"] };
  const values = { ...common, ...reduced("mean"), nodata: Number.NaN };
  const written: string[] = [];
  const write = async (file: string, content: Parameters<typeof writeAtomically>[1]): Promise<void> => {
    await writeAtomically(join(folder, file), content);
    written.push(join(folder, file));
  };
  // First what may be refused, so that a map is whole or as it was.
  if (wanted.polygons !== null) {
    const { confidence } = map;
    const { software } = common;
    const layer = mapPolygons({ labels, confidence, categories, georeference, software }, wanted.smallestArea);
    written.push(...(await writePolygons(folder, layer, wanted.polygons)));
  }
  await write("map.tif", geoTiffParts({ ...codes, ...reduced("mode") }));
  await write("map.tif.aux.xml", encodeAuxXml(categories));
  await write("map.qml", encodeClassStyle(categories));
  await write("confidence.tif", geoTiffParts({ ...values, bands: 1, data: map.confidence, bandNames: ["confidence"] }));
  await write("confidence.qml", encodeValueStyle(confidenceColors, 0, 1));
  await write("map.png", encodePng(mapPicture({ title: name, labels, classes, georeference })));
  for (const plot of origin.scene.plots ?? []) {
    const { height, width, georeference } = plot;
    const own = { ...codes, height, width, georeference, data: cut(codes.data, origin.scene.width, plot) };
    await mkdir(join(folder, "plots"), { recursive: true });
    await write(join("plots", `${plot.name}.tif`), geoTiffParts(own));
    await write(join("plots", `${plot.name}.tif.aux.xml`), encodeAuxXml(categories));
  }
  if (wanted.probabilities && map.probabilities !== null) {
    const bandNames = classes.map((one) => one.name);
    const data = map.probabilities;
    await write("probabilities.tif", geoTiffParts({ ...values, bands: classes.length, data, bandNames }));
  }
  await removeEarlierMap(folder, written);
  return written;
}

/** The rectangle of a plot, from rows of `width` pixels. */
function cut<Data extends Uint8Array | Uint16Array>(data: Data, width: number, plot: Plot): Data {
  const part = new (data.constructor as new (length: number) => Data)(plot.height * plot.width);
  for (let row = 0; row < plot.height; row++) {
    const from = (plot.row + row) * width + plot.col;
    part.set(data.subarray(from, from + plot.width), row * plot.width);
  }
  return part;
}
