/** @file How a sensor's pixel gathers the fine cells below it: a Gaussian point spread, wider than the pixel's square. */

/** Cells along the side of a pixel. */
export const cellsPerPixel = 3;

/** Weights over a square of cells around the centre of a pixel. */
export interface Footprint {
  /** The square reaches from −`reach` to `reach` cells. */
  readonly reach: number;
  /** `[2·reach + 1, 2·reach + 1]`, sum 1. */
  readonly weights: Float64Array;
}

/** @param deviation  of the Gaussian, in pixels */
export function footprint(deviation: number): Footprint {
  const width = deviation * cellsPerPixel;
  const reach = Math.ceil(2.5 * width);
  const side = 2 * reach + 1;
  const weights = Float64Array.from({ length: side * side }, (_, at) => {
    const squared = (Math.floor(at / side) - reach) ** 2 + ((at % side) - reach) ** 2;
    return Math.exp((-0.5 * squared) / (width * width));
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return { reach, weights: weights.map((weight) => weight / sum) };
}

/** Calls `visit` for each cell of a pixel's footprint; at the border of the landscape its edge cells count again. */
export function gather(
  { reach, weights }: Footprint,
  row: number,
  col: number,
  rows: number,
  cols: number,
  visit: (cell: number, weight: number) => void,
): void {
  const half = (cellsPerPixel - 1) / 2;
  let at = 0;
  for (let down = -reach; down <= reach; down++) {
    const r = Math.min(rows - 1, Math.max(0, row * cellsPerPixel + half + down));
    for (let right = -reach; right <= reach; right++) {
      const c = Math.min(cols - 1, Math.max(0, col * cellsPerPixel + half + right));
      visit(r * cols + c, weights[at++]!);
    }
  }
}
