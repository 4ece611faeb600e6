/** @file Centre wavelengths in nanometres, from whatever a file says of its bands. */

/** What files call a unit of length, in nm. */
const units: readonly (readonly [RegExp, number])[] = [
  [/^(nm|nanomet)/i, 1],
  [/^([µμu]m$|microm|micron)/i, 1000],
  [/^(mm$|millim)/i, 1e6],
  [/^(m$|met(er|re))/i, 1e9],
];

const inName = /(?:^|[^\w.])(\d+(?:\.\d+)?)\s*(nm|nanomet(?:er|re)s?|[µμu]m|micromet(?:er|re)s?|microns?)(?![a-z])/i;

/**
 * A number and its unit in nm. Without a known unit, numbers below 100 are taken for µm, as no optical sensor sees
 * below 100 nm.
 *
 * @returns null if it is no wavelength
 */
export function wavelengthNm(text: string, unit: string | null): number | null {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (!(value > 0 && Number.isFinite(value))) return null;
  const factor = units.find(([pattern]) => unit !== null && pattern.test(unit.trim()))?.[1];
  // Six significant decimals of a nm are kept; 0.55 µm is 550 nm, not 550.0000000000001.
  return Number((value * (factor ?? (value < 100 ? 1000 : 1))).toFixed(6));
}

/** One wavelength a band, where every band's name has one: `band 1 (418.24 Nanometers)`; else null. */
export function wavelengthsInNames(names: readonly string[] | null): number[] | null {
  if (names === null) return null;
  return allOrNull(
    names.map((name) => {
      const match = inName.exec(name);
      return match === null ? null : wavelengthNm(match[1]!, match[2]!);
    }),
  );
}

/** A list without holes, else null. */
export function allOrNull<T>(values: readonly (T | null)[]): T[] | null {
  return values.length > 0 && values.every((value) => value !== null) ? (values as T[]) : null;
}
