/**
 * @file Datums by ENVI's names, with the EPSG codes of their geographic and UTM coordinate systems.
 *
 * @see EPSG Geodetic Parameter Dataset, https://epsg.org
 */

/** UTM zones of one hemisphere: zone z has the code `base + z`. */
interface Zones {
  readonly base: number;
  readonly first: number;
  readonly last: number;
}

export interface Datum {
  /** EPSG code of latitude and longitude. */
  readonly geographic: number;
  readonly utmNorth?: Zones;
  readonly utmSouth?: Zones;
}

const zones = (base: number, first: number, last: number): Zones => ({ base, first, last });

const datums: readonly (readonly [RegExp, Datum])[] = [
  [/^WGS-?84/i, { geographic: 4326, utmNorth: zones(32600, 1, 60), utmSouth: zones(32700, 1, 60) }],
  [/^WGS-?72/i, { geographic: 4322, utmNorth: zones(32200, 1, 60), utmSouth: zones(32300, 1, 60) }],
  [/^North America 1983|NAD-?83/i, { geographic: 4269, utmNorth: zones(26900, 1, 23) }],
  [/^North America 1927|NAD-?27/i, { geographic: 4267, utmNorth: zones(26700, 1, 22) }],
  [/^ETRS-?(19)?89/i, { geographic: 4258, utmNorth: zones(25800, 28, 38) }],
  [/^European 1950/i, { geographic: 4230, utmNorth: zones(23000, 28, 38) }],
  [/^Geocentric Datum of Australia 1994/i, { geographic: 4283, utmSouth: zones(28300, 48, 58) }],
  [/^Australian Geodetic 1984/i, { geographic: 4203, utmSouth: zones(20300, 48, 58) }],
  [/^Ordnance Survey of Great Britain '36/i, { geographic: 4277 }],
  [/^SAD-69\/Brazil/i, { geographic: 4291 }],
  [/^Nouvelle Triangulation Francaise IGN/i, { geographic: 4275 }],
];

/** A datum by its name in `map info`. */
export function datumNamed(name: string | undefined): Datum | undefined {
  return datums.find(([pattern]) => pattern.test(name ?? ""))?.[1];
}
