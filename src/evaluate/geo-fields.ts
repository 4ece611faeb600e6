/**
 * @file A georeference as GeoTIFF fields: the affine transform and the keys of the coordinate reference system.
 *
 * @see OGC 19-008r4, "GeoTIFF Standard" 1.1
 */
import type { Georeference } from "../scene/index.ts";
import type { TiffField } from "./tiff-directory.ts";

const modelTypeKey = 1024;
const rasterTypeKey = 1025;
const geodeticCrsKey = 2048;
const projectedCrsKey = 3072;
const pixelIsPoint = 2;

/**
 * Fields 33550, 33922 or 34264 (place) and 34735–34737 (reference system). Keys that came from a GeoTIFF are written
 * back as they were; otherwise they are made from the EPSG code. A system without either is left out.
 */
export function geoFields(georeference: Georeference, height: number, width: number): TiffField[] {
  const { transform, crs } = georeference;
  const keys = crs?.geoKeys ?? null;
  const directory = keys?.directory ?? (crs?.epsg == null ? null : keysOfEpsg(crs.epsg, georeference, height, width));
  const fields = placeFields(transform, directory !== null && keyOf(directory, rasterTypeKey) === pixelIsPoint);
  if (directory !== null) fields.push({ tag: 34735, type: "short", values: directory });
  if (keys !== null && keys.doubles.length > 0) fields.push({ tag: 34736, type: "double", values: keys.doubles });
  if (keys !== null && keys.ascii !== "") fields.push({ tag: 34737, type: "ascii", text: keys.ascii });
  return fields;
}

/** Value of a key that stands in the directory itself; null where it is absent or stored elsewhere. */
export function keyOf(directory: readonly number[], key: number): number | null {
  for (let at = 4; at + 3 < directory.length; at += 4) {
    if (directory[at] === key && directory[at + 1] === 0) return directory[at + 3]!;
  }
  return null;
}

function keysOfEpsg(epsg: number, georeference: Georeference, height: number, width: number): number[] {
  const isGeographic = isInDegrees(georeference.transform, height, width);
  return [
    [1, 1, 0, 3],
    [modelTypeKey, 0, 1, isGeographic ? 2 : 1],
    [rasterTypeKey, 0, 1, 1],
    [isGeographic ? geodeticCrsKey : projectedCrsKey, 0, 1, epsg],
  ].flat();
}

/**
 * Whether the image lies within longitudes and latitudes. In metres or feet it would have to lie within 400 units of
 * the origin of its projection, where nobody maps land, so no list of geographic EPSG codes is needed.
 */
function isInDegrees(t: Georeference["transform"], height: number, width: number): boolean {
  return [0, height].every((row) =>
    [0, width].every(
      (col) => Math.abs(t[0] + col * t[1] + row * t[2]) <= 400 && Math.abs(t[3] + col * t[4] + row * t[5]) <= 91,
    ),
  );
}

function placeFields(t: Georeference["transform"], isPoint: boolean): TiffField[] {
  // Where pixels are points, the file places the centre of a pixel; `transform` places its upper-left corner.
  const x = isPoint ? t[0] + (t[1] + t[2]) / 2 : t[0];
  const y = isPoint ? t[3] + (t[4] + t[5]) / 2 : t[3];
  if (t[2] === 0 && t[4] === 0 && t[1] > 0 && t[5] < 0) {
    return [
      { tag: 33550, type: "double", values: [t[1], -t[5], 0] },
      { tag: 33922, type: "double", values: [0, 0, 0, x, y, 0] },
    ];
  }
  const matrix = [
    [t[1], t[2], 0, x],
    [t[4], t[5], 0, y],
    [0, 0, 0, 0],
    [0, 0, 0, 1],
  ];
  return [{ tag: 34264, type: "double", values: matrix.flat() }];
}
