/** @file Door of the room `evaluate/`: numbers and pictures that can be checked by hand. */
export { type Confusion, confusion } from "./confusion.ts";
export { encodeAuxXml } from "./gdal-xml.ts";
export { encodeGeoTiff, type GeoTiff } from "./geotiff-writer.ts";
export { type McNemar, mcnemar } from "./mcnemar.ts";
export {
  formatMetrics,
  type Metrics,
  metricsSchema,
  type NamedClassScores,
  type NamedScores,
  namedScoresOf,
  parseMetrics,
  type SeedScores,
} from "./metrics.ts";
export { type ClassScores, kappa, type Scores, type Spread, scores, spread } from "./scores.ts";
