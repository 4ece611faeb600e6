/** @file Door of the room `scene/`: whatever the file, a scene is aligned sources, labels and a georeference. */
export type { Classifier, ClassifierKind, PartClassifier, PartPrediction, Progress } from "./classifier.ts";
export { contextFeatures, contextReader, contextSize, type ImageGrid, type Windows } from "./context.ts";
export { isBallpark, transformBetween } from "./crs/transform.ts";
export {
  type BandDescription,
  describeRaster,
  type FileDescription,
  type RasterDescription,
} from "./describe.ts";
export { gridText, type PixelSize } from "./grid.ts";
export { type KnownSources, sourcesOf } from "./known-sources.ts";
export type { ClassOptions, LabelOptions } from "./labels.ts";
export { leakage } from "./leakage.ts";
export { type Location, toLocation, type Variable } from "./location.ts";
export { readMatlab } from "./matlab/mat-file.ts";
export type { MatValue } from "./matlab/mat-value.ts";
export {
  applyNormalisation,
  type BandScale,
  fitNormalisation,
  type Normalisation,
  withCommonDeviation,
} from "./normalise.ts";
export { openScene, type SceneOptions } from "./open.ts";
export { openSplit } from "./open-split.ts";
export { distinctColor, fillColors } from "./palette.ts";
export { fitWhitening, type Whitening, whiten } from "./pca.ts";
export { filePixelSize, isSamePixelSize } from "./pixel-size.ts";
export type { Category, Color, Crs, Georeference, Raster, RasterData } from "./raster.ts";
export { type Reader, readerOf, readers, readRaster } from "./readers.ts";
export * from "./recipes/index.ts";
export { isRemote } from "./remote.ts";
export {
  type Labels,
  type LandCoverClass,
  type Plot,
  type Scene,
  type SceneNote,
  type Source,
  type SourceKind,
  sourceKinds,
} from "./scene.ts";
export { isOfPlots, openSceneWindows, type SceneOutline, type SceneWindows, sceneWindows } from "./scene-windows.ts";
export {
  type SimulatedSource,
  type SimulationOptions,
  simulatedSources,
  simulateScene,
} from "./simulate/simulate.ts";
export { filesOf, type SourceOptions } from "./source.ts";
export {
  type SimulatedKind,
  type SpectralResponse,
  simulatedKinds,
  simulateSource,
  spectralResponses,
} from "./spectral-response.ts";
export { makeSplit, type Split, type SplitOptions } from "./split.ts";
export { type PixelGrid, readSplit, writeSplit } from "./splits/file.ts";
export { parseSplitRule, type SplitRule, splitRules, splitRuleText } from "./splits/rule.ts";
export { isLandCoverClass, isNormalisation } from "./stored.ts";
export { coveringTiles, type Grid, gatherPixels, type Image, mirrored, type TilePlace, tilePixels } from "./tiles.ts";
export { describeVector, type FieldDescription, type LayerDescription } from "./vector/describe.ts";
export { isVector } from "./vector/readers.ts";
export {
  alignedTo,
  cutData,
  cutRaster,
  cutValid,
  partPlace,
  partsOf,
  type RasterWindows,
  type Rectangle,
  wholeOf,
  widened,
  windowsOf,
  within,
} from "./windows.ts";
