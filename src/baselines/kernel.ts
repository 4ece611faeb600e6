/**
 * @file The radial basis function K(x, z) = exp(−γ‖x − z‖²) of many rows at once. Rows are kept multiplied by √(2γ), so
 * that K(x, z) = exp(x·z − ‖x‖²/2 − ‖z‖²/2).
 */

/** `[rows, columns]`, multiplied by √(2γ), and ‖row‖²/2 of each row. */
export interface KernelRows {
  readonly columns: number;
  readonly values: Float64Array;
  readonly halfNorms: Float64Array;
}

/** Rows for the kernel; `values` is multiplied in place. */
export function kernelRows(values: Float64Array, columns: number, gamma: number): KernelRows {
  const factor = Math.sqrt(2 * gamma);
  const halfNorms = new Float64Array(values.length / columns);
  for (let row = 0; row < halfNorms.length; row++) {
    let square = 0;
    for (let at = row * columns; at < (row + 1) * columns; at++) {
      values[at]! *= factor;
      square += values[at]! * values[at]!;
    }
    halfNorms[row] = square / 2;
  }
  return { columns, values, halfNorms };
}

/** The rows picked, in that order. */
export function pickRows({ columns, values, halfNorms }: KernelRows, picked: readonly number[]): KernelRows {
  const into = new Float64Array(picked.length * columns);
  for (const [to, row] of picked.entries()) {
    into.set(values.subarray(row * columns, (row + 1) * columns), to * columns);
  }
  return { columns, values: into, halfNorms: Float64Array.from(picked, (row) => halfNorms[row]!) };
}

/**
 * Kernel of one row of `x` with the rows `[start, end)` of `z`, written to `into` from `to` on.
 */
export function fillKernel(
  x: KernelRows,
  row: number,
  z: KernelRows,
  start: number,
  end: number,
  into: Float32Array | Float64Array,
  to: number,
): void {
  const { columns, values: xs, halfNorms } = x;
  const zs = z.values;
  const from = row * columns;
  const half = halfNorms[row]!;
  const norms = z.halfNorms;
  let other = start;
  // Four rows at a time: each value of x is read once for all of them.
  for (; other + 3 < end; other += 4) {
    let at0 = other * columns;
    let at1 = at0 + columns;
    let at2 = at1 + columns;
    let at3 = at2 + columns;
    let dot0 = 0;
    let dot1 = 0;
    let dot2 = 0;
    let dot3 = 0;
    for (let at = from; at < from + columns; at++) {
      const value = xs[at]!;
      dot0 += value * zs[at0++]!;
      dot1 += value * zs[at1++]!;
      dot2 += value * zs[at2++]!;
      dot3 += value * zs[at3++]!;
    }
    const place = to + other - start;
    // ‖x − z‖² ≥ 0 whatever the rounding.
    into[place] = Math.exp(Math.min(0, dot0 - half - norms[other]!));
    into[place + 1] = Math.exp(Math.min(0, dot1 - half - norms[other + 1]!));
    into[place + 2] = Math.exp(Math.min(0, dot2 - half - norms[other + 2]!));
    into[place + 3] = Math.exp(Math.min(0, dot3 - half - norms[other + 3]!));
  }
  for (; other < end; other++) {
    let dot = 0;
    for (let at = 0; at < columns; at++) dot += xs[from + at]! * zs[other * columns + at]!;
    into[to + other - start] = Math.exp(Math.min(0, dot - half - norms[other]!));
  }
}
