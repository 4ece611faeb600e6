/**
 * @file UCSL: a linear projection of all sources into one subspace, learned without labels, and the nearest training
 * pixel in it. Every training pixel stands in the model as a whole and once more for each source alone, the others 0, so
 * that one projection serves them all: X̃. With L, the Laplacian of the graph of nearest neighbours among its columns,
 *
 *     min ‖Z − Uᵀ·X̃‖² + α·‖U‖² + β·tr(Uᵀ·X̃·L·X̃ᵀ·U) + γ·tr(Z·L·Zᵀ),  Z·Zᵀ = I
 *
 * has U = (X̃·X̃ᵀ + α·I + β·X̃·L·X̃ᵀ)⁻¹·X̃·Zᵀ, and in Z the eigenvectors of the smallest eigenvalues of
 * I − X̃ᵀ·(…)⁻¹·X̃ + γ·L. U has as many rows as there are bands, and 20 columns.
 *
 * Written from a description of its published code and settings; the joint objective is our reading of them. Deviations: pixels are mapped by all their sources, since a scene has
 * them everywhere (published: by the multispectral one alone); values are clipped before they are taken to the range 0 to
 * 1 and radar power is in decibels, as for every method here; of more than 1500 training pixels an even sample makes the
 * graph, while all of them are neighbours.
 *
 * @see Yao, Hong, Wang, Liu, Chanussot 2023, "UCSL: Toward unsupervised common subspace learning for cross-modal image
 * classification", IEEE Transactions on Geoscience and Remote Sensing 61
 */
import { CholeskyDecomposition, Matrix } from "ml-matrix";
import { fitNormalisation, type Normalisation, type Progress, type Source } from "../scene/index.ts";
import { type Arrays, DataError, keyOf, ndarray } from "../tensor/index.ts";
import { nearest, nearestNeighbours, neighboursOf } from "./neighbours.ts";
import { type Symmetric, smallestEigenvectors } from "./smallest-eigenvectors.ts";
import type { Learned, Learner, LearnOptions, Table } from "./table.ts";

const dimensions = 20;
const [alpha, beta, gamma] = [1e-3, 1e-2, 1];
const neighbours = 30;
const mostInGraph = 1500;
const accuracy = 1e-8;

/** The grey values of a source: one range for all its bands, taken to 0 to 1. */
export function grey(source: Source): Normalisation {
  const { perBand, decibel } = fitNormalisation(source);
  const mean = Math.min(...perBand.map(({ low }) => low));
  const deviation = Math.max(...perBand.map(({ high }) => high)) - mean;
  return { decibel, perBand: perBand.map((band) => ({ ...band, mean, deviation })) };
}

/** Rows, then the same of each source alone with 0 for the others: X̃ᵀ, `[N, L]`. */
function stacked({ rows, columns, data, sources = [columns] }: Table): Matrix {
  const ends = sources.map((_, at) => sources.slice(0, at + 1).reduce((a, b) => a + b, 0));
  const ranges = sources.length > 1 ? ends.map((end, at) => [end - sources[at]!, end] as const) : [];
  const taken = Math.min(rows, mostInGraph);
  const result = Matrix.zeros(taken * (1 + ranges.length), columns);
  for (const [part, [first, end]] of [[0, columns] as const, ...ranges].entries()) {
    for (let row = 0; row < taken; row++) {
      const from = Math.floor((row * rows) / taken) * columns;
      for (let column = first; column < end; column++) {
        result.set(part * taken + row, column, data[from + column]!);
      }
    }
  }
  return result;
}

/**
 * The Laplacian of the graph of nearest neighbours, weights exp(−d² / 2), either of a pair being near the other.
 *
 * @see Merris 1998, "A note on Laplacian graph eigenvalues", of the bound
 */
function laplacianOf(points: Matrix): Symmetric {
  const { rows: size, columns } = points;
  const rows = Float64Array.from(points.to1DArray());
  const k = Math.min(neighbours + 1, size); // itself among them
  const [distances, found] = [new Float64Array(k), new Int32Array(k)];
  const weights = Array.from({ length: size }, () => new Map<number, number>());
  for (let row = 0; row < size; row++) {
    const own = rows.subarray(row * columns, (row + 1) * columns);
    nearest({ k, rows, classes: { length: size } as Int32Array }, own, distances, found);
    const itself = found.indexOf(row);
    for (let at = 0; at < k; at++) {
      // Of more equal rows than there are neighbours, it may not be among them itself.
      if (at === (itself < 0 ? k - 1 : itself)) continue;
      const weight = Math.exp(-distances[at]! / 2);
      weights[row]!.set(found[at]!, weight);
      weights[found[at]!]!.set(row, weight);
    }
  }
  const edges = weights.map((map) => [...map.entries()]);
  const degrees = edges.map((edge) => edge.reduce((sum, [, weight]) => sum + weight, 0));
  const bounds = edges.map((edge, row) => {
    const own = degrees[row]!;
    return own > 0 ? own + edge.reduce((sum, [other, weight]) => sum + (weight * degrees[other]!) / own, 0) : 0;
  });
  const times = (x: Matrix): Matrix => {
    const lines = x.to2DArray();
    const width = x.columns;
    const result = lines.map((line, row) => {
      const sum = new Float64Array(width);
      for (const [other, weight] of edges[row]!) {
        const values = lines[other]!;
        for (let at = 0; at < width; at++) sum[at]! += weight * (line[at]! - values[at]!);
      }
      return sum;
    });
    return new Matrix(result as unknown as number[][]);
  };
  return { size, times, bound: bounds.reduce((a, b) => Math.max(a, b)) };
}

/** U, `[L, C]`, each column with its largest number positive. */
async function subspaceOf(table: Table, progress?: Progress): Promise<Matrix> {
  const x = stacked(table); // [N, L]
  const laplacian = laplacianOf(x);
  const gram = x.transpose().mmul(Matrix.add(x, laplacian.times(x).mul(beta)));
  const ridge = gram.add(gram.transpose()).mul(0.5).add(Matrix.eye(table.columns).mul(alpha));
  const solved = new CholeskyDecomposition(ridge).solve(x.transpose()); // [L, N]
  const matrix: Symmetric = {
    size: x.rows,
    times: (z) =>
      laplacian
        .times(z)
        .mul(gamma)
        .add(z)
        .sub(x.mmul(solved.mmul(z))),
    bound: 1 + gamma * laplacian.bound,
  };
  const count = Math.min(dimensions, x.rows);
  const embedding = await smallestEigenvectors(matrix, count, keyOf(0), accuracy, progress);
  const projection = solved.mmul(embedding);
  for (let column = 0; column < count; column++) {
    const values = projection.getColumn(column);
    const most = values.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
    if (most < 0) projection.mulColumn(column, -1);
  }
  return projection;
}

/** Rows in the subspace. @param projection  `[L, C]` */
function projected({ rows, columns, data }: Table, projection: Float64Array): Table {
  const count = projection.length / columns;
  const result = new Float32Array(rows * count);
  const sum = new Float64Array(count);
  for (let row = 0; row < rows; row++) {
    sum.fill(0);
    for (let column = 0; column < columns; column++) {
      const value = data[row * columns + column]!;
      for (let at = 0; at < count; at++) sum[at]! += value * projection[column * count + at]!;
    }
    result.set(sum, row * count);
  }
  return { rows, columns: count, data: result };
}

function learnedOf(projection: Float64Array, columns: number, inner: Learned): Learned {
  return {
    probabilities: (table) => inner.probabilities(projected(table, projection)),
    arrays: (): Arrays => ({
      ...inner.arrays(),
      projection: ndarray(projection, [columns, projection.length / columns], "f64"),
    }),
  };
}

/** The nearest training pixel in the common subspace, as a learner. Nothing in it is random. */
export const commonSubspace: Learner<LearnOptions> = {
  learn: async (table, classes, count, _, progress) => {
    const projection = Float64Array.from((await subspaceOf(table, progress)).to1DArray());
    const { columns, data } = projected(table, projection);
    const standard = { means: new Float64Array(columns), scales: new Float64Array(columns).fill(1) };
    const known = { k: 1, standard, rows: Float64Array.from(data), classes: classes.slice() };
    return learnedOf(projection, table.columns, neighboursOf(known, count));
  },
  restore: (read, columns, count) => {
    const projection = read("projection", "f64");
    const width = projection.length / columns;
    if (!(Number.isInteger(width) && width >= 1)) {
      throw new DataError("projection", `expected a number of rows of ${columns}; got ${projection.length} values`);
    }
    return learnedOf(projection, columns, nearestNeighbours.restore(read, width, count));
  },
};
