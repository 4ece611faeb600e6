/** @file Boxes around positions, along the axes. */
import type { Geometry, Positions } from "./features.ts";

/** West, south, east and north; infinite and the wrong way round where there is no position. */
export type Box = readonly [number, number, number, number];

/** NaN where a coordinate is NaN. */
export function boxOf(positions: Positions): Box {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let at = 0; at < positions.length; at += 2) {
    west = Math.min(west, positions[at]!);
    south = Math.min(south, positions[at + 1]!);
    east = Math.max(east, positions[at]!);
    north = Math.max(north, positions[at + 1]!);
  }
  return [west, south, east, north];
}

export function boxOfGeometry({ polygons, points }: Geometry): Box {
  return polygons.flat().map(boxOf).reduce(joined, boxOf(points));
}

/** The box around both. */
export function joined([west, south, east, north]: Box, [w, s, e, n]: Box): Box {
  return [Math.min(west, w), Math.min(south, s), Math.max(east, e), Math.max(north, n)];
}

export function isOverlapping([west, south, east, north]: Box, [w, s, e, n]: Box): boolean {
  return west <= e && east >= w && south <= n && north >= s;
}

/** `x 717730 to 717820 and y 5700010 to 5700090`. */
export function boxText(box: Box): string {
  const [west, south, east, north] = box.map((value) => String(Number(value.toPrecision(9))));
  return `x ${west} to ${east} and y ${south} to ${north}`;
}
