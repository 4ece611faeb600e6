/**
 * @file From the coordinates of one CRS to those of another. Projections are exact to a centimetre within their areas
 * of use. Between datums a shift of three or seven parameters is taken, not a grid of corrections: exact between the
 * modern ones (WGS 84, ETRS89, NAD83, SIRGAS, GDA: they count as equal, though up to two metres apart), some metres
 * off for older ones.
 */
import { createRequire } from "node:module";
import type { Converter, default as Proj4 } from "proj4";
import { SymdiffuserError, UnsupportedError } from "../../tensor/index.ts";
import type { Crs } from "../raster.ts";
import { advice, type Definition, impossibleTerm, isGeographic, isTied, projText } from "./definition.ts";
import { epsgDefinition } from "./epsg.ts";
import { isSameDatum, isSameProjection } from "./equality.ts";
import { geoKeyDefinition } from "./geo-keys.ts";
import { wktDefinition } from "./wkt.ts";

/** x and y, east and north, or longitude and latitude in degrees; NaN where the projection has no such place. */
export type Transform = (x: number, y: number) => readonly [number, number];

/**
 * What PROJ needs to know of a CRS: by its EPSG code, its well-known text, or its GeoTIFF keys.
 *
 * @throws UnsupportedError if none of them leads to a projection that is known
 * @throws DataError if its well-known text is damaged
 */
export function definitionOf(crs: Crs): Definition {
  const name = cited(crs) === null ? (crs.epsg === null ? crs.name : `EPSG:${crs.epsg}`) : "of the citation";
  const definition = lookUp(crs, name);
  const impossible = impossibleTerm(definition);
  if (impossible !== null) throw new UnsupportedError(`CRS ${name} (${impossible})`, advice);
  // proj4 forgets it there.
  if (/^proj=sinu .*[xy]_0=(?!0( |$))/.test(definition.projection)) {
    throw new UnsupportedError(`CRS ${name} (sinusoidal with a false easting or northing)`, advice);
  }
  return definition;
}

function lookUp(crs: Crs, name: string): Definition {
  const citation = cited(crs);
  const known = crs.epsg === null || citation !== null ? null : epsgDefinition(crs.epsg);
  if (known !== null) return known;
  const text = citation ?? crs.wkt;
  if (text !== null) return wktDefinition(text, name);
  if (crs.geoKeys !== null && crs.epsg === null) return geoKeyDefinition(crs.geoKeys, name);
  throw new UnsupportedError(`CRS ${name}`, advice);
}

/** Well-known text that GDAL and ArcGIS keep in the citation where GeoTIFF has no keys for a projection. */
function cited({ name }: Crs): string | null {
  return /^ESRI PE String = (.*)$/s.exec(name)?.[1] ?? null;
}

/** Whether two CRSs are known to be the same, however they are spelt. */
export function isSameCrs(a: Crs, b: Crs): boolean {
  return isAlike(a, b) === true;
}

/** Whether two CRSs are known to differ. */
export function isOtherCrs(a: Crs, b: Crs): boolean {
  return isAlike(a, b) === false;
}

/** Whether two CRSs mean the same; null where that is not known. */
function isAlike(a: Crs, b: Crs): boolean | null {
  if (isSpeltAlike(a, b)) return true;
  const [own, other] = [knownDefinition(a), knownDefinition(b)];
  if (own === null || other === null) return a.epsg !== null && b.epsg !== null && a.epsg !== b.epsg ? false : null;
  return isSameProjection(own, other) ? isSameDatum(own, other) : false;
}

/** Null for a CRS that is not supported, or whose text is damaged. */
function knownDefinition(crs: Crs): Definition | null {
  try {
    return definitionOf(crs);
  } catch (fault) {
    if (fault instanceof SymdiffuserError) return null;
    throw fault;
  }
}

/** Whether codes, texts or keys are equal. */
function isSpeltAlike(a: Crs, b: Crs): boolean {
  if (a === b) return true;
  if (cited(a) !== cited(b)) return false;
  if (a.epsg !== null || b.epsg !== null) return a.epsg === b.epsg;
  if (a.wkt !== null || b.wkt !== null) return a.wkt === b.wkt;
  return a.geoKeys !== null && JSON.stringify(a.geoKeys) === JSON.stringify(b.geoKeys);
}

/** Whether longitude and latitude are kept between two CRSs for want of a known shift, some hundred metres off. */
export function isBallpark(from: Crs, to: Crs): boolean {
  if (isSameCrs(from, to)) return false;
  const [own, other] = [definitionOf(from), definitionOf(to)];
  return isSameDatum(own, other) !== true && !(isTied(own) && isTied(other));
}

/** Whether its coordinates are longitude and latitude. */
export function isLongitudeLatitude(crs: Crs): boolean {
  return isGeographic(definitionOf(crs));
}

/** A hair over, for the corners of rasters of the whole Earth. */
const poleDegrees = 90 + 1e-9;
const wgs84 = "+proj=longlat +datum=WGS84";

/**
 * @throws UnsupportedError, DataError as {@link definitionOf}
 */
export function transformBetween(from: Crs, to: Crs): Transform {
  if (isSameCrs(from, to)) return (x, y) => [x, y];
  const [own, other] = [definitionOf(from), definitionOf(to)];
  // Over longitude and latitude, so that no projection meets a latitude beyond a pole.
  if (isSameDatum(own, other) === true) {
    // Its shift cancels out, and the loss of height with it.
    const [before, after] = [withoutShift(own), withoutShift(other)];
    if (projText(before) === projText(after)) return (x, y) => [x, y];
    return chain(step(projText(before), longlat(before), from, to), step(longlat(before), projText(after), from, to));
  }
  return chain(step(projText(own), wgs84, from, to), step(wgs84, projText(other), from, to));
}

function chain(first: Transform, second: Transform): Transform {
  return (x, y) => second(...first(x, y));
}

function longlat({ datum }: Definition): string {
  return projText({ projection: "proj=longlat", datum });
}

function withoutShift({ projection, datum, datumCode }: Definition): Definition {
  return { projection, datum: datum.replace(/ ?towgs84=\S+/, ""), datumCode };
}

function step(before: string, after: string, from: Crs, to: Crs): Transform {
  const nowhere = [Number.NaN, Number.NaN] as const;
  let converter: Converter;
  try {
    // Loaded when places are transformed: it is large, and sources mostly share a grid.
    const proj4 = createRequire(import.meta.url)("proj4") as typeof Proj4;
    converter = proj4(before, after);
  } catch (cause) {
    throw new UnsupportedError(`the transformation from ${from.name} to ${to.name} (${before}, ${after})`, undefined, {
      cause,
    });
  }
  const limit = before.startsWith("+proj=longlat") ? poleDegrees : Number.MAX_VALUE;
  return (x, y) => {
    if (!(Number.isFinite(x) && Math.abs(y) <= limit)) return nowhere;
    try {
      const [east, north] = converter.forward([x, y], true) as [number, number];
      return Number.isFinite(east) && Number.isFinite(north) ? [east, north] : nowhere;
    } catch {
      // proj4 throws where a projection has no such place, as other projections answer NaN.
      return nowhere;
    }
  };
}
