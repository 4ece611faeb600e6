/**
 * @file Eigenvectors of the smallest eigenvalues of a symmetric matrix that is known by what it does to vectors:
 * subspace iteration in which a Chebyshev polynomial damps all other eigenvectors.
 *
 * @see Zhou, Saad, Tiago, Chelikowsky 2006, "Self-consistent-field calculations using Chebyshev-filtered subspace
 * iteration", Journal of Computational Physics 219
 */
import { setImmediate } from "node:timers/promises";
import { EigenvalueDecomposition, Matrix, QrDecomposition } from "ml-matrix";
import { type Key, normal } from "../tensor/index.ts";

/** A symmetric matrix `[N, N]`. */
export interface Symmetric {
  readonly size: number;
  /** Its product with vectors side by side, `[N, m]`. */
  readonly times: (vectors: Matrix) => Matrix;
  /** No eigenvalue is larger. */
  readonly bound: number;
}

/** Vectors beyond those asked for, which make the last of them converge. */
const extra = 10;
const degree = 30;
const mostRounds = 60;

/** A Chebyshev polynomial of the matrix times vectors: small where eigenvalues lie from `low` to `high`. */
function filtered(times: Symmetric["times"], vectors: Matrix, low: number, high: number): Matrix {
  const [half, centre] = [(high - low) / 2, (high + low) / 2];
  const step = (x: Matrix) =>
    times(x)
      .sub(Matrix.mul(x, centre))
      .mul(1 / half);
  let [before, now] = [vectors, step(vectors)];
  for (let at = 1; at < degree; at++) [before, now] = [now, step(now).mul(2).sub(before)];
  return now;
}

/**
 * Eigenvectors of length 1, that of the smallest eigenvalue first.
 *
 * @param count     how many, at most `N`
 * @param key       of the vectors that are started from
 * @param accuracy  what may be left of M·v − λ·v, as a share of the bound; after 60 rounds, vectors are given as they are
 * @returns `[N, count]`
 */
export async function smallestEigenvectors(
  { size, times, bound }: Symmetric,
  count: number,
  key: Key,
  accuracy: number,
  progress: (done: number, total: number) => void = () => {},
): Promise<Matrix> {
  const width = Math.min(size, count + extra);
  const start = Matrix.from1DArray(size, width, normal(key, [size, width]).data);
  let vectors = start;
  for (let round = 0; ; round++) {
    const basis = new QrDecomposition(vectors).orthogonalMatrix;
    const image = times(basis);
    const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(basis.transpose().mmul(image), {
      assumeSymmetric: true,
    });
    const order = realEigenvalues.map((_, at) => at).sort((a, b) => realEigenvalues[a]! - realEigenvalues[b]!);
    const turn = eigenvectorMatrix.subMatrixColumn(order);
    vectors = basis.mmul(turn);
    const off = image.mmul(turn).sub(vectors.clone().mulRowVector(order.map((at) => realEigenvalues[at]!)));
    const worst = Math.max(...Array.from({ length: count }, (_, at) => off.subMatrix(0, size - 1, at, at).norm()));
    if (worst <= accuracy * bound || width === size || round === mostRounds) {
      progress(mostRounds, mostRounds);
      return vectors.subMatrix(0, size - 1, 0, count - 1);
    }
    progress(round, mostRounds);
    await setImmediate();
    // What is beyond the largest eigenvalue found is damped.
    vectors = filtered(times, vectors, Math.min(realEigenvalues[order[width - 1]!]!, 0.9 * bound), bound);
  }
}
