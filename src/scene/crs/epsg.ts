/** @file Look-up in the table of EPSG codes, datums and ellipsoids. */
import type { Definition } from "./definition.ts";
import { crsLines, datumLines, datumNames, ellipsoidLines } from "./epsg-table.ts";

const lines = (text: string): string[] => text.trim().split("\n");
const entries = (text: string): string[] => text.trim().split(";");

/** A value computed when it is first asked for. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

const datums = once(() => entries(datumLines));

/** By EPSG code: the line of its family, and its entry in that line. */
const places = once(() => {
  const found = new Map<number, readonly [string, string]>();
  for (const line of lines(crsLines)) {
    const [family, ...codes] = line.split(";");
    for (const entry of codes) found.set(Number.parseInt(entry, 10), [family!, entry]);
  }
  return found;
});

/** Degrees east of Greenwich, by PROJ's names. */
const meridians: ReadonlyMap<string, number> = new Map([
  ["athens", 23.7163375],
  ["bern", 7.43958333333333],
  ["bogota", -74.0809166666667],
  ["brussels", 4.367975],
  ["ferro", -17.6666666666667],
  ["jakarta", 106.807719444444],
  ["lisbon", -9.13190611111111],
  ["oslo", 10.7229166666667],
  ["paris", 2.33722916666667],
  ["rome", 12.4523333333333],
  ["stockholm", 18.0582777777778],
]);

/** The definition of an EPSG code of a projected or geographic 2-D CRS, null if the table does not have it. */
export function epsgDefinition(code: number): Definition | null {
  const place = places().get(code);
  if (place === undefined) return null;
  const [family, entry] = place;
  const [, datum, ...values] = entry.split(" ");
  const projection = family.replace(/=(?= |$)/g, () => `=${values.shift()}`);
  const [datumCode, ...named] = datums()[Number(datum)]!.split(" ");
  const terms = named.map((term) =>
    term.startsWith("pm=") ? `pm=${meridians.get(term.slice(3)) ?? term.slice(3)}` : term,
  );
  return { projection, datum: terms.join(" "), datumCode: Number(datumCode) };
}

/** Every code of the table. */
export function epsgCodes(): number[] {
  return Array.from(places().keys());
}

const names = once(
  () => new Map(entries(datumNames).map((entry) => [entry.split(" ")[0]!, Number(entry.split(" ")[1])] as const)),
);

/** Letters, digits and plus signs of a name, lower case: `D_North_American_1983` and `North American 1983` are one. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9+]/g, "");
}

/** Code of a geographic CRS on a datum that well-known text calls so, null if no such name is known. */
export function codeOfDatum(name: string): number | null {
  return names().get(plainName(name.replace(/^D_/i, ""))) ?? null;
}

const ellipsoids = once(
  () =>
    new Map(
      entries(ellipsoidLines).map((entry) => {
        const [code, a, rf] = entry.split(" ").map(Number);
        return [code!, ellipsoidTerms(a!, rf!)] as const;
      }),
    ),
);

/** Terms of the ellipsoid of an EPSG code, null if it is not known. */
export function epsgEllipsoid(code: number): string | null {
  return ellipsoids().get(code) ?? null;
}

/** @param rf  inverse flattening, 0 for a sphere */
export function ellipsoidTerms(semiMajorM: number, rf: number): string {
  return rf === 0 ? `a=${semiMajorM} b=${semiMajorM}` : `a=${semiMajorM} rf=${rf}`;
}

/** How a datum, given by a definition on it, lies to WGS 84: `towgs84=…`, or nothing. */
export function shiftOf(base: Definition | null): string {
  const terms = base?.datum.split(" ") ?? [];
  if (terms.includes("datum=WGS84")) return "towgs84=0,0,0";
  return terms.find((term) => term.startsWith("towgs84=")) ?? "";
}
