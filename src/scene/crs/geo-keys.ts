/**
 * @file From the keys of a GeoTIFF that describe a CRS without a code to a definition.
 *
 * @see OGC 19-008r4, GeoTIFF 1.1, annexes B and C
 */
import { UnsupportedError } from "../../tensor/index.ts";
import type { Crs } from "../raster.ts";
import { advice, type Definition } from "./definition.ts";
import { ellipsoidTerms, epsgDefinition, epsgEllipsoid, shiftOf } from "./epsg.ts";
import { methods, projectionTerms, type Role } from "./methods.ts";

const keys = {
  ...{ modelType: 1024, geographicCrs: 2048, datum: 2050, angularUnit: 2054, ellipsoid: 2056, semiMajor: 2057 },
  ...{ semiMinor: 2058, inverseFlattening: 2059, primeMeridian: 2061, toWgs84: 2062 },
  ...{ conversion: 3074, method: 3075, linearUnit: 3076, linearUnitSize: 3077 },
} as const;
const parameterKeys: readonly (readonly [Role, readonly number[]])[] = [
  ["lat_1", [3078]],
  ["lat_2", [3079]],
  ["lon_0", [3080, 3084, 3088, 3095]],
  ["lat_0", [3081, 3085, 3089]],
  ["x_0", [3082, 3086, 3090]],
  ["y_0", [3083, 3087, 3091]],
  ["k", [3092, 3093]],
  ["alpha", [3094]],
  ["gamma", [3096]],
];
const unitsM = new Map([
  [9001, 1],
  [9002, 0.3048],
  [9003, 1200 / 3937],
  [9036, 1000],
]);
const degree = 9102;

/**
 * @throws UnsupportedError for what is not in the tables
 */
export function geoKeyDefinition(geoKeys: NonNullable<Crs["geoKeys"]>, name: string): Definition {
  const values = valuesOf(geoKeys);
  const unsupported = (what: string) => new UnsupportedError(`CRS ${name} (${what})`, advice);
  const one = (key: number): number | null => values.get(key)?.[0] ?? null;
  const geographic = one(keys.geographicCrs);
  // EPSG numbers its older datums 2000 above the geographic CRSs on them.
  const base = epsgDefinition(geographic ?? (one(keys.datum) ?? 0) - 2000);
  const datumCode = base?.datumCode ?? null;
  const datum = geographic !== null && base !== null ? base.datum : ownDatum(values, base);
  if (datum === null) throw unsupported(`geographic CRS ${geographic ?? "unknown"}`);
  if ((one(keys.angularUnit) ?? degree) !== degree) throw unsupported(`angles in unit ${one(keys.angularUnit)}`);
  if (one(keys.modelType) === 2) return { projection: "proj=longlat", datum, datumCode };
  const conversion = one(keys.conversion) ?? 0;
  const unit = one(keys.linearUnit) ?? 9001;
  const unitM = unitsM.get(unit) ?? one(keys.linearUnitSize);
  if (unitM === null || !(unitM > 0)) throw unsupported(`lengths in unit ${unit}`);
  // EPSG's conversions 16001–16060 and 16101–16160 are the UTM zones, north and south.
  const [zone, hemisphere] = [conversion % 100, Math.floor(conversion / 100)];
  if ((hemisphere === 160 || hemisphere === 161) && zone >= 1 && zone <= 60 && unitM === 1) {
    return { projection: `proj=utm zone=${zone}${hemisphere === 161 ? " south" : ""}`, datum, datumCode };
  }
  const method = methods.find(({ geoTiff }) => geoTiff !== null && geoTiff === one(keys.method));
  if (method === undefined) throw unsupported(`projection ${one(keys.method) ?? (conversion || "unknown")}`);
  const parameters = new Map<Role, number>();
  for (const [role, all] of parameterKeys) {
    const value = all.map(one).find((found) => found !== null);
    const factor = role === "x_0" || role === "y_0" ? unitM : 1;
    if (value !== undefined && value !== null) parameters.set(role, value * factor);
  }
  return { projection: projectionTerms(method, parameters, unitM), datum, datumCode };
}

/** Datum by its code or, without one, by its ellipsoid; null if neither is known. */
function ownDatum(values: ReadonlyMap<number, readonly number[]>, base: Definition | null): string | null {
  const one = (key: number): number | null => values.get(key)?.[0] ?? null;
  const a = one(keys.semiMajor);
  const b = one(keys.semiMinor);
  const rf = one(keys.inverseFlattening) ?? (a === null || b === null ? null : a === b ? 0 : a / (a - b));
  const ellipsoid =
    epsgEllipsoid(one(keys.ellipsoid) ?? 0) ?? (a === null || rf === null ? null : ellipsoidTerms(a, rf));
  if (ellipsoid === null) return base?.datum ?? null;
  const told = values.get(keys.toWgs84);
  const shift = told !== undefined ? `towgs84=${told.join(",")}` : shiftOf(base);
  const meridian = one(keys.primeMeridian) ?? 0;
  return [ellipsoid, meridian === 0 ? "" : `pm=${meridian}`, shift].filter((term) => term !== "").join(" ");
}

const inDoubles = 34736;

/** Numbers by key, without those that are not finite and the code 32767, which means "user-defined". */
function valuesOf({ directory, doubles }: NonNullable<Crs["geoKeys"]>): ReadonlyMap<number, readonly number[]> {
  const values = new Map<number, readonly number[]>();
  for (let at = 4; at + 3 < directory.length; at += 4) {
    const [key, place, count, value] = directory.slice(at, at + 4) as [number, number, number, number];
    const numbers = place === 0 ? [value] : place === inDoubles ? doubles.slice(value, value + count) : [];
    const isKnown = numbers.length > 0 && numbers.every(Number.isFinite) && !(place === 0 && value === 32767);
    if (isKnown) values.set(key, numbers);
  }
  return values;
}
