/** @file Polygons of a map as a file: a GeoPackage, or GeoJSON with its style beside it. */
import { join } from "node:path";
import {
  encodePolygonStyle,
  geoJsonParts,
  type PolygonLayer,
  type ToLonLat,
  writeGeoPackage,
} from "../evaluate/index.ts";
import { type Crs, type Georeference, isBallpark, transformBetween } from "../scene/index.ts";
import { UnsupportedError, writeAtomically } from "../tensor/index.ts";

export const polygonFormats = ["gpkg", "geojson"] as const;
export type PolygonFormat = (typeof polygonFormats)[number];

/** How polygons are written; returns the paths. Not named after `map.tif`, whose style QGIS would apply to them. */
const writers: { readonly [Format in PolygonFormat]: (folder: string, layer: PolygonLayer) => Promise<string[]> } = {
  gpkg: async (folder, layer) => {
    const file = join(folder, "polygons.gpkg");
    await writeGeoPackage(file, [layer]);
    return [file];
  },
  geojson: async (folder, layer) => {
    const files = [join(folder, "polygons.geojson"), join(folder, "polygons.qml")] as const;
    const { georeference, style, software } = layer;
    await writeAtomically(files[0], geoJsonParts(layer, toLonLat(georeference)));
    await writeAtomically(files[1], encodePolygonStyle(style.values, style.attribute, software));
    return [...files];
  },
};

/**
 * Write `polygons.gpkg`; or `polygons.geojson`, in longitude and latitude where the CRS of the map is known.
 *
 * @returns their paths
 * @throws UnsupportedError for GeoJSON of a map whose CRS is neither known nor has an EPSG code
 */
export function writePolygons(folder: string, layer: PolygonLayer, format: PolygonFormat): Promise<string[]> {
  return writers[format](folder, layer);
}

const wgs84: Crs = { epsg: 4326, name: "WGS 84", wkt: null, geoKeys: null };

/** Null where the CRS does not say, to some metres, where on Earth it lies. */
function toLonLat(georeference: Georeference | null): ToLonLat | null {
  const crs = georeference?.crs ?? null;
  if (crs === null) return null;
  try {
    return isBallpark(crs, wgs84) ? null : transformBetween(crs, wgs84);
  } catch (error) {
    if (error instanceof UnsupportedError) return null;
    throw error;
  }
}
