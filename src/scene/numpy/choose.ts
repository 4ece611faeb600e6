/** @file Which of a file's arrays is meant: the one that is named, or the only one that can be a raster. */
import { ConfigError } from "../../tensor/index.ts";
import type { Variable } from "../location.ts";

/** Something in a file that holds several. */
export interface Listed {
  /** As it stands after `#`. */
  readonly path: string;
  /** `325×220×64 double`. */
  readonly content: string;
  /** Axis lengths of an array of numbers; null for anything else. */
  readonly dims: readonly number[] | null;
}

/** Those that can be a raster: with more than one row and column; failing that, of more than one number. */
function candidates<T extends Listed>(all: readonly T[]): readonly T[] {
  const arrays = all.filter(({ dims }) => dims !== null && dims.reduce((size, length) => size * length, 1) > 1);
  const wide = arrays.filter(({ dims }) => dims!.length > 1 && dims!.every((length) => length > 1));
  return wide.length > 0 ? wide : arrays;
}

/** As a reader lists them. */
export function toVariables(all: readonly Listed[]): readonly Variable[] {
  const rasters = new Set(candidates(all));
  return all.map((one) => ({ path: one.path, content: one.content, isRaster: rasters.has(one) }));
}

/**
 * The only one of them that can be a raster.
 *
 * @param location  `file` or `file#field`, for messages
 * @throws ConfigError if there is none, or a choice
 */
export function onlyArray<T extends Listed>(all: readonly T[], location: string): T {
  const rasters = candidates(all);
  if (rasters.length === 1) return rasters[0]!;
  const shown: readonly Listed[] = rasters.length > 0 ? rasters : all;
  const list = shown.slice(0, 20).map(({ path, content }) => `${path} (${content})`);
  if (shown.length > 20) list.push(`${shown.length - 20} more`);
  if (rasters.length === 0) {
    const got = list.length === 0 ? "nothing" : list.join(", ");
    throw new ConfigError(location, `expected an array of numbers; got ${got}`, location);
  }
  const example = `${location.split("#")[0]}#${rasters[0]!.path}`;
  throw new ConfigError(
    location,
    `expected one array; got ${list.join(", ")} — choose one, as in ${example}`,
    location,
  );
}

/**
 * Height, width and bands of an array `[H, W]` or `[H, W, L]`; further axes of length 1 do not count.
 *
 * @throws ConfigError for arrays of other shapes, and empty ones
 */
export function rasterShape(dims: readonly number[], location: string): readonly [number, number, number] {
  const [height = 0, width = 0, bands = 1, ...rest] = dims;
  if (rest.every((length) => length === 1) && height * width * bands > 0) return [height, width, bands];
  throw new ConfigError(location, `expected an array [H, W] or [H, W, L]; got [${dims.join(", ")}]`, location);
}
