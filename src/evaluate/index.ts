/** @file Door of the room `evaluate/`: numbers and pictures that can be checked by hand. */
export { entropies, mostProbable, type Reliability, type ReliabilityBin, reliability } from "./calibration.ts";
export { enlarged, factorFor, newPicture, type Picture } from "./canvas.ts";
export { type ColorMap, colorAt, grey, magma, viridis } from "./color-map.ts";
export {
  type LabelSetOptions,
  type LabelSetRule,
  type LabelSetScores,
  labelSetRule,
  labelSets,
  mostBits,
  type SetScore,
  scoreLabelSets,
  setScores,
  setSizesAndBits,
} from "./conformal.ts";
export { type Confusion, confusion } from "./confusion.ts";
export { encodeAuxXml } from "./gdal-xml.ts";
export { geoJsonParts, type ToLonLat } from "./geojson.ts";
export { writeGeoPackage } from "./geopackage.ts";
export { createGeoTiff, type GeoTiffFile } from "./geotiff-file.ts";
export { encodeGeoTiff, type GeoTiff, type GeoTiffHead, geoTiffParts } from "./geotiff-writer.ts";
export { type ImageScores, imageScores, type ScoredImage } from "./image-scores.ts";
export { cellsPicture, type MapData, type MapNotes, mapPicture, mapSide } from "./legend.ts";
export {
  classPicture,
  confidenceColors,
  confidencePicture,
  type LabelCells,
  labelCells,
  type Plane,
  splitColors,
  splitParts,
  splitPicture,
} from "./map-picture.ts";
export {
  type Area,
  type MapPolygon,
  mapPolygons,
  type PolygonLayer,
  type PolygonMap,
} from "./map-polygons.ts";
export { type McNemar, mcnemar } from "./mcnemar.ts";
export {
  type Calibrated,
  type Metrics,
  type NamedClassScores,
  type NamedScores,
  namedScoresOf,
  type SeedScores,
  type Uncertainty,
} from "./metrics.ts";
export type { Reduction } from "./overviews.ts";
export { type PaperPage, type PaperScene, renderPaperPage } from "./paper-page.ts";
export {
  overviewTable,
  type PaperColumn,
  type PaperRow,
  type PaperTable,
  type PaperValue,
  paperTable,
} from "./paper-table.ts";
export { csvOf, latexOf, markdownOf } from "./paper-text.ts";
export { pictureGrid, type TitledPicture } from "./picture-grid.ts";
export { encodePng } from "./png.ts";
export { encodeClassStyle, encodePolygonStyle, encodeValueStyle } from "./qgis-style.ts";
export { type Regions, regionsOf } from "./regions.ts";
export { renderReport } from "./report.ts";
export type {
  ReportCurve,
  ReportData,
  ReportMethod,
  ReportPicture,
  ReportSplit,
  ReportStage,
} from "./report-data.ts";
export { pixelSizeM, scaleBar } from "./scale-bar.ts";
export { type ClassScores, kappa, type Scores, type Spread, scores, spread } from "./scores.ts";
export { sideBySide } from "./side-by-side.ts";
export { sieved } from "./sieve.ts";
export { bandsToShow, sourcePicture } from "./source-picture.ts";
export { type SplitCount, splitCounts } from "./split-counts.ts";
export { splitPolygons } from "./split-polygons.ts";
export { classTable, formatTable, methodTable, percent, percentSpread, splitTable, type TableStyle } from "./table.ts";
export { type ValuePanel, type ValueScale, valuePanels } from "./value-panels.ts";
