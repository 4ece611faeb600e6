/**
 * @file Where the pixels of one grid lie on another. The mapping is computed at the corners of blocks and interpolated
 * between them; a block where that would be off by more than half a thousandth of a pixel is split, down to
 * blocks so small that each of their pixels is computed.
 */
import type { Transform } from "./transform.ts";

/**
 * @param pixel  index of a pixel, row-major
 * @param col    where its centre lies on the other grid; whole numbers are edges of pixels there
 * @param cols   size of the pixel along the other grid's columns: √(∂col/∂col² + ∂col/∂row²)
 */
export type Visit = (pixel: number, col: number, row: number, cols: number, rows: number) => void;

/** Side of the largest blocks: a grid cut at its multiples has the same ones. */
export const positionStep = 64;
/** Pixels of a block that is not split any more. */
const fewPixels = 16;
/** Of the larger of a pixel here and a pixel there. */
const tolerancePixels = 5e-4;

interface Block {
  readonly row: number;
  readonly col: number;
  readonly rows: number;
  readonly cols: number;
}

/**
 * Visit every pixel of a grid that has a place on the other one.
 *
 * @param mapping  from column and row of this grid to those of the other; NaN where there is no such place
 */
export function visitPositions(mapping: Transform, height: number, width: number, visit: Visit): void {
  for (let row = 0; row < height; row += positionStep) {
    for (let col = 0; col < width; col += positionStep) {
      const block = { row, col, rows: Math.min(positionStep, height - row), cols: Math.min(positionStep, width - col) };
      visitBlock(mapping, block, width, visit);
    }
  }
}

function visitBlock(mapping: Transform, block: Block, width: number, visit: Visit): void {
  const { row, col, rows, cols } = block;
  // Corners, then middles of the edges and of the block.
  const upLeft = mapping(col, row);
  const upRight = mapping(col + cols, row);
  const downLeft = mapping(col, row + rows);
  const downRight = mapping(col + cols, row + rows);
  const corners = [upLeft, upRight, downLeft, downRight] as const;
  const middles = [
    [mapping(col + cols / 2, row), upLeft, upRight],
    [mapping(col + cols / 2, row + rows), downLeft, downRight],
    [mapping(col, row + rows / 2), upLeft, downLeft],
    [mapping(col + cols, row + rows / 2), upRight, downRight],
    [mapping(col + cols / 2, row + rows / 2), ...corners],
  ] as const;
  if (corners.every(isNowhere) && middles.every(([middle]) => isNowhere(middle))) return;
  const sizes = [
    Math.hypot(upRight[0] - upLeft[0], upRight[1] - upLeft[1]) / cols,
    Math.hypot(downLeft[0] - upLeft[0], downLeft[1] - upLeft[1]) / rows,
  ];
  const tolerance = tolerancePixels * Math.max(1, ...sizes);
  if (middles.every(([middle, ...around]) => isBetween(middle, around, tolerance))) {
    visitPixels(corners, block, width, visit);
  } else if (rows * cols <= fewPixels) {
    visitExactly(mapping, block, width, visit);
  } else {
    for (const part of parts(block)) visitBlock(mapping, part, width, visit);
  }
}

function visitExactly(mapping: Transform, { row, col, rows, cols }: Block, width: number, visit: Visit): void {
  for (let y = row; y < row + rows; y++) {
    for (let x = col; x < col + cols; x++) {
      const centre = mapping(x + 0.5, y + 0.5);
      if (isNowhere(centre)) continue;
      const [right, down] = [mapping(x + 1, y + 0.5), mapping(x + 0.5, y + 1)];
      const size = (axis: 0 | 1) => 2 * Math.hypot(right[axis] - centre[axis], down[axis] - centre[axis]);
      // Beyond the pixel's edge there may be no place.
      visit(y * width + x, centre[0], centre[1], size(0) || 1, size(1) || 1);
    }
  }
}

type Point = readonly [number, number];

function isNowhere([col, row]: Point): boolean {
  return Number.isNaN(col + row);
}

/** Whether a point is the mean of others; never if one of them is NaN. */
function isBetween(point: Point, others: readonly Point[], tolerance: number): boolean {
  return [0, 1].every((axis) => {
    const mean = others.reduce((sum, other) => sum + other[axis]!, 0) / others.length;
    return Math.abs(point[axis]! - mean) <= tolerance;
  });
}

function parts({ row, col, rows, cols }: Block): Block[] {
  const [up, left] = [Math.ceil(rows / 2), Math.ceil(cols / 2)];
  return [
    { row, col, rows: up, cols: left },
    { row, col: col + left, rows: up, cols: cols - left },
    { row: row + up, col, rows: rows - up, cols: left },
    { row: row + up, col: col + left, rows: rows - up, cols: cols - left },
  ].filter((part) => part.rows > 0 && part.cols > 0);
}

function visitPixels(
  [upLeft, upRight, downLeft, downRight]: readonly [Point, Point, Point, Point],
  { row, col, rows, cols }: Block,
  width: number,
  visit: Visit,
): void {
  // Differences from one pixel to the next: along a row at the top and its change per row, and along a column.
  const across = [(upRight[0] - upLeft[0]) / cols, (upRight[1] - upLeft[1]) / cols] as const;
  const down = [(downLeft[0] - upLeft[0]) / rows, (downLeft[1] - upLeft[1]) / rows] as const;
  const twist = [
    (downRight[0] - downLeft[0] - upRight[0] + upLeft[0]) / (rows * cols),
    (downRight[1] - downLeft[1] - upRight[1] + upLeft[1]) / (rows * cols),
  ] as const;
  const sizeCols = Math.hypot(across[0] + (twist[0] * rows) / 2, down[0] + (twist[0] * cols) / 2);
  const sizeRows = Math.hypot(across[1] + (twist[1] * rows) / 2, down[1] + (twist[1] * cols) / 2);
  for (let y = 0; y < rows; y++) {
    const startCol = upLeft[0] + (y + 0.5) * down[0];
    const startRow = upLeft[1] + (y + 0.5) * down[1];
    const stepCol = across[0] + (y + 0.5) * twist[0];
    const stepRow = across[1] + (y + 0.5) * twist[1];
    const first = (row + y) * width + col;
    for (let x = 0; x < cols; x++) {
      visit(first + x, startCol + (x + 0.5) * stepCol, startRow + (x + 0.5) * stepRow, sizeCols, sizeRows);
    }
  }
}
