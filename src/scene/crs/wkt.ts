/**
 * @file From well-known text of any make (OGC 01-009, ESRI's, ISO 19162) to a definition.
 *
 * @see OGC 12-063r5, 18-010r7
 */
import { UnsupportedError } from "../../tensor/index.ts";
import { advice, type Definition } from "./definition.ts";
import { codeOfDatum, ellipsoidTerms, epsgDefinition, plainName, shiftOf } from "./epsg.ts";
import { methods, projectionTerms, type Role } from "./methods.ts";
import { child, children, descendant, epsgCodeOf, nameOf, numberAt, type WktNode, wktTree } from "./wkt-tree.ts";

const projectedWords = ["PROJCS", "PROJCRS", "PROJECTEDCRS"];
const geographicWords = ["GEOGCS", "GEOGCRS", "GEODCRS", "GEOGRAPHICCRS", "GEODETICCRS", "BASEGEOGCRS", "BASEGEODCRS"];

/** Parameters by the letters of their names. */
const roles = new Map<string, Role>([
  ...roleNames("lat_0", "latitudeoforigin", "latitudeofcenter", "centralparallel", "latitudeofnaturalorigin"),
  ...roleNames("lat_0", "latitudeoffalseorigin", "latitudeofprojectioncentre"),
  ...roleNames("lon_0", "centralmeridian", "longitudeofcenter", "longitudeofnaturalorigin", "longitudeoforigin"),
  ...roleNames("lon_0", "longitudeoffalseorigin", "longitudeofprojectioncentre"),
  ...roleNames("lat_1", "standardparallel1", "latitudeof1ststandardparallel", "latitudeofstandardparallel"),
  ...roleNames("lat_2", "standardparallel2", "latitudeof2ndstandardparallel"),
  ...roleNames("k", "scalefactor", "scalefactoratnaturalorigin", "scalefactoroninitialline"),
  ...roleNames("k", "scalefactoratprojectioncentre"),
  ...roleNames("x_0", "falseeasting", "eastingatfalseorigin", "eastingatprojectioncentre"),
  ...roleNames("y_0", "falsenorthing", "northingatfalseorigin", "northingatprojectioncentre"),
  ...roleNames("alpha", "azimuth", "azimuthofinitialline", "azimuthatprojectioncentre"),
  ...roleNames("gamma", "rectifiedgridangle", "anglefromrectifiedtoskewgrid", "xyplanerotation"),
]);

function roleNames(role: Role, ...names: readonly string[]): (readonly [string, Role])[] {
  return names.map((name) => [name, role] as const);
}

/**
 * @param name  of the CRS, for errors
 * @throws DataError if the text is damaged
 * @throws UnsupportedError for projections that are not in the table
 */
export function wktDefinition(text: string, name: string): Definition {
  const tree = wktTree(text, `CRS ${name}`);
  const projected = descendant(tree, ...projectedWords);
  const geographic = descendant(projected ?? tree, ...geographicWords);
  if (geographic === null) throw new UnsupportedError(`CRS ${name} (${tree.keyword})`, advice);
  const known = epsgDefinition(epsgCodeOf(projected ?? geographic) ?? 0);
  if (known !== null) return known;
  const base = epsgDefinition(baseCode(geographic) ?? 0);
  const [datum, datumCode] = [datumTerms(geographic, base), base?.datumCode ?? null];
  const degrees = angularUnit(geographic);
  if (projected === null) {
    if (degrees !== 1) throw new UnsupportedError(`CRS ${name} (not in degrees)`, advice);
    return { projection: "proj=longlat", datum, datumCode };
  }
  if (isWebMercator(projected)) return epsgDefinition(3857)!;
  return { projection: projection(projected, degrees, name), datum, datumCode };
}

function datumNode(geographic: WktNode): WktNode | null {
  return child(geographic, "DATUM", "ENSEMBLE", "GEODETICDATUM", "TRF");
}

/** EPSG code of a geographic CRS on the datum, null if it is not known. */
function baseCode(geographic: WktNode): number | null {
  return epsgCodeOf(geographic) ?? codeOfDatum(nameOf(datumNode(geographic)));
}

function datumTerms(geographic: WktNode, base: Definition | null): string {
  const node = datumNode(geographic);
  const spheroid = node === null ? null : child(node, "SPHEROID", "ELLIPSOID");
  const unitM = numberAt(spheroid === null ? null : child(spheroid, "LENGTHUNIT", "UNIT"), 1) ?? 1;
  const a = (numberAt(spheroid, 1) ?? 6378137) * unitM;
  const rf = numberAt(spheroid, 2) ?? 298.257223563;
  const primeMeridian = child(geographic, "PRIMEM", "PRIMEMERIDIAN");
  const own = primeMeridian === null ? null : numberAt(child(primeMeridian, "ANGLEUNIT", "UNIT"), 1);
  const meridian = (numberAt(primeMeridian, 1) ?? 0) * (own === null ? 1 : inDegrees(own));
  const told = node === null ? null : child(node, "TOWGS84");
  const shift = told === null ? shiftOf(base) : `towgs84=${told.values.slice(0, 7).join(",")}`;
  return [ellipsoidTerms(a, rf), meridian === 0 ? "" : `pm=${meridian}`, shift].filter((term) => term !== "").join(" ");
}

/** Degrees in the unit of angles. */
function angularUnit(geographic: WktNode): number {
  const axes = children(geographic, "AXIS").map((axis) => child(axis, "ANGLEUNIT", "UNIT"));
  const unit = child(geographic, "UNIT", "ANGLEUNIT") ?? axes.find((one) => one !== null) ?? null;
  return inDegrees(numberAt(unit, 1) ?? Math.PI / 180);
}

/** Text holds a degree's radians to 15 digits or so: a latitude of 90 shall stay one. */
function inDegrees(radians: number): number {
  const degrees = (radians * 180) / Math.PI;
  return Math.abs(degrees - 1) < 1e-9 ? 1 : degrees;
}

function isWebMercator(projected: WktNode): boolean {
  const method = plainName(nameOf(methodNode(projected)));
  const extension = child(projected, "EXTENSION")?.values[1];
  return (
    method === "mercatorauxiliarysphere" ||
    method === "popularvisualisationpseudomercator" ||
    (typeof extension === "string" && /\+proj=merc.*\+a=6378137 \+b=6378137/.test(extension))
  );
}

function methodNode(projected: WktNode): WktNode | null {
  return descendant(projected, "PROJECTION", "METHOD");
}

function projection(projected: WktNode, degrees: number, name: string): string {
  const given = nameOf(methodNode(projected));
  const method = methods.find(({ names }) => names.includes(plainName(given)));
  if (method === undefined) throw new UnsupportedError(`CRS ${name} (projection ${given || "without a name"})`, advice);
  const axes = children(projected, "AXIS").map((axis) => child(axis, "LENGTHUNIT", "UNIT"));
  const unit = child(projected, "UNIT", "LENGTHUNIT") ?? axes.find((one) => one !== null) ?? null;
  const unitM = numberAt(unit, 1) ?? 1;
  const parameters = new Map<Role, number>();
  for (const node of children(child(projected, "CONVERSION") ?? projected, "PARAMETER")) {
    const role = roles.get(plainName(nameOf(node)));
    const value = numberAt(node, 1);
    if (value === null || (role === undefined && value !== 0)) {
      throw new UnsupportedError(`CRS ${name} (parameter ${nameOf(node)})`, advice);
    }
    if (role === undefined) continue;
    const isLength = role === "x_0" || role === "y_0";
    const own = child(node, "ANGLEUNIT", "LENGTHUNIT", "SCALEUNIT", "UNIT");
    const factor = numberAt(own, 1);
    const angle = factor === null ? degrees : inDegrees(factor);
    parameters.set(role, value * (role === "k" ? (factor ?? 1) : isLength ? (factor ?? unitM) : angle));
  }
  return projectionTerms(method, parameters, unitM);
}
