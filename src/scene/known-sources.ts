/** @file The sources of a scene that something was fitted on, found again in another. */
import { DataError } from "../tensor/index.ts";

/** What is asked of the sources of a scene. */
export interface KnownSources {
  readonly name: string;
  readonly sources: readonly { readonly name: string; readonly bands: number }[];
}

/**
 * Index of each source that something was fitted on.
 *
 * @param fitted  names and bands of the sources then
 * @throws DataError if sources are missing or have other bands
 */
export function sourcesOf(
  { name, sources }: KnownSources,
  fitted: readonly { readonly source: string; readonly bands: number }[],
): number[] {
  return fitted.map(({ source, bands: expected }) => {
    const index = sources.findIndex((one) => one.name === source);
    if (index < 0) {
      const known = sources.map((one) => one.name).join(", ");
      throw new DataError(name, `expected a source "${source}"; got ${known}`);
    }
    const { bands } = sources[index]!;
    if (bands !== expected) throw new DataError(`source ${source}`, `expected ${expected} bands; got ${bands}`);
    return index;
  });
}
