/**
 * @file Support vector classifier with the radial basis function K(x, z) = exp(−γ‖x − z‖²), one machine for each pair of
 * classes. Settings as scikit-learn's `SVC(C=10, gamma="scale")` after `StandardScaler`.
 *
 * @see Chang, Lin 2011, "LIBSVM: a library for support vector machines"; docs/decisions/002-support-vector-machine.md
 */
import { setImmediate } from "node:timers/promises";
import type { Progress } from "../scene/index.ts";
import { type Arrays, ConfigError, DataError, ndarray } from "../tensor/index.ts";
import { fillKernel, type KernelRows, kernelRows, pickRows } from "./kernel.ts";
import { type Machine, rememberedRows, solveDual } from "./smo.ts";
import { type Standard, standardised, standardOf } from "./standard.ts";
import type { Learned, Learner, LearnOptions, Table } from "./table.ts";

/** Nothing here is random: the seed changes nothing. */
export interface SupportVectorOptions extends LearnOptions {
  /** `C` > 0 @default 10 */
  readonly cost?: number;
}

/** A trained classifier, with `S` support vectors in the order of their classes. */
export interface SupportVectors {
  readonly standard: Standard;
  readonly gamma: number;
  /** Standardised, `S` rows. */
  readonly vectors: KernelRows;
  /** Where the vectors of each of the `count` classes start, and after the last where they end. */
  readonly starts: Int32Array;
  /** Pairs of classes a < b; a decision above 0 is one for a. `weights[0]` belong to the vectors of a, `weights[1]` to those of b. */
  readonly pairs: readonly {
    readonly a: number;
    readonly b: number;
    readonly weights: readonly [Float64Array, Float64Array];
    readonly bias: number;
  }[];
  readonly count: number;
}

/** `gamma="scale"`: 1 / (columns · variance of all values); 1 where they are all equal. */
function scaleGamma(values: Float64Array, columns: number): number {
  let mean = 0;
  let square = 0;
  for (const value of values) {
    mean += value / values.length;
    square += value ** 2 / values.length;
  }
  const variance = square - mean ** 2;
  return variance > 0 ? 1 / (columns * variance) : 1;
}

/** The row at a place of a pair's rows: first those of a, then those of b. */
function rowOf(at: number, [startA, endA]: readonly [number, number], [startB]: readonly [number, number]): number {
  return at < endA - startA ? startA + at : startB + at - (endA - startA);
}

/** The machine that tells the rows `[startA, endA)` from `[startB, endB)`. */
function pairMachine(
  rows: KernelRows,
  [startA, endA]: readonly [number, number],
  [startB, endB]: readonly [number, number],
  cost: number,
): Machine {
  const sizeA = endA - startA;
  const size = sizeA + endB - startB;
  const signs = new Int8Array(size).fill(1, 0, sizeA).fill(-1, sizeA);
  const kernel = (at: number): Float32Array => {
    const row = rowOf(at, [startA, endA], [startB, endB]);
    const into = new Float32Array(size);
    fillKernel(rows, row, rows, startA, endA, into, 0);
    fillKernel(rows, row, rows, startB, endB, into, sizeA);
    return into;
  };
  return solveDual(signs, rememberedRows(size, kernel), cost);
}

/** Train a machine for each pair of classes that have rows. */
export async function trainSupportVectors(
  table: Table,
  classes: Int32Array,
  count: number,
  options: SupportVectorOptions,
  progress?: Progress,
): Promise<SupportVectors> {
  const { cost = 10 } = options;
  if (!(cost > 0)) throw new ConfigError("cost", `expected a number > 0; got ${cost}`, cost);
  const { columns } = table;
  const standard = standardOf(table);
  const values = standardised(table, standard);
  const gamma = scaleGamma(values, columns);
  // Rows in the order of their classes, so that those of a class lie together.
  const order = [...classes.keys()].sort((a, b) => classes[a]! - classes[b]! || a - b);
  const rows = pickRows(kernelRows(values, columns, gamma), order);
  const ends = new Int32Array(count + 1);
  for (const k of classes) ends[k + 1]!++;
  for (let k = 0; k < count; k++) ends[k + 1]! += ends[k]!;
  const range = (k: number): [number, number] => [ends[k]!, ends[k + 1]!];
  const present = Array.from({ length: count }, (_, k) => k).filter((k) => ends[k]! < ends[k + 1]!);

  const machines: { a: number; b: number; machine: Machine }[] = [];
  const used = new Uint8Array(table.rows);
  for (const a of present) {
    for (const b of present.filter((other) => other > a)) {
      const machine = pairMachine(rows, range(a), range(b), cost);
      for (const [at, weight] of machine.weights.entries()) {
        if (weight !== 0) used[rowOf(at, range(a), range(b))] = 1;
      }
      machines.push({ a, b, machine });
      progress?.(machines.length, (present.length * (present.length - 1)) / 2);
      await setImmediate();
    }
  }

  // A row is kept if any machine needs it.
  const kept = Array.from({ length: count }, (_, k) => {
    const inClass = Array.from({ length: ends[k + 1]! - ends[k]! }, (__, at) => at);
    return inClass.filter((at) => used[ends[k]! + at] === 1);
  });
  const starts = new Int32Array(count + 1);
  for (let k = 0; k < count; k++) starts[k + 1] = starts[k]! + kept[k]!.length;
  const vectors = pickRows(
    rows,
    kept.flatMap((inClass, k) => inClass.map((at) => ends[k]! + at)),
  );
  const pairs = machines.map(({ a, b, machine }) => {
    const sizeA = ends[a + 1]! - ends[a]!;
    const weightsA = Float64Array.from(kept[a]!, (at) => machine.weights[at]!);
    const weightsB = Float64Array.from(kept[b]!, (at) => machine.weights[sizeA + at]!);
    return { a, b, bias: machine.bias, weights: [weightsA, weightsB] as const };
  });
  return { standard, gamma, vectors, starts, pairs, count };
}

/** Decisions of every pair of classes for every row, `f64 [rows, pairs]`. */
export function decisions(machine: SupportVectors, table: Table): Float64Array {
  const { standard, gamma, vectors, starts, pairs } = machine;
  const { rows, columns } = table;
  const values = kernelRows(standardised(table, standard), columns, gamma);
  const size = vectors.halfNorms.length;
  const kernel = new Float64Array(size);
  const into = new Float64Array(rows * pairs.length);
  for (let row = 0; row < rows; row++) {
    fillKernel(values, row, vectors, 0, size, kernel, 0);
    for (let pair = 0; pair < pairs.length; pair++) {
      const { a, b, weights, bias } = pairs[pair]!;
      let sum = -bias;
      for (let at = 0; at < weights[0].length; at++) sum += weights[0][at]! * kernel[starts[a]! + at]!;
      for (let at = 0; at < weights[1].length; at++) sum += weights[1][at]! * kernel[starts[b]! + at]!;
      into[row * pairs.length + pair] = sum;
    }
  }
  return into;
}

/**
 * Votes of the machines for each class, plus, to tell equal votes apart, c / (3(|c| + 1)) where c is the sum of the
 * decisions for the class: scikit-learn's `decision_function_shape="ovr"`. −∞ for a class without rows.
 *
 * @returns `f64 [rows, K]`
 */
export function scores(machine: SupportVectors, table: Table): Float64Array {
  const { pairs, count } = machine;
  const decided = decisions(machine, table);
  const into = new Float64Array(table.rows * count).fill(Number.NEGATIVE_INFINITY);
  const present = [...new Set(pairs.flatMap(({ a, b }) => [a, b]))];
  const votes = new Float64Array(count);
  const confidences = new Float64Array(count);
  for (let row = 0; row < table.rows; row++) {
    votes.fill(0);
    confidences.fill(0);
    for (let pair = 0; pair < pairs.length; pair++) {
      const { a, b } = pairs[pair]!;
      const decision = decided[row * pairs.length + pair]!;
      votes[decision > 0 ? a : b]!++;
      confidences[a]! += decision;
      confidences[b]! -= decision;
    }
    for (const k of present) {
      into[row * count + k] = votes[k]! + confidences[k]! / (3 * (Math.abs(confidences[k]!) + 1));
    }
  }
  return into;
}

/** Softmax of each row's scores: in their order, but not calibrated. */
function softmax(scored: Float64Array, count: number): Float32Array {
  const into = new Float32Array(scored.length);
  for (let from = 0; from < scored.length; from += count) {
    const row = scored.subarray(from, from + count);
    const most = row.reduce((a, b) => Math.max(a, b));
    const powers = row.map((score) => Math.exp(score - most));
    const sum = powers.reduce((a, b) => a + b);
    for (let k = 0; k < count; k++) into[from + k] = powers[k]! / sum;
  }
  return into;
}

/** The learner: support vectors, and the softmax of their scores as probabilities. */
export async function learnSupportVectors(
  table: Table,
  classes: Int32Array,
  count: number,
  options: SupportVectorOptions,
  progress?: Progress,
): Promise<Learned> {
  const machine = await trainSupportVectors(table, classes, count, options, progress);
  return learnedOf(machine);
}

function learnedOf(machine: SupportVectors): Learned {
  return {
    probabilities: (rows) => softmax(scores(machine, rows), machine.count),
    arrays: () => arraysOf(machine),
  };
}

/** Weights of all pairs one after the other; `pairs` has their classes, `[pairs, 2]`. */
function arraysOf({ standard, gamma, vectors, starts, pairs }: SupportVectors): Arrays {
  const list = (values: ArrayLike<number>) => ndarray(Float64Array.from(values), [values.length], "f64");
  return {
    means: list(standard.means),
    scales: list(standard.scales),
    gamma: list([gamma]),
    vectors: list(vectors.values),
    halfNorms: list(vectors.halfNorms),
    starts: ndarray(Int32Array.from(starts), [starts.length], "i32"),
    pairs: ndarray(Int32Array.from(pairs.flatMap(({ a, b }) => [a, b])), [pairs.length, 2], "i32"),
    weights: list(pairs.flatMap(({ weights: [a, b] }) => [...a, ...b])),
    biases: list(pairs.map(({ bias }) => bias)),
  };
}

/** Support vector machines as learners. */
export const supportVectorMachines: Learner<SupportVectorOptions> = {
  learn: learnSupportVectors,
  restore: (read, columns, count) => {
    const standard = { means: read("means", "f64"), scales: read("scales", "f64") };
    const vectors = { columns, values: read("vectors", "f64"), halfNorms: read("halfNorms", "f64") };
    const [starts, classes, weights] = [read("starts", "i32"), read("pairs", "i32"), read("weights", "f64")];
    const biases = read("biases", "f64");
    const size = vectors.halfNorms.length;
    const isWhole =
      standard.means.length === columns &&
      standard.scales.length === columns &&
      vectors.values.length === size * columns &&
      starts.length === count + 1 &&
      starts.every((start, k) => start >= (starts[k - 1] ?? 0) && start <= size) &&
      classes.length === 2 * biases.length &&
      classes.every((k) => k >= 0 && k < count);
    let at = 0;
    const next = (k: number): Float64Array => {
      at += starts[k + 1]! - starts[k]!;
      return weights.subarray(at - (starts[k + 1]! - starts[k]!), at);
    };
    const pairs = !isWhole
      ? []
      : Array.from(biases, (bias, pair) => {
          const [a, b] = [classes[pair * 2]!, classes[pair * 2 + 1]!];
          return { a, b, weights: [next(a), next(b)] as const, bias };
        });
    if (!isWhole || at !== weights.length) {
      throw new DataError("support vectors", "expected vectors, weights and pairs that fit each other; got others");
    }
    return learnedOf({ standard, gamma: read("gamma", "f64")[0]!, vectors, starts, pairs, count });
  },
};
