/**
 * @file The dual of a two-class support vector machine, solved by sequential minimal optimisation with
 * second-order choice of the working pair, as LIBSVM does (without its shrinking):
 * minimise ½ αᵀQα − Σα with Qᵢⱼ = yᵢyⱼK(xᵢ, xⱼ), 0 ≤ α ≤ C, Σ yᵢαᵢ = 0.
 *
 * @see Fan, Chen, Lin 2005, "Working set selection using second order information for training SVM"
 */

/** One row of the kernel matrix, `K(row, ·)`. */
export type KernelRow = (row: number) => Float32Array;

/** A two-class machine: the decision for x is Σ weightᵢ·K(xᵢ, x) − bias, positive for the class with sign 1. */
export interface Machine {
  /** `yᵢαᵢ`, 0 for a row that is no support vector. */
  readonly weights: Float64Array;
  readonly bias: number;
}

/** Keep the rows used last, within about `budgetBytes`. */
export function rememberedRows(size: number, row: KernelRow, budgetBytes: number = 2 ** 28): KernelRow {
  const kept = new Map<number, Float32Array>();
  const most = Math.max(2, Math.floor(budgetBytes / (4 * size)));
  return (at) => {
    let values = kept.get(at);
    if (values === undefined) {
      values = row(at);
      if (kept.size >= most) kept.delete(kept.keys().next().value!);
    } else if (most < size) {
      kept.delete(at);
    }
    // Last used is last in the order of insertion.
    if (most < size || !kept.has(at)) kept.set(at, values);
    return values;
  };
}

/**
 * Solve the dual.
 *
 * @param signs      +1 or −1, one a row
 * @param row        kernel with K(x, x) = 1, as the radial basis function has
 * @param cost       `C` > 0
 * @param tolerance  of the optimality conditions; LIBSVM's default 1e-3
 */
export function solveDual(signs: Int8Array, row: KernelRow, cost: number, tolerance = 1e-3): Machine {
  const size = signs.length;
  const alpha = new Float64Array(size);
  const gradient = new Float64Array(size).fill(-1);
  const mostSteps = Math.max(1e7, 100 * size);

  for (let step = 0; step < mostSteps; step++) {
    let i = -1;
    let up = Number.NEGATIVE_INFINITY;
    for (let t = 0; t < size; t++) {
      const sign = signs[t]!;
      if (sign > 0 ? alpha[t]! >= cost : alpha[t]! <= 0) continue;
      const value = -sign * gradient[t]!;
      if (value >= up) {
        up = value;
        i = t;
      }
    }
    if (i < 0) break;
    const rowI = row(i);
    let j = -1;
    let low = Number.NEGATIVE_INFINITY;
    let best = Number.POSITIVE_INFINITY;
    for (let t = 0; t < size; t++) {
      const sign = signs[t]!;
      if (sign > 0 ? alpha[t]! <= 0 : alpha[t]! >= cost) continue;
      const value = sign * gradient[t]!;
      if (value > low) low = value;
      const gain = up + value;
      if (gain <= 0) continue;
      const gained = -(gain * gain) / Math.max(2 - 2 * rowI[t]!, 1e-12);
      if (gained <= best) {
        best = gained;
        j = t;
      }
    }
    if (j < 0 || up + low < tolerance) break;

    // Move along yᵢαᵢ + yⱼαⱼ = constant to the minimum, then back into the box.
    const rowJ = row(j);
    const oldI = alpha[i]!;
    const oldJ = alpha[j]!;
    const curvature = Math.max(2 - 2 * rowI[j]!, 1e-12);
    const sameSign = signs[i] === signs[j];
    let newI: number;
    let newJ: number;
    if (sameSign) {
      const sum = oldI + oldJ;
      newJ = oldJ + (gradient[i]! - gradient[j]!) / curvature;
      newJ = Math.min(Math.max(newJ, Math.max(0, sum - cost)), Math.min(cost, sum));
      newI = sum - newJ;
    } else {
      const difference = oldI - oldJ;
      newJ = oldJ + (-gradient[i]! - gradient[j]!) / curvature;
      newJ = Math.min(Math.max(newJ, Math.max(0, -difference)), Math.min(cost, cost - difference));
      newI = difference + newJ;
    }
    // Rounding must not leave a multiplier a hair inside its bound, or the pair is chosen for ever.
    alpha[i] = newI < 1e-12 * cost ? 0 : newI > (1 - 1e-12) * cost ? cost : newI;
    alpha[j] = newJ < 1e-12 * cost ? 0 : newJ > (1 - 1e-12) * cost ? cost : newJ;
    const moveI = signs[i]! * (alpha[i]! - oldI);
    const moveJ = signs[j]! * (alpha[j]! - oldJ);
    for (let t = 0; t < size; t++) gradient[t]! += signs[t]! * (moveI * rowI[t]! + moveJ * rowJ[t]!);
  }

  const weights = new Float64Array(size);
  for (let t = 0; t < size; t++) weights[t] = signs[t]! * alpha[t]!;
  return { weights, bias: biasOf(signs, alpha, gradient, cost) };
}

/** Mean of yᵢ∇ᵢ over the free multipliers, or the middle of its bounds where none is free. */
function biasOf(signs: Int8Array, alpha: Float64Array, gradient: Float64Array, cost: number): number {
  let free = 0;
  let sum = 0;
  let lower = Number.NEGATIVE_INFINITY;
  let upper = Number.POSITIVE_INFINITY;
  for (let t = 0; t < signs.length; t++) {
    const value = signs[t]! * gradient[t]!;
    if (alpha[t]! > 0 && alpha[t]! < cost) {
      free++;
      sum += value;
    } else if (alpha[t]! <= 0 === signs[t]! > 0) {
      upper = Math.min(upper, value);
    } else {
      lower = Math.max(lower, value);
    }
  }
  return free > 0 ? sum / free : (upper + lower) / 2;
}
