/** @file Door of the room `scene/`: whatever the file, a scene is aligned sources, labels and a georeference. */
export type { Classifier, ClassifierKind, Progress } from "./classifier.ts";
export type { Category, Color, Crs, Georeference, Raster, RasterData } from "./raster.ts";
export { type Labels, type LandCoverClass, type Scene, type Source, type SourceKind, sourceKinds } from "./scene.ts";
export type { Split } from "./split.ts";
