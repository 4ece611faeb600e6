/** @file Random numbers one at a time, and smooth random fields over a grid. */
import { childKey, type Key, uniform } from "../../tensor/index.ts";

/** Draws uniform numbers in [low, high), by default [0, 1), one after the other. */
export type Dice = (low?: number, high?: number) => number;

/** Dice of a key. */
export function dice(key: Key): Dice {
  const size = 256;
  let numbers: Float32Array = new Float32Array(0);
  let drawn = 0;
  return (low = 0, high = 1) => {
    if (drawn % size === 0) numbers = uniform(childKey(key, drawn / size), [size]).data;
    return low + (high - low) * numbers[drawn++ % size]!;
  };
}

/**
 * A smooth random field: random numbers in [−1, 1] on a coarse lattice, between them a cubic blend.
 *
 * @param length  distance between lattice points, in cells
 * @returns       `f32 [rows, cols]`
 */
export function smoothField(key: Key, rows: number, cols: number, length: number): Float32Array {
  const down = Math.ceil(rows / length) + 2;
  const across = Math.ceil(cols / length) + 2;
  const lattice = uniform(key, [down, across], -1, 1).data;
  const field = new Float32Array(rows * cols);
  const blend = (share: number): number => share * share * (3 - 2 * share);
  for (let row = 0; row < rows; row++) {
    const v = row / length;
    const top = Math.floor(v) * across;
    const below = blend(v - Math.floor(v));
    for (let col = 0; col < cols; col++) {
      const u = col / length;
      const left = top + Math.floor(u);
      const right = blend(u - Math.floor(u));
      const upper = lattice[left]! + right * (lattice[left + 1]! - lattice[left]!);
      const lower = lattice[left + across]! + right * (lattice[left + across + 1]! - lattice[left + across]!);
      field[row * cols + col] = upper + below * (lower - upper);
    }
  }
  return field;
}
