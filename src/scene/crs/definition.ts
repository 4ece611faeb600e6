/** @file What is known of a coordinate reference system, in the words of PROJ: a projection, and a datum under it. */

/** Terms such as `proj=utm zone=12 units=m`, without plus signs. */
export interface Definition {
  /** `proj=longlat` for geographic CRSs: longitude, latitude in degrees. */
  readonly projection: string;
  /** Ellipsoid, prime meridian and the shift to WGS 84. */
  readonly datum: string;
  /** EPSG code of the datum, null if it is not known. */
  readonly datumCode: number | null;
}

/** `+proj=utm +zone=12 +datum=WGS84`. */
export function projText({ projection, datum }: Pick<Definition, "projection" | "datum">): string {
  const terms = `${projection} ${datum}`.split(" ").filter((term) => term !== "");
  return terms.map((term) => `+${term}`).join(" ");
}

export function isGeographic({ projection }: Definition): boolean {
  return projection.startsWith("proj=longlat");
}

/** Whether it is known how the datum lies to WGS 84. Web Mercator's sphere carries WGS 84's longitude and latitude. */
export function isTied({ datum }: Definition): boolean {
  return /(^| )(datum=WGS84|towgs84=|a=6378137 b=6378137$)/.test(datum);
}

/** Smallest and largest values that make sense: degrees, metres, factors. */
const limits: readonly (readonly [RegExp, number, number])[] = [
  [/^lat_/, -90, 90],
  [/^(lon|pm|alpha|gamma)/, -360, 360],
  [/^[xy]_0$/, -1e9, 1e9],
  [/^(k|rf|to_meter)$/, 1e-6, 1e6],
  [/^[ab]$/, 1e6, 1e8],
  [/^towgs84$/, -1e5, 1e5],
];

/** The first term that no CRS of the Earth has, such as a latitude of 100, or null. */
export function impossibleTerm({ projection, datum }: Definition): string | null {
  const isPossible = (term: string): boolean => {
    const [name, values = ""] = term.split("=");
    const limit = limits.find(([names]) => names.test(name!));
    return limit === undefined || values.split(",").every((value) => +value >= limit[1] && +value <= limit[2]);
  };
  return `${projection} ${datum}`.split(" ").find((term) => !isPossible(term)) ?? null;
}

/** What to do about a CRS that is not supported. */
export const advice = "reproject its raster to UTM or another common CRS first, for example with gdalwarp -t_srs";
