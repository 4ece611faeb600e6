/** @file The sieve: regions that are too small join a neighbour, so that a map keeps no speckle and gets no gaps. */
import type { Plane } from "./map-picture.ts";
import { type Regions, regionsOf } from "./regions.ts";

/** Pixel sides that each region shares with each of its neighbours. */
function sharedBorders({ height, width, data, labels }: Regions): Map<number, number>[] {
  const borders = labels.map(() => new Map<number, number>());
  const meet = (a: number, b: number): void => {
    if (a === b || a < 0 || b < 0) return;
    borders[a]!.set(b, (borders[a]!.get(b) ?? 0) + 1);
    borders[b]!.set(a, (borders[b]!.get(a) ?? 0) + 1);
  };
  for (let pixel = 0; pixel < data.length; pixel++) {
    if (pixel % width < width - 1) meet(data[pixel]!, data[pixel + 1]!);
    if (pixel < (height - 1) * width) meet(data[pixel]!, data[pixel + width]!);
  }
  return borders;
}

/**
 * A map without regions of fewer than `fewest` pixels. The smallest go first; each takes the label of the neighbour
 * with which it shares the longest border (of equal ones, the larger, then the earlier), and what then hangs together
 * is one region. A region without neighbours stays as it is.
 *
 * @param map  `[H, W]`, 0 = no label; such pixels are nobody's neighbours
 * @returns    `[H, W]`
 */
export function sieved(map: Plane, fewest: number): Uint16Array {
  const regions = regionsOf(map);
  const { data, labels, sizes } = regions;
  const borders = sharedBorders(regions);
  const heirs = labels.map((_, region) => region);
  const heirOf = (region: number): number => {
    let heir = region;
    while (heirs[heir] !== heir) heir = heirs[heir] = heirs[heirs[heir]!]!;
    return heir;
  };
  /** `region` becomes part of `heir`, with its borders. */
  const join = (region: number, heir: number): void => {
    heirs[region] = heir;
    sizes[heir]! += sizes[region]!;
    for (const [neighbour, length] of borders[region]!) {
      borders[neighbour]!.delete(region);
      if (neighbour === heir) continue;
      borders[heir]!.set(neighbour, (borders[heir]!.get(neighbour) ?? 0) + length);
      borders[neighbour]!.set(heir, (borders[neighbour]!.get(heir) ?? 0) + length);
    }
    borders[region]!.clear();
  };
  const order = labels.map((_, region) => region).filter((region) => sizes[region]! < fewest);
  order.sort((a, b) => sizes[a]! - sizes[b]! || a - b);
  for (const region of order) {
    if (heirs[region] !== region || sizes[region]! >= fewest) continue;
    let best = -1;
    for (const [neighbour, length] of borders[region]!) {
      const longest = best < 0 ? 0 : borders[region]!.get(best)!;
      const isBetter = sizes[neighbour]! - sizes[best]! || best - neighbour;
      if (length > longest || (length === longest && isBetter > 0)) best = neighbour;
    }
    if (best < 0) continue;
    join(region, best);
    // What the small region held apart may have one label.
    for (const neighbour of [...borders[best]!.keys()]) {
      if (labels[neighbour] === labels[best]) join(neighbour, best);
    }
  }
  return Uint16Array.from(data, (region) => (region < 0 ? 0 : labels[heirOf(region)]!));
}
