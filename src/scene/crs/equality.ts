/** @file Whether two definitions mean the same, however they are spelt. */
import type { Definition } from "./definition.ts";

/** Metres in PROJ's units. */
const unitsM: ReadonlyMap<string, number> = new Map([
  ["m", 1],
  ["ft", 0.3048],
  ["us-ft", 1200 / 3937],
  ["link", 0.201168],
]);

/** What a term that is not there stands for; 0 for those not listed. */
const defaults: ReadonlyMap<string, number> = new Map([
  ["k", 1],
  ["to_meter", 1],
]);

/** Differences that move no place by a millimetre: metres for lengths, degrees for angles. */
const tolerances: ReadonlyMap<string, number> = new Map([
  ["x_0", 1e-4],
  ["y_0", 1e-4],
  ["k", 1e-11],
  ["to_meter", 1e-11],
]);
const toleranceDegrees = 1e-9;

type Terms = Map<string, string>;

function termsOf(text: string): Terms {
  const terms = text.split(" ").filter((term) => term !== "");
  return new Map(terms.map((term) => [term.split("=")[0]!, term.slice(term.indexOf("=") + 1)] as const));
}

/** Terms of a projection, with one spelling for what PROJ spells in several ways. */
function plainTerms(projection: string): Terms {
  const terms = termsOf(projection);
  const zone = terms.get("zone");
  if (terms.get("proj") === "utm" && zone !== undefined) {
    const north = terms.has("south") ? 1e7 : 0;
    return termsOf(`proj=tmerc lon_0=${6 * Number(zone) - 183} k=0.9996 x_0=500000 y_0=${north}`);
  }
  const unitM = unitsM.get(terms.get("units") ?? "");
  if (unitM !== undefined) {
    terms.delete("units");
    terms.set("to_meter", String(unitM));
  }
  const first = terms.get("lat_1");
  if (first !== undefined) {
    // Standard parallels in any order; one alone stands for both.
    const [south, north] = [first, terms.get("lat_2") ?? first].sort((a, b) => Number(a) - Number(b));
    terms.set("lat_1", south!).set("lat_2", north!);
  }
  return terms;
}

function isSameValue(name: string, a: string | undefined, b: string | undefined): boolean {
  if (a === b) return true;
  const [own, other] = [a, b].map((value) => Number(value ?? defaults.get(name) ?? 0)) as [number, number];
  const tolerance = tolerances.get(name);
  if (tolerance !== undefined) return Math.abs(own - other) <= tolerance;
  // −22.7° is 337.3°, too.
  return Math.abs(own - other - 360 * Math.round((own - other) / 360)) <= toleranceDegrees;
}

/** Whether two definitions project alike, to a millimetre, whatever their datums are. */
export function isSameProjection(a: Definition, b: Definition): boolean {
  const [own, other] = [plainTerms(a.projection), plainTerms(b.projection)];
  return [...own.keys(), ...other.keys()].every((name) => isSameValue(name, own.get(name), other.get(name)));
}

/** Whether two datums are one; null where one of them has no code and their terms differ. */
export function isSameDatum(a: Definition, b: Definition): boolean | null {
  if (a.datumCode === null || b.datumCode === null) return a.datum === b.datum ? true : null;
  const [own, other] = [termsOf(a.datum), termsOf(b.datum)];
  return a.datumCode === b.datumCode && isSameValue("pm", own.get("pm"), other.get("pm"));
}
