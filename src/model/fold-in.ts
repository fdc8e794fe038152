import { solveCholesky } from '../numeric/cholesky.js';
import { type Matrix, rowOf } from '../numeric/matrix.js';
import type { TrainingParameters } from '../training/train.js';

/** The loss that the factors minimise: all that is needed to solve for one more user. */
export type Objective =
  | {
      readonly algorithm: 'als';
      readonly regularization: number;
      readonly regularizationExponent: number;
      readonly unobservedWeight: number;
      readonly alpha: number;
      readonly minRating: number;
    }
  | { readonly algorithm: 'sgd'; readonly regularization: number; readonly meanRating: number };

/** The objective of a training run. @param meanRating of the data that were trained on */
export function objectiveOf(parameters: TrainingParameters, meanRating: number): Objective {
  const { algorithm, regularization } = parameters;
  if (algorithm === 'sgd') return { algorithm, regularization, meanRating };
  const { regularizationExponent, unobservedWeight, alpha, minRating } = parameters;
  return { algorithm, regularization, regularizationExponent, unobservedWeight, alpha, minRating };
}

/** One interaction of the user to fold in. */
export interface FoldInEntry {
  /** Item index. */
  readonly item: number;
  /** Rating or weight; undefined when it is only known that there was an interaction. */
  readonly value: number | undefined;
}

/** QᵀQ of the item factors Q in double precision, row-major columns × columns. */
export function gramOf(items: Matrix): Float64Array {
  const { rows, columns, stride, data } = items;
  const gram = new Float64Array(columns * columns);
  for (let r = 0; r < rows; r++) {
    const row = r * stride;
    for (let i = 0; i < columns; i++) {
      const value = data[row + i]!;
      if (value === 0) continue;
      for (let j = 0; j <= i; j++) gram[i * columns + j]! += value * data[row + j]!;
    }
  }
  for (let i = 0; i < columns; i++) for (let j = 0; j < i; j++) gram[j * columns + i] = gram[i * columns + j]!;
  return gram;
}

/**
 * Solves for the vector of a user who was not there in training, with the item factors fixed and the same loss as in
 * training, so that the vector of a known user's own history is that user's trained vector up to convergence.
 */
export class FoldIn {
  constructor(
    private readonly objective: Objective,
    private readonly items: Matrix,
    /** `gramOf(items)`. */
    private readonly gram: Float64Array,
  ) {}

  /** A user vector of the item matrix's `columns` floats, or undefined when the history says nothing about the user. */
  vectorOf(history: readonly FoldInEntry[]): Float32Array | undefined {
    return this.objective.algorithm === 'als'
      ? this.#implicit(history, this.objective)
      : this.#explicit(history, this.objective);
  }

  #implicit(history: readonly FoldInEntry[], objective: Objective & { algorithm: 'als' }): Float32Array | undefined {
    const { regularization, regularizationExponent, unobservedWeight, alpha, minRating } = objective;
    const positives = history.filter(({ value }) => value === undefined || value >= minRating);
    if (positives.length === 0) return undefined;
    const n = this.items.columns;
    const a = this.gram.map(value => value * unobservedWeight);
    const b = new Float64Array(n);
    const frequency = positives.length + unobservedWeight * this.items.rows;
    addToDiagonal(a, n, regularization * frequency ** regularizationExponent);
    for (const { item, value = 1 } of positives) {
      addOuterProduct(a, b, rowOf(this.items, item), 1 + alpha * value, 1);
    }
    return solveCholesky(a, b) ? Float32Array.from(b) : undefined;
  }

  /** Item vectors end in (1, item bias), user vectors in (mean + user bias, 1): ridge regression for all but that 1. */
  #explicit(history: readonly FoldInEntry[], objective: Objective & { algorithm: 'sgd' }): Float32Array | undefined {
    const rated = history.filter(entry => entry.value !== undefined);
    if (rated.length === 0) return undefined;
    const n = this.items.columns - 1;
    const a = new Float64Array(n * n);
    const b = new Float64Array(n);
    addToDiagonal(a, n, objective.regularization * rated.length);
    for (const { item, value } of rated) {
      const vector = rowOf(this.items, item);
      addOuterProduct(a, b, vector.subarray(0, n), 1, value! - vector[n]! - objective.meanRating);
    }
    if (!solveCholesky(a, b)) return undefined;
    b[n - 1]! += objective.meanRating;
    return Float32Array.from([...b, 1]);
  }
}

function addToDiagonal(a: Float64Array, n: number, value: number): void {
  for (let i = 0; i < n; i++) a[i * n + i]! += value;
}

/** a += weight · v vᵀ (lower triangle) and b += weight · target · v. */
function addOuterProduct(a: Float64Array, b: Float64Array, v: Float32Array, weight: number, target: number): void {
  const n = v.length;
  for (let i = 0; i < n; i++) {
    const scaled = weight * v[i]!;
    b[i]! += scaled * target;
    for (let j = 0; j <= i; j++) a[i * n + j]! += scaled * v[j]!;
  }
}
