import type { Arena } from '../../base/kernels/arena.js';
import { type Matrix, rowOf } from '../../base/numeric/matrix.js';
import { confidenceOf } from '../training/confidence.js';
import type { AverageUser } from './average-user.js';
import type { Objective } from './objective.js';
import { RowSystem, type SystemTerm } from './row-system.js';

/** One interaction of the user to fold in. */
export interface FoldInEntry {
  /** Item index. */
  readonly item: number;
  /** Rating or weight; undefined when it is only known that there was an interaction. */
  readonly value: number | undefined;
}

/** The parts of an item's score: `base` and the contributions add up to it. */
export interface ScoreParts {
  /** What no entry of the history accounts for: the average user, and for `sgd` the mean and the item's bias. */
  readonly base: number;
  /** Of each entry of the history, in its order. */
  readonly contributions: Float64Array;
}

/**
 * Entries that a vector is solved from, at most; of a longer history the first ones. The solve takes time in proportion
 * to them, about 3 µs each at 256 factors, during which no other request is served.
 */
export const MAX_FOLDED = 1000;

/**
 * Solves for the vector of a user who was not there in training, with the item factors fixed and the same loss as in
 * training, so that the vector of a known user's own history is that user's trained vector up to convergence.
 *
 * What the value of an entry means for `als`: from `minRating` on, or without a value, it is an interaction with the
 * confidence of `confidenceOf`, as in training. A negative value below `minRating` is a dislike: the score is drawn to 0
 * with the confidence of an observation of |value|, instead of the weight of an item that was never met. Any
 * other value below `minRating` says nothing, as in training. For `sgd` a value is a rating, and an entry without one
 * says nothing.
 */
export class FoldIn {
  readonly #system: RowSystem;

  constructor(
    arena: Arena,
    private readonly objective: Objective,
    /** In the arena. */
    private readonly items: Matrix,
    /** `gramOf` the items that were trained. */
    gram: Float64Array,
    /** How many these are. */
    private readonly trainedItems: number,
    private readonly average?: AverageUser,
  ) {
    const { algorithm } = objective;
    this.#system = new RowSystem(
      arena,
      items,
      algorithm === 'als' ? gram.map(x => x * objective.unobservedWeight) : null,
    );
  }

  /** A user vector of the item matrix's `columns` floats, or undefined when the history says nothing about the user. */
  vectorOf(history: readonly FoldInEntry[]): Float32Array | undefined {
    const terms = this.#termsOf(history).filter(term => term !== undefined);
    // Dislikes alone would give a vector of zeros.
    if (!terms.some(({ target }) => target !== 0) && this.objective.algorithm === 'als') return undefined;
    if (terms.length === 0) return undefined;
    const solution = this.#system.solve(terms, this.#ridgeOf(terms.length));
    return solution && this.#finish(solution, terms.length);
  }

  /** The parts of the scores that items have by the vector that `vectorOf` gives for a history. */
  explain(history: readonly FoldInEntry[], items: Uint32Array): ScoreParts[] {
    const places: number[] = [];
    const terms: SystemTerm[] = [];
    this.#termsOf(history).forEach((term, place) => {
      if (term === undefined) return;
      places.push(place);
      terms.push(term);
    });
    const shares = terms.length > 0 ? this.#system.influences(terms, this.#ridgeOf(terms.length), items) : undefined;
    const own = this.#ownShare(terms.length);
    return Array.from(items, (item, i) => {
      const contributions = new Float64Array(history.length);
      terms.forEach(({ weight, target }, t) => {
        contributions[places[t]!] = own * weight * target * (shares?.[i]?.[t] ?? 0);
      });
      return { base: this.#baseOf(item, own), contributions };
    });
  }

  /** What each entry adds to the loss; undefined where that is nothing. */
  #termsOf(history: readonly FoldInEntry[]): (SystemTerm | undefined)[] {
    return history.slice(0, MAX_FOLDED).map(({ item, value }) => {
      const { objective } = this;
      if (objective.algorithm === 'sgd') {
        if (value === undefined) return undefined;
        const bias = this.items.data[item * this.items.stride + this.items.columns - 1]!;
        return { item, weight: 1, target: value - bias - objective.meanRating };
      }
      const isLiked = value === undefined || value >= objective.minRating;
      if (!isLiked && value >= 0) return undefined;
      const weight = confidenceOf(objective, isLiked ? (value ?? 1) : -value);
      // Of a negative value above a negative `minRating` the confidence may be none.
      return weight > 0 ? { item, weight, target: isLiked ? 1 : 0 } : undefined;
    });
  }

  #ridgeOf(entries: number): number {
    const { objective } = this;
    if (objective.algorithm === 'sgd') return objective.regularization * entries;
    const { regularization, regularizationExponent, unobservedWeight } = objective;
    return regularization * (entries + unobservedWeight * this.trainedItems) ** regularizationExponent;
  }

  /** What the user's own vector weighs beside the average one. */
  #ownShare(entries: number): number {
    return this.average ? this.average.ownShare(entries) : 1;
  }

  #finish(solution: Float64Array, entries: number): Float32Array {
    const { columns } = this.items;
    const { objective, average } = this;
    const vector = Float32Array.from(solution.subarray(0, columns));
    if (objective.algorithm === 'sgd') {
      vector[columns - 2]! += objective.meanRating;
      vector[columns - 1] = 1;
    }
    average?.blend(vector, entries);
    return vector;
  }

  #baseOf(item: number, own: number): number {
    const { items, objective, average } = this;
    const row = rowOf(items, item);
    const mean = objective.algorithm === 'sgd' ? objective.meanRating + row[items.columns - 1]! : 0;
    const typical = average ? row.reduce((sum, q, f) => sum + q * average.vector[f]!, 0) : 0;
    return own * mean + (1 - own) * typical;
  }
}

/** QᵀQ of some rows of the item factors Q, by default all, in double precision, row-major columns × columns. */
export function gramOf(items: Matrix, counts: (item: number) => boolean = () => true): Float64Array {
  const { rows, columns, stride, data } = items;
  const gram = new Float64Array(columns * columns);
  for (let r = 0; r < rows; r++) {
    if (!counts(r)) continue;
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
