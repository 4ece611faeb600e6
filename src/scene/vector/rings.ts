/** @file Which rings are holes of which: for formats that list all rings of a feature in one row. */
import { boxOf } from "./box.ts";
import type { Polygon, Positions } from "./features.ts";

/**
 * Polygons of rings: those that run clockwise, y up, are outer ones; the others are holes in the smallest that encloses
 * them.
 */
export function polygonsOf(rings: readonly Positions[]): Polygon[] {
  const areas = new Map(rings.map((ring) => [ring, signedArea(ring)]));
  const outers = rings.filter((ring) => areas.get(ring)! < 0).sort((a, b) => areas.get(b)! - areas.get(a)!);
  // An odd number of rings around a place is inside, whichever is the outer one.
  if (outers.length < 2) return rings.length === 0 ? [] : [rings];
  const polygons = new Map(outers.map((ring) => [ring, { box: boxOf(ring), rings: [ring] }]));
  const strays: Polygon[] = [];
  for (const hole of rings) {
    if (polygons.has(hole)) continue;
    const [x, y] = [hole[0]!, hole[1]!];
    const around = outers.find((outer) => {
      const [west, south, east, north] = polygons.get(outer)!.box;
      return x >= west && x <= east && y >= south && y <= north && encloses(outer, hole);
    });
    if (around === undefined) strays.push([hole]);
    else polygons.get(around)!.rings.push(hole);
  }
  return [...Array.from(polygons.values(), (polygon) => polygon.rings), ...strays];
}

/** Twice the area, negative where the ring runs clockwise. */
function signedArea(ring: Positions): number {
  let area = 0;
  for (let at = 0; at + 3 < ring.length; at += 2) {
    // Relative to the first corner: large coordinates would swamp a small ring.
    const [x, y] = [ring[at]! - ring[0]!, ring[at + 1]! - ring[1]!];
    area += x * (ring[at + 3]! - ring[1]!) - (ring[at + 2]! - ring[0]!) * y;
  }
  return area;
}

/** Whether the first corner of a ring that is not on the other's outline lies inside it. */
function encloses(outer: Positions, ring: Positions): boolean {
  for (let at = 0; at < ring.length; at += 2) {
    const side = sideOf(outer, ring[at]!, ring[at + 1]!);
    if (side !== 0) return side > 0;
  }
  return true;
}

/** 1 inside, −1 outside, 0 on the outline. */
function sideOf(ring: Positions, x: number, y: number): number {
  let side = -1;
  for (let at = 0; at + 3 < ring.length; at += 2) {
    const [x1, y1, x2, y2] = [ring[at]! - x, ring[at + 1]! - y, ring[at + 2]! - x, ring[at + 3]! - y];
    const turn = x1 * y2 - x2 * y1;
    if (turn === 0 && x1 * x2 <= 0 && y1 * y2 <= 0) return 0;
    if (y1 > 0 !== y2 > 0 && turn > 0 === y2 > y1) side = -side;
  }
  return side;
}
