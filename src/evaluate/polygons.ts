/** @file A label map as polygons on the corners of its pixels, which tile it without gaps or overlaps. */
import type { Plane } from "./map-picture.ts";
import { type Regions, regionsOf } from "./regions.ts";

/** Corners of pixels as column and row, one after the other; the first is not repeated at the end. */
export type Ring = Int32Array;

/** One region of a label map. */
export interface LabelPolygon {
  readonly label: number;
  readonly pixels: number;
  /** Mean of the values under it that are not NaN; NaN where there are none. */
  readonly mean: number;
  readonly exterior: Ring;
  readonly holes: readonly Ring[];
}

/** Steps along a pixel's sides, each to the right of the one before: right, down, left, up. */
const steps = [
  { right: 1, down: 0 },
  { right: 0, down: 1 },
  { right: -1, down: 0 },
  { right: 0, down: -1 },
] as const;

/**
 * The 4-connected regions of a label map as polygons, in the order of their first pixels. Rings have a corner where they
 * turn and where three regions meet, so that neighbours have the corners of their common border in common. Rings touch
 * themselves and each other in corners at most. Exteriors run clockwise as one looks at the map, holes the other way.
 *
 * @param map     `[H, W]`, 0 = no label, in no polygon
 * @param values  `[H, W]`, to be averaged over each polygon; null for none
 */
export function polygonsOf(map: Plane, values: ArrayLike<number> | null): LabelPolygon[] {
  const regions = regionsOf(map);
  const rings = ringsOf(regions);
  const sums = new Float64Array(regions.labels.length);
  const counts = new Float64Array(regions.labels.length);
  for (let pixel = 0; values !== null && pixel < regions.data.length; pixel++) {
    const region = regions.data[pixel]!;
    if (region < 0 || Number.isNaN(values[pixel]!)) continue;
    sums[region]! += values[pixel]!;
    counts[region]!++;
  }
  return regions.labels.map((label, region) => {
    // Invariant: the first ring starts at the region's first pixel, which lies at its outer border.
    const [exterior, ...holes] = rings[region]!;
    const mean = sums[region]! / counts[region]!;
    return { label, pixels: regions.sizes[region]!, mean, exterior: exterior!, holes };
  });
}

/** The rings of every region, which lies to the right of them; the one around it first. */
function ringsOf({ height, width, data, labels }: Regions): Ring[][] {
  const rings: Ring[][] = labels.map(() => []);
  const at = (col: number, row: number): number =>
    col < 0 || row < 0 || col >= width || row >= height ? -1 : data[row * width + col]!;
  // Every ring has a side that runs right along the top of a pixel.
  const isWalked = new Uint8Array(height * width);
  for (let pixel = 0; pixel < data.length; pixel++) {
    const region = data[pixel]!;
    const [firstCol, firstRow] = [pixel % width, Math.floor(pixel / width)];
    if (region < 0 || isWalked[pixel] === 1 || at(firstCol, firstRow - 1) === region) continue;
    const corners: number[] = [];
    let [col, row, direction] = [firstCol, firstRow, 0];
    do {
      if (direction === 0) isWalked[row * width + col] = 1;
      col += steps[direction]!.right;
      row += steps[direction]!.down;
      // The pixels around this corner, clockwise from the one ahead to the left, where the way leads right.
      const around = [at(col, row - 1), at(col, row), at(col - 1, row), at(col - 1, row - 1)];
      const [left, right] = [around[direction]!, around[(direction + 1) % 4]!];
      // Where the region meets itself in a corner, the way goes on around the other pixel: so it passes no corner twice.
      const turn = left === region ? 3 : right === region ? 0 : 1;
      const meeting = around.filter((one, index) => one !== around[(index + 1) % 4]).length;
      if (turn !== 0 || meeting > 2) corners.push(col, row);
      direction = (direction + turn) % 4;
    } while (col !== firstCol || row !== firstRow || direction !== 0);
    rings[region]!.push(Int32Array.from(corners));
  }
  return rings;
}
