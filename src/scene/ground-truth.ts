/** @file Labels from their files: a raster of codes, or polygons and points to be burnt on the grid of the scene. */
import { ConfigError, DataError } from "../tensor/index.ts";
import { isSameCrs, transformBetween } from "./crs/transform.ts";
import type { Grid } from "./grid.ts";
import type { LabelOptions } from "./labels.ts";
import { isLost, type Placed, placedLabels, withoutData } from "./place.ts";
import type { Raster } from "./raster.ts";
import { readRaster } from "./readers.ts";
import type { SceneNote } from "./scene.ts";
import type { VectorLayer } from "./vector/features.ts";
import { withTable } from "./vector/join.ts";
import { type Coverage, labelRaster, outsideText } from "./vector/labels.ts";
import { isVector, readVector } from "./vector/readers.ts";

/** Ground truth before it is on the grid of the scene. */
export type GroundTruth =
  | { readonly kind: "raster"; readonly raster: Raster }
  | { readonly kind: "vector"; readonly layer: VectorLayer };

/** The label files of a scene. */
export function labelFiles({ file }: Pick<LabelOptions, "file">): readonly string[] {
  return typeof file === "string" ? [file] : file;
}

/** @throws FormatError, UnsupportedError, ConfigError as the readers do */
export async function readGroundTruth(options: LabelOptions): Promise<GroundTruth> {
  const files = labelFiles(options);
  if (!isVector(files[0]!)) {
    if (files.length > 1) {
      throw new ConfigError("labels.file", `expected one raster of labels; got ${files.length}`, files);
    }
    for (const key of ["field", "join"] as const) {
      if (options[key] === undefined) continue;
      throw new ConfigError(
        `labels.${key}`,
        `expected it with polygons or points only; got it with ${files[0]}`,
        options[key],
      );
    }
    return { kind: "raster", raster: await readRaster(files[0]!) };
  }
  const layers: VectorLayer[] = [];
  for (const file of files) layers.push(await readVector(file));
  const layer = together(layers);
  return { kind: "vector", layer: options.join === undefined ? layer : withTable(layer, options.join) };
}

/** All features as one layer, in the CRS of the first. */
function together(layers: readonly VectorLayer[]): VectorLayer {
  const [first, ...others] = layers as readonly [VectorLayer, ...VectorLayer[]];
  for (const { file, crs } of others) {
    const isSame = crs === null || first.crs === null ? crs === first.crs : isSameCrs(crs, first.crs);
    if (!isSame) {
      throw new DataError(
        file,
        `expected the CRS of ${first.file} (${first.crs?.name ?? "none"}); got ${crs?.name ?? "none"}`,
      );
    }
  }
  const fields = first.fields.filter((field) => others.every((other) => other.fields.includes(field)));
  return { ...first, fields, features: layers.flatMap(({ features }) => features) };
}

/** Ground truth on the grid of the scene. */
export interface PlacedTruth extends Placed {
  /** Of polygons and points; null for a raster. */
  readonly coverage: Coverage | null;
}

/**
 * Label codes on the grid of the scene, one band.
 *
 * @param isPlot  whether it is one of many, on which no label need lie; then the note does not tell of features outside
 */
export function placedTruth(truth: GroundTruth, grid: Grid, options: LabelOptions, isPlot: boolean): PlacedTruth {
  const subject = labelFiles(options).join(", ");
  if (truth.kind === "raster") {
    const placed = placedLabels(truth.raster, grid, subject);
    if (!isPlot && isLost(truth.raster, placed)) throw withoutData(truth.raster, grid, subject);
    return { ...placed, coverage: null };
  }
  const { layer } = truth;
  if (grid.georeference === null) {
    throw new DataError(subject, "expected a scene with a georeference to lay polygons and points on; got none");
  }
  const { transform, crs } = grid.georeference;
  const project = layer.crs === null || crs === null ? null : transformBetween(layer.crs, crs);
  const { field = null, allTouched = false } = options;
  const how = { field, allTouched, project, mayBeEmpty: isPlot };
  const { raster, coverage } = labelRaster(layer, { ...grid, transform }, how);
  return { raster, note: isPlot ? null : outsideNote(coverage, "the scene"), coverage };
}

/** What is told of features that label nothing; null where there are none. */
export function outsideNote(coverage: Coverage, where: string): SceneNote | null {
  const text = outsideText(coverage, where);
  return text === null ? null : { text: `labels: ${text}`, isInterpolated: false };
}
