/** @file A map as files: GeoTIFF with palette, names and place, confidence, and a picture with a legend. */
import { join } from "node:path";
import { encodeAuxXml, encodeGeoTiff, encodePng, mapPicture } from "../evaluate/index.ts";
import type { LandCoverClass, Scene } from "../scene/index.ts";
import { UnsupportedError, writeAtomically } from "../tensor/index.ts";
import type { LandCoverMap } from "./map.ts";

/** The value of pixels without a class: 0, unless a class has it. */
function nodataCode(classes: readonly LandCoverClass[], largest: number): number {
  const codes = new Set(classes.map(({ code }) => code));
  for (const candidate of [0, 255, largest]) if (candidate <= largest && !codes.has(candidate)) return candidate;
  for (let candidate = 1; candidate <= largest; candidate++) if (!codes.has(candidate)) return candidate;
  throw new UnsupportedError(`a map of ${codes.size} classes`);
}

/** Write `map.tif`, `map.tif.aux.xml`, `confidence.tif` and `map.png`; returns their paths. */
export async function writeMap(
  folder: string,
  scene: Scene,
  classes: readonly LandCoverClass[],
  { labels, confidence }: LandCoverMap,
): Promise<string[]> {
  const { height, width, georeference, name } = scene;
  const whole = classes.every(({ code }) => Number.isInteger(code) && code >= 0 && code <= 65535);
  if (!whole) throw new UnsupportedError("a map of class codes other than whole numbers from 0 to 65535");
  const small = classes.every(({ code }) => code <= 255) && classes.length < 256;
  const nodata = nodataCode(classes, small ? 255 : 65535);
  const data = new (small ? Uint8Array : Uint16Array)(labels.length);
  for (const [pixel, label] of labels.entries()) data[pixel] = label === 0 ? nodata : classes[label - 1]!.code;
  const categories = classes.map(({ code, name: className, color }) => ({ value: code, name: className, color }));
  const common = { height, width, bands: 1, georeference };
  const map = encodeGeoTiff({ ...common, data, nodata, categories, bandNames: ["land cover"] });
  const confidenceMap = encodeGeoTiff({ ...common, data: confidence, nodata: Number.NaN, bandNames: ["confidence"] });
  const picture = mapPicture({ title: name, labels: { height, width, data: labels }, classes, georeference });
  const files: [string, Uint8Array][] = [
    ["map.tif", map],
    ["map.tif.aux.xml", new TextEncoder().encode(encodeAuxXml(categories))],
    ["confidence.tif", confidenceMap],
    ["map.png", encodePng(picture)],
  ];
  for (const [file, bytes] of files) await writeAtomically(join(folder, file), bytes);
  return files.map(([file]) => join(folder, file));
}
