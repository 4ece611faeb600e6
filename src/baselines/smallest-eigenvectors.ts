/**
 * @file Eigenvectors of the smallest eigenvalues of a symmetric matrix that is known by what it does to vectors:
 * subspace iteration in which a Chebyshev polynomial damps all other eigenvectors.
 *
 * @see Zhou, Saad, Tiago, Chelikowsky 2006, "Self-consistent-field calculations using Chebyshev-filtered subspace
 * iteration", Journal of Computational Physics 219
 */
import { EigenvalueDecomposition, Matrix, QrDecomposition } from "ml-matrix";
import { type Key, normal } from "../tensor/index.ts";

/** A symmetric matrix `[N, N]` times vectors side by side, `[N, m]`. */
export type Product = (vectors: Matrix) => Matrix;

/** Vectors beyond those asked for, which make the last of them converge. */
const extra = 10;
const degree = 30;
const mostRounds = 60;

/** An upper bound of the eigenvalues: from a few steps of the power method, with room to spare. */
function boundOf(product: Product, start: Matrix): number {
  let vector = start;
  let length = 0;
  for (let step = 0; step < 12; step++) {
    const next = product(vector.div(vector.norm()));
    length = next.norm();
    vector = next;
  }
  return 1.5 * length;
}

/** A Chebyshev polynomial of the matrix times vectors: small where eigenvalues lie from `low` to `high`. */
function filtered(product: Product, vectors: Matrix, low: number, high: number): Matrix {
  const [half, centre] = [(high - low) / 2, (high + low) / 2];
  const step = (x: Matrix) =>
    product(x)
      .sub(Matrix.mul(x, centre))
      .mul(1 / half);
  let [before, now] = [vectors, step(vectors)];
  for (let at = 1; at < degree; at++) [before, now] = [now, step(now).mul(2).sub(before)];
  return now;
}

/**
 * Eigenvectors of length 1, that of the smallest eigenvalue first.
 *
 * @param size   `N`
 * @param count  how many, at most `N`
 * @param key    of the vectors that are started from
 * @param accuracy  what may be left of M·v − λ·v, as a share of the largest eigenvalue
 * @returns `[N, count]`
 */
export function smallestEigenvectors(
  product: Product,
  size: number,
  count: number,
  key: Key,
  accuracy: number,
  progress: (done: number, total: number) => void = () => {},
): Matrix {
  const width = Math.min(size, count + extra);
  const start = Matrix.from1DArray(size, width, normal(key, [size, width]).data);
  const high = boundOf(product, start.subMatrix(0, size - 1, 0, 0));
  let vectors = start;
  for (let round = 0; ; round++) {
    const basis = new QrDecomposition(vectors).orthogonalMatrix;
    const image = product(basis);
    const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(basis.transpose().mmul(image), {
      assumeSymmetric: true,
    });
    const order = realEigenvalues.map((_, at) => at).sort((a, b) => realEigenvalues[a]! - realEigenvalues[b]!);
    const turn = eigenvectorMatrix.subMatrixColumn(order);
    vectors = basis.mmul(turn);
    const off = image.mmul(turn).sub(vectors.clone().mulRowVector(order.map((at) => realEigenvalues[at]!)));
    const worst = Math.max(...Array.from({ length: count }, (_, at) => off.subMatrix(0, size - 1, at, at).norm()));
    if (worst <= accuracy * high || width === size || round === mostRounds) {
      progress(mostRounds, mostRounds);
      return vectors.subMatrix(0, size - 1, 0, count - 1);
    }
    progress(round, mostRounds);
    // What is beyond the largest eigenvalue found is damped.
    vectors = filtered(product, vectors, Math.min(realEigenvalues[order[width - 1]!]!, 0.9 * high), high);
  }
}
