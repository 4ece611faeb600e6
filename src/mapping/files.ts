/** @file A map as files: GeoTIFF with palette, names and place, confidence, a picture, and what else is asked for. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  type Area,
  cellsPicture,
  confidenceColors,
  createGeoTiff,
  encodeAuxXml,
  encodeClassStyle,
  encodePng,
  encodeValueStyle,
  type GeoTiffFile,
  type GeoTiffHead,
  geoTiffParts,
  labelCells,
  mapPolygons,
  mapSide,
  type Reduction,
} from "../evaluate/index.ts";
import { type Category, cutData, type LandCoverClass, type Rectangle, wholeOf } from "../scene/index.ts";
import { UnsupportedError, writeAtomically } from "../tensor/index.ts";
import { removeEarlierMap } from "./earlier.ts";
import type { LandCoverMap } from "./map.ts";
import { type Origin, originFields } from "./origin.ts";
import { type PolygonFormat, writePolygons } from "./polygon-files.ts";
import { abstainClass, abstained, certain, type UncertaintyRule } from "./uncertainty.ts";
import { membersOf, uncertaintyFiles } from "./uncertainty-files.ts";

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

/** How a map holds classes: as their codes, in the smallest type that has room for them. */
export interface ClassCodes {
  readonly type: typeof Uint8Array | typeof Uint16Array;
  /** The code that means no class. */
  readonly nodata: number;
  of(labels: Uint16Array): Uint8Array | Uint16Array;
}

/** @throws UnsupportedError for class codes that no map can hold */
export function classCodes(classes: readonly LandCoverClass[]): ClassCodes {
  const whole = classes.every(({ code }) => Number.isInteger(code) && code >= 0 && code <= 65535);
  if (!whole) throw new UnsupportedError("a map of class codes other than whole numbers from 0 to 65535");
  const small = classes.every(({ code }) => code <= 255) && classes.length < 256;
  const nodata = nodataCode(classes, small ? 255 : 65535);
  const codes = [nodata, ...classes.map(({ code }) => code)];
  const type = small ? Uint8Array : Uint16Array;
  const of = (labels: Uint16Array): Uint8Array | Uint16Array => {
    const data = new type(labels.length);
    for (let pixel = 0; pixel < labels.length; pixel++) data[pixel] = codes[labels[pixel]!]!;
    return data;
  };
  return { type, nodata, of };
}

/** The class codes, names and colours of a map. */
export function categoriesOf(classes: readonly LandCoverClass[]): Category[] {
  return classes.map(({ code, name, color }) => ({ value: code, name, color }));
}

/** A map in the making: it gets its pixels part by part, and its files are there together or not at all. */
export interface MapWriter {
  /** Parts come in any order, each pixel once; pixels without a class need not come. */
  write(part: Rectangle, map: LandCoverMap): void;
  /** Pixels of each label so far, `[K + 1]`, and of those that get no class, if any may. */
  counts(): readonly number[];
  /** @returns paths of the files */
  finish(): Promise<string[]>;
  /** Leave the folder as it was; after `finish` nothing is left to do. */
  abandon(): void;
}

/** Pixels of the largest map of which polygons are made: they take up to 15 bytes a pixel. */
const mostPolygonPixels = 100_000_000;

/**
 * Write `map.tif`, `confidence.tif` and `map.png`, with names and styles beside them, and the files that are wanted;
 * of a scene of many plots also the map of each, in its place, in `plots/`. What an earlier map left in the folder and
 * this one does not have is removed.
 *
 * @param folder  one that exists
 * @param rule    what of its uncertainty is written, and which pixels get no class
 * @throws UnsupportedError for class codes that no map can hold, for polygons of a map that is too large, and, at the
 *   end, for GeoJSON without an EPSG code
 */
export function mapWriter(
  folder: string,
  origin: Origin,
  classes: readonly LandCoverClass[],
  wanted: MapFiles = usualFiles,
  rule: UncertaintyRule = certain,
): MapWriter {
  const { height, width, georeference, name, plots } = origin.scene;
  const { title = name } = origin;
  const shown = rule.abstain === null ? classes : [...classes, abstainClass(classes)];
  const categories = categoriesOf(shown);
  const codes = classCodes(shown);
  if (wanted.polygons !== null && height * width > mostPolygonPixels) {
    throw new UnsupportedError(
      `polygons of a map of ${height} × ${width} pixels, more than ${mostPolygonPixels / 1e6} million,`,
      "make them of map.tif with gdal_polygonize, or map parts of the scene",
    );
  }
  const fields = originFields(origin);
  const common = { height, width, georeference, ...fields };
  const reduced = (reduction: Reduction): { overviews: Reduction | null } => ({
    overviews: wanted.cog ? reduction : null,
  });
  const codeHead = {
    ...common,
    bands: 1,
    type: codes.type,
    nodata: codes.nodata,
    categories,
    bandNames: ["land cover"],
  };
  const values = { ...common, ...reduced("mean"), type: Float32Array, nodata: Number.NaN };
  const rasters: GeoTiffFile[] = [];
  const create = (file: string, head: GeoTiffHead): GeoTiffFile => {
    const created = createGeoTiff(join(folder, file), head);
    rasters.push(created);
    return created;
  };
  const abandon = (): void => {
    for (const raster of rasters) raster.abandon();
  };
  const cells = labelCells({ height, width }, shown.length, mapSide);
  const isHeld = wanted.polygons !== null || plots !== null;
  // What only the whole map can tell.
  const held = new Uint16Array(isHeld ? height * width : 0);
  const confidence = new Float32Array(wanted.polygons === null ? 0 : height * width).fill(Number.NaN);
  const written: string[] = [];
  const write = async (file: string, content: Parameters<typeof writeAtomically>[1]): Promise<void> => {
    await writeAtomically(join(folder, file), content);
    written.push(join(folder, file));
  };
  const finishRaster = async (raster: GeoTiffFile): Promise<void> => {
    await raster.finish();
    written.push(raster.file);
  };
  try {
    const code = create("map.tif", { ...codeHead, ...reduced("mode") });
    const value = create("confidence.tif", { ...values, bands: 1, bandNames: ["confidence"] });
    const bandNames = classes.map((one) => one.name);
    const every = wanted.probabilities
      ? create("probabilities.tif", { ...values, bands: classes.length, bandNames })
      : null;
    const uncertain = uncertaintyFiles(create, values, classes, rule);
    const finish = async (): Promise<string[]> => {
      // First what may be refused, so that a map is whole or as it was.
      if (wanted.polygons !== null) {
        const plane = { labels: { height, width, data: held }, confidence, categories, georeference };
        const layer = mapPolygons({ ...plane, software: fields.software }, wanted.smallestArea);
        written.push(...(await writePolygons(folder, layer, wanted.polygons)));
      }
      await finishRaster(code);
      await write("map.tif.aux.xml", encodeAuxXml(categories));
      await write("map.qml", encodeClassStyle(categories));
      await finishRaster(value);
      await write("confidence.qml", encodeValueStyle(confidenceColors, 0, 1));
      await write("map.png", encodePng(cellsPicture(cells, { title, classes: shown, georeference })));
      for (const plot of plots ?? []) {
        const own = { ...codeHead, height: plot.height, width: plot.width, georeference: plot.georeference };
        const data = codes.of(cutData(held, width, 1, plot));
        await mkdir(join(folder, "plots"), { recursive: true });
        await write(join("plots", `${plot.name}.tif`), geoTiffParts({ ...own, data }));
        await write(join("plots", `${plot.name}.tif.aux.xml`), encodeAuxXml(categories));
      }
      if (every !== null) await finishRaster(every);
      for (const raster of uncertain.rasters) await finishRaster(raster);
      for (const [file, style] of uncertain.styles) await write(file, style);
      await removeEarlierMap(folder, written);
      return written;
    };
    return {
      write(part, map) {
        const members = membersOf(map, rule);
        const labels = abstained(map.labels, map.confidence, members, classes.length, rule.abstain);
        code.write(part, codes.of(labels));
        uncertain.write(part, map, members);
        value.write(part, map.confidence);
        if (map.probabilities !== null) every?.write(part, map.probabilities);
        cells.add(part, labels);
        if (isHeld) setPart(held, width, part, labels);
        if (wanted.polygons !== null) setPart(confidence, width, part, map.confidence);
      },
      counts: cells.counts,
      finish: () => finish().finally(abandon),
      abandon,
    };
  } catch (fault) {
    abandon();
    throw fault;
  }
}

/** Write a map that is in memory, see {@link mapWriter}. */
export function writeMap(
  folder: string,
  origin: Origin,
  classes: readonly LandCoverClass[],
  map: LandCoverMap,
  wanted: MapFiles = usualFiles,
): Promise<string[]> {
  const writer = mapWriter(folder, origin, classes, wanted);
  writer.write(wholeOf(origin.scene), map);
  return writer.finish();
}

/** Set a part of rows of `width` numbers. */
function setPart<Data extends Uint16Array | Float32Array>(all: Data, width: number, part: Rectangle, own: Data): void {
  for (let row = 0; row < part.height; row++) {
    const from = row * part.width;
    all.set(own.subarray(from, from + part.width), (part.row + row) * width + part.col);
  }
}
