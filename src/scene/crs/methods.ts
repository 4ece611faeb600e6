/**
 * @file Map projections by the names of well-known text (OGC, ESRI, ISO) and the codes of GeoTIFF, and what their
 * parameters are to PROJ.
 *
 * @see OGC 19-008r4, annex C; https://proj.org/operations/projections
 */

/** A parameter by PROJ's name: degrees, or metres for `x_0` and `y_0`. */
export type Role = "lat_0" | "lon_0" | "lat_1" | "lat_2" | "k" | "x_0" | "y_0" | "alpha" | "gamma";

/** Parameters of a projection that were given. */
export type Parameters = ReadonlyMap<Role, number>;

interface Method {
  /** Letters and digits of its names, lower case. */
  readonly names: readonly string[];
  /** Its code in GeoTIFF's ProjMethodGeoKey, null if it has none. */
  readonly geoTiff: number | null;
  /** Terms of the projection, without false easting and northing. */
  terms(given: (role: Role) => number, has: (role: Role) => boolean): string;
}

const azimuthal = (proj: string) => (given: (role: Role) => number) =>
  `proj=${proj} lat_0=${given("lat_0")} lon_0=${given("lon_0")}`;
const scaled = (proj: string) => (given: (role: Role) => number) => `${azimuthal(proj)(given)} k=${given("k")}`;
const conic = (proj: string) => (given: (role: Role) => number, has: (role: Role) => boolean) =>
  `${azimuthal(proj)(given)} lat_1=${given("lat_1")} lat_2=${given(has("lat_2") ? "lat_2" : "lat_1")}`;
const world = (proj: string) => (given: (role: Role) => number) => `proj=${proj} lon_0=${given("lon_0")}`;
const cylindrical = (proj: string) => (given: (role: Role) => number) =>
  `${world(proj)(given)} lat_ts=${given("lat_1")}`;

/** Both variants: scale at the pole, or the latitude where the scale is 1. */
function polar(given: (role: Role) => number, has: (role: Role) => boolean): string {
  const latitude = given(has("lat_1") ? "lat_1" : "lat_0");
  const pole = latitude < 0 || (latitude === 0 && given("lat_0") < 0) ? -90 : 90;
  const scale = latitude === pole || latitude === 0 ? `k=${given("k")}` : `lat_ts=${latitude}`;
  return `proj=stere lat_0=${pole} lon_0=${given("lon_0")} ${scale}`;
}

/** @param uncentred  `no_uoff`: the origin is where the line crosses the aposphere's equator */
const oblique = (uncentred: string) => (given: (role: Role) => number, has: (role: Role) => boolean) => {
  const gamma = given(has("gamma") ? "gamma" : "alpha");
  if (uncentred === "" && given("alpha") === 90 && gamma === 90) return scaled("somerc")(given);
  const centre = `lat_0=${given("lat_0")} lonc=${given("lon_0")}`;
  return `proj=omerc ${uncentred} ${centre} alpha=${given("alpha")} gamma=${gamma} k=${given("k")}`;
};

export const methods: readonly Method[] = [
  { names: ["transversemercator", "gausskruger"], geoTiff: 1, terms: scaled("tmerc") },
  {
    names: ["transversemercatorsouthorientated"],
    geoTiff: 27,
    terms: (given) => `${scaled("tmerc")(given)} axis=wsu`,
  },
  {
    names: ["mercator", "mercator1sp", "mercator2sp", "mercatorvarianta", "mercatorvariantb"],
    geoTiff: 7,
    terms: (given, has) => (has("lat_1") ? cylindrical("merc")(given) : `${world("merc")(given)} k=${given("k")}`),
  },
  {
    names: ["lambertconformalconic1sp", "lambertconicconformal1sp"],
    geoTiff: 9,
    terms: (given) => `${scaled("lcc")(given)} lat_1=${given("lat_0")}`,
  },
  {
    names: ["lambertconformalconic", "lambertconformalconic2sp", "lambertconicconformal2sp"],
    geoTiff: 8,
    terms: (given, has) => `${conic("lcc")(given, has)} k=${given("k")}`,
  },
  { names: ["albers", "albersconicequalarea", "albersequalarea"], geoTiff: 11, terms: conic("aea") },
  { names: ["lambertazimuthalequalarea"], geoTiff: 10, terms: azimuthal("laea") },
  {
    names: [
      ...["polarstereographic", "polarstereographicvarianta", "polarstereographicvariantb"],
      ...["stereographicnorthpole", "stereographicsouthpole"],
    ],
    geoTiff: 15,
    terms: polar,
  },
  { names: ["stereographic"], geoTiff: 14, terms: scaled("stere") },
  { names: ["obliquestereographic", "doublestereographic"], geoTiff: 16, terms: scaled("sterea") },
  { names: ["sinusoidal"], geoTiff: 24, terms: world("sinu") },
  {
    names: ["equirectangular", "equidistantcylindrical", "platecarree"],
    geoTiff: 17,
    terms: (given) => `${cylindrical("eqc")(given)} lat_0=${given("lat_0")}`,
  },
  {
    names: ["cylindricalequalarea", "lambertcylindricalequalarea"],
    geoTiff: 28,
    terms: cylindrical("cea"),
  },
  { names: ["mollweide"], geoTiff: null, terms: world("moll") },
  { names: ["robinson"], geoTiff: 23, terms: world("robin") },
  { names: ["equalearth"], geoTiff: null, terms: world("eqearth") },
  { names: ["polyconic", "americanpolyconic"], geoTiff: 22, terms: azimuthal("poly") },
  { names: ["cassini", "cassinisoldner"], geoTiff: 18, terms: azimuthal("cass") },
  {
    names: ["azimuthalequidistant", "modifiedazimuthalequidistant"],
    geoTiff: 12,
    terms: azimuthal("aeqd"),
  },
  { names: ["equidistantconic"], geoTiff: 13, terms: conic("eqdc") },
  {
    names: [
      ...["hotineobliquemercator", "hotineobliquemercatorvarianta"],
      ...["rectifiedskeworthomorphicnaturalorigin", "hotineobliquemercatorazimuthnaturalorigin"],
    ],
    geoTiff: 3,
    terms: oblique("no_uoff"),
  },
  {
    names: [
      ...["hotineobliquemercatorazimuthcenter", "hotineobliquemercatorvariantb"],
      "rectifiedskeworthomorphiccenter",
    ],
    geoTiff: 9815,
    terms: oblique(""),
  },
];

/** Terms of a projection with its parameters; those that are not given are 0, the scale 1. */
export function projectionTerms(method: Method, parameters: Parameters, unitM: number): string {
  const given = (role: Role) => parameters.get(role) ?? (role === "k" ? 1 : 0);
  const terms = method.terms(given, (role) => parameters.has(role));
  const unit = unitM === 1 ? "" : ` to_meter=${unitM}`;
  return `${terms} x_0=${given("x_0")} y_0=${given("y_0")}${unit}`;
}
