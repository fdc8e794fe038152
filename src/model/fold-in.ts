import { solveCholesky } from '../numeric/cholesky.js';
import { type Matrix, rowOf } from '../numeric/matrix.js';

/** The loss that the factors minimise, with all that is needed to solve for one more user. */
export type Objective =
  | {
      readonly algorithm: 'als';
      readonly regularization: number;
      readonly regularizationExponent: number;
      readonly unobservedWeight: number;
      readonly alpha: number;
      readonly minRating: number | null;
    }
  | { readonly algorithm: 'sgd'; readonly regularization: number; readonly meanRating: number };

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
    const positives = history.filter(({ value }) => value === undefined || minRating === null || value >= minRating);
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

  /** Item vectors end in (item bias, 1), user vectors in (1, mean + user bias): solve for the rest by ridge regression. */
  #explicit(history: readonly FoldInEntry[], objective: Objective & { algorithm: 'sgd' }): Float32Array | undefined {
    const rated = history.filter(entry => entry.value !== undefined);
    if (rated.length === 0) return undefined;
    const factors = this.items.columns - 2;
    const n = factors + 1;
    const a = new Float64Array(n * n);
    const b = new Float64Array(n);
    addToDiagonal(a, n, objective.regularization * rated.length);
    for (const { item, value } of rated) {
      const vector = Float64Array.from(rowOf(this.items, item));
      const itemBias = vector[factors]!;
      vector[factors] = 1;
      addOuterProduct(a, b, vector.subarray(0, n), 1, value! - itemBias - objective.meanRating);
    }
    if (!solveCholesky(a, b)) return undefined;
    return Float32Array.from([...b.subarray(0, factors), 1, objective.meanRating + b[factors]!]);
  }
}

function addToDiagonal(a: Float64Array, n: number, value: number): void {
  for (let i = 0; i < n; i++) a[i * n + i]! += value;
}

/** a += weight · v vᵀ (lower triangle) and b += weight · target · v. */
function addOuterProduct(
  a: Float64Array,
  b: Float64Array,
  v: Float32Array | Float64Array,
  weight: number,
  target: number,
): void {
  const n = v.length;
  for (let i = 0; i < n; i++) {
    const scaled = weight * v[i]!;
    b[i]! += scaled * target;
    for (let j = 0; j <= i; j++) a[i * n + j]! += scaled * v[j]!;
  }
}
