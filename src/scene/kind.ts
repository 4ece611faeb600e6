/** @file What kind of sensor a source comes from, guessed from its name, then from its bands. */
import type { SourceKind } from "./scene.ts";

/** Whole words in names; `S1RTC` and `lidarHeight` are two words each. */
const words: readonly (readonly [SourceKind, RegExp])[] = [
  ["sar", word("s1|sentinel-?1|sar|vv|vh|hh|hv|palsar|terrasar|insar")],
  ["lidar", word("lidar|chm|ndsm|height|canopy")],
  ["dem", word("dem|dsm|dtm|srtm|elevation|altitude")],
  ["hsi", word("hsi|hs|hyperspectral|enmap|prisma|aviris|hyperion|desis")],
  ["msi", word("msi|ms|s2|sentinel-?2|landsat|multispectral")],
  ["rgb", word("rgb|ortho|orthophoto")],
  ["pan", word("pan|panchromatic")],
];

function word(options: string): RegExp {
  return new RegExp(`(?:^|[^a-z0-9])(?:${options})\\d?(?![a-z0-9])`, "i");
}

/** More bands than multispectral sensors have. */
const hyperspectralBands = 16;

/**
 * The kind of a source that the user did not tell.
 *
 * @param names  the source's name, then its file's, without directory
 */
export function guessKind(names: readonly string[], bands: number): SourceKind {
  for (const name of names) {
    const parted = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2");
    const found = words.find(([, pattern]) => pattern.test(name) || pattern.test(parted));
    if (found !== undefined) return found[0];
  }
  if (bands > hyperspectralBands) return "hsi";
  if (bands === 1) return "pan";
  return bands === 3 ? "rgb" : "msi";
}
