import { type Matrix, rowOf } from '../../src/base/numeric/matrix.js';
import { createRandom } from '../../src/base/numeric/random.js';
import type { Csr } from '../../src/base/numeric/sparse.js';
import { type AlsOptions, alsCountsOf, completeAlsOptions } from '../../src/learn/training/als-options.js';
import type { TrainedFactors } from '../../src/learn/training/trained-factors.js';

// Implicit ALS as one would write it on paper: plain arrays of doubles, every row solved exactly, every pair of the
// loss visited. What the fast trainer does is held against this.

export interface Positive {
  readonly column: number;
  readonly confidence: number;
}

/** The positives of each row. */
export function positivesOf(csr: Csr, { alpha, minRating }: AlsOptions): Positive[][] {
  return Array.from({ length: csr.rows }, (_, row) => {
    const positives: Positive[] = [];
    for (let e = csr.starts[row]!; e < csr.starts[row + 1]!; e++) {
      const rating = csr.values[e]!;
      if (rating >= minRating) positives.push({ column: csr.indices[e]!, confidence: 1 + alpha * rating });
    }
    return positives;
  });
}

function ridgeOf(positives: number, others: number, options: AlsOptions): number {
  return options.regularization * (positives + options.unobservedWeight * others) ** options.regularizationExponent;
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!;
  return sum;
}

/** The loss of `AlsOptions`, by its formula. */
export function plainLoss(
  byUser: Csr,
  byItem: Csr,
  users: readonly ArrayLike<number>[],
  items: readonly ArrayLike<number>[],
  options: Partial<AlsOptions>,
): number {
  const all = completeAlsOptions(options, alsCountsOf({ byUser }, options));
  const userPositives = positivesOf(byUser, all);
  const itemPositives = positivesOf(byItem, all);
  let loss = 0;
  users.forEach((p, u) => {
    for (const { column, confidence } of userPositives[u]!) loss += confidence * (1 - dot(p, items[column]!)) ** 2;
    for (const q of items) loss += all.unobservedWeight * dot(p, q) ** 2;
    loss += ridgeOf(userPositives[u]!.length, items.length, all) * dot(p, p);
  });
  items.forEach((q, i) => {
    loss += ridgeOf(itemPositives[i]!.length, users.length, all) * dot(q, q);
  });
  return loss;
}

/** The loss after every iteration of exact alternating least squares from random items. */
export function plainAls(byUser: Csr, byItem: Csr, options: Partial<AlsOptions>, start?: number[][]): number[] {
  const all = completeAlsOptions(options, alsCountsOf({ byUser }, options));
  const random = createRandom(all.seed + 1000);
  const sigma = all.stddev / Math.sqrt(all.factors);
  let items =
    start ??
    Array.from({ length: byItem.rows }, () => Array.from({ length: all.factors }, () => sigma * random.normal()));
  const losses: number[] = [];
  for (let iteration = 0; iteration < all.iterations; iteration++) {
    const users = solveAll(positivesOf(byUser, all), items, all);
    items = solveAll(positivesOf(byItem, all), users, all);
    losses.push(plainLoss(byUser, byItem, users, items, all));
  }
  return losses;
}

function solveAll(positives: Positive[][], others: readonly number[][], options: AlsOptions): number[][] {
  const { factors, unobservedWeight } = options;
  return positives.map(row => {
    const matrix = Array.from({ length: factors }, () => new Array<number>(factors).fill(0));
    const right = new Array<number>(factors).fill(0);
    const add = (y: readonly number[], weight: number) => {
      for (let a = 0; a < factors; a++) for (let b = 0; b < factors; b++) matrix[a]![b]! += weight * y[a]! * y[b]!;
    };
    for (const y of others) add(y, unobservedWeight);
    for (const { column, confidence } of row) {
      add(others[column]!, confidence);
      for (let a = 0; a < factors; a++) right[a]! += confidence * others[column]![a]!;
    }
    for (let a = 0; a < factors; a++) matrix[a]![a]! += ridgeOf(row.length, others.length, options);
    return choleskySolve(matrix, right);
  });
}

/** Solves a symmetric positive definite system; the matrix is overwritten. */
function choleskySolve(matrix: number[][], right: readonly number[]): number[] {
  const n = right.length;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i]![j]!;
      for (let k = 0; k < j; k++) sum -= matrix[i]![k]! * matrix[j]![k]!;
      matrix[i]![j] = i === j ? Math.sqrt(sum) : sum / matrix[j]![j]!;
    }
  }
  const solution = [...right];
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) solution[i]! -= matrix[i]![k]! * solution[k]!;
    solution[i]! /= matrix[i]![i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) solution[i]! -= matrix[k]![i]! * solution[k]!;
    solution[i]! /= matrix[i]![i]!;
  }
  return solution;
}

/** Rows of a matrix as plain arrays of doubles. */
export function plainRows(matrix: Matrix): number[][] {
  return Array.from({ length: matrix.rows }, (_, row) => Array.from(rowOf(matrix, row)));
}

/** The loss of trained factors, by the formula. */
export function lossOf(byUser: Csr, byItem: Csr, trained: TrainedFactors, options: Partial<AlsOptions>): number {
  return plainLoss(byUser, byItem, plainRows(trained.userFactors), plainRows(trained.itemFactors), options);
}
