/** @file Door of the room `scene/`: whatever the file, a scene is aligned sources, labels and a georeference. */
export type { Classifier, ClassifierKind, Progress } from "./classifier.ts";
export type { ClassOptions, LabelOptions } from "./labels.ts";
export { openScene, type SceneOptions, type SourceOptions } from "./open.ts";
export { distinctColor, fillColors } from "./palette.ts";
export type { Category, Color, Crs, Georeference, Raster, RasterData } from "./raster.ts";
export { type Location, type Reader, readerOf, readers, readRaster, toLocation } from "./readers.ts";
export { type Labels, type LandCoverClass, type Scene, type Source, type SourceKind, sourceKinds } from "./scene.ts";
export type { Split } from "./split.ts";
