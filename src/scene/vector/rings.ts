/** @file Which way rings run, and which are holes of which. */
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

/** The ring closed and turned clockwise, y up: GDAL tells upper from lower horizontal edges by their direction. */
export function clockwise(ring: Positions): Positions {
  const isClosed = ring[0] === ring.at(-2) && ring[1] === ring.at(-1);
  const closed = new Float64Array(isClosed ? ring.length : ring.length + 2);
  closed.set(ring);
  closed.set(ring.subarray(0, 2), closed.length - 2);
  if (isClockwise(closed)) return closed;
  const turned = new Float64Array(closed.length);
  for (let at = 0; at < closed.length; at += 2) {
    turned[closed.length - 2 - at] = closed[at]!;
    turned[closed.length - 1 - at] = closed[at + 1]!;
  }
  return turned;
}

/** Corners nearer than this count as one for {@link isClockwise}. */
const samePlace = 1e-5;

/** By the turn at the lowest, then rightmost corner of a closed ring; by its area where that corner has no clear turn. */
function isClockwise(ring: Positions): boolean {
  const corners = ring.length / 2 - 1;
  const [x, y] = [(corner: number) => ring[2 * corner]!, (corner: number) => ring[2 * corner + 1]!];
  let lowest = 0;
  let isTwice = false;
  for (let corner = 1; corner < corners; corner++) {
    const isLower = y(corner) < y(lowest) || (y(corner) === y(lowest) && x(corner) > x(lowest));
    isTwice = !isLower && (isTwice || (y(corner) === y(lowest) && x(corner) === x(lowest)));
    if (isLower) lowest = corner;
  }
  const before = lowest === 0 ? Math.max(0, corners - 1) : lowest - 1;
  const after = lowest + 1 >= corners ? 0 : lowest + 1;
  const [x0, y0] = [x(before) - x(lowest), y(before) - y(lowest)];
  const [x1, y1] = [x(after) - x(lowest), y(after) - y(lowest)];
  const isNear = (dx: number, dy: number) => Math.abs(dx) < samePlace && Math.abs(dy) < samePlace;
  const turn = isTwice || isNear(x0, y0) || isNear(x1, y1) ? 0 : x1 * y0 - x0 * y1;
  if (turn !== 0) return turn < 0;
  return signedArea(ring) < 0;
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
