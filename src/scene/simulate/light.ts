/** @file What the sun reaches: shadows cast by buildings and trees along its direction, light and dark sides of crowns. */
import { cover, type Landscape } from "./landscape.ts";
import type { Beam } from "./plan.ts";

/** Both `[rows, cols]`. */
export interface Light {
  /** Direct sunlight as a share of that on open flat ground. */
  readonly direct: Float32Array;
  /** Class numbers, with the ground in the shadow of buildings a class of its own. */
  readonly cover: Uint8Array;
}

/** Sunlight that passes a crown. */
const throughCrown = 0.3;

/**
 * What stands between each cell and the beam: 0 nothing, else the cover number of the obstacle; buildings count before
 * trees.
 */
export function obstacles(land: Landscape, beam: Beam): Uint8Array {
  const { rows, cols, cellM, heightM, cover: covers } = land;
  const right = Math.sin(beam.azimuth);
  const down = -Math.cos(beam.azimuth);
  const rise = Math.tan(beam.elevation) * cellM;
  const highest = heightM.reduce((most, height) => Math.max(most, height), 0);
  const found = new Uint8Array(rows * cols);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++, at++) {
      // A little above the cell, so that rough ground does not shade itself.
      let ray = heightM[at]! + 0.4;
      for (let step = 1; ; step++) {
        ray += rise;
        if (ray > highest) break;
        const r = Math.round(row + step * down);
        const c = Math.round(col + step * right);
        if (r < 0 || c < 0 || r >= rows || c >= cols) break;
        const other = r * cols + c;
        if (heightM[other]! <= ray) continue;
        found[at] = covers[other]!;
        if (covers[other] === cover.building) break;
      }
    }
  }
  return found;
}

/** Sides of crowns that look at the sun are lighter. */
function crownShading(land: Landscape, at: number, sun: Beam): number {
  const { rows, cols, heightM, cellM } = land;
  const row = Math.floor(at / cols);
  const col = at % cols;
  const height = (down: number, right: number): number => {
    const r = Math.min(rows - 1, Math.max(0, row + Math.round(down)));
    return heightM[r * cols + Math.min(cols - 1, Math.max(0, col + Math.round(right)))]!;
  };
  const right = Math.sin(sun.azimuth);
  const down = -Math.cos(sun.azimuth);
  const slope = (height(-down, -right) - height(down, right)) / (2 * cellM);
  return Math.min(1.15, Math.max(0.5, 0.95 + 0.12 * slope));
}

/** The landscape in the light of the sun. */
export function illuminate(land: Landscape, sun: Beam): Light {
  const blocked = obstacles(land, sun);
  const direct = new Float32Array(blocked.length);
  const covers = land.cover.slice();
  for (let at = 0; at < blocked.length; at++) {
    const isTree = covers[at] === cover.tree;
    const reaching = blocked[at] === cover.building ? 0 : blocked[at] === cover.tree ? throughCrown : 1;
    direct[at] = reaching * (isTree ? crownShading(land, at, sun) : 1);
    if (blocked[at] === cover.building && !isTree && covers[at] !== cover.building) covers[at] = cover.shadow;
  }
  return { direct, cover: covers };
}
