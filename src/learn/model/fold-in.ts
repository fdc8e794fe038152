import type { Arena } from '../../base/kernels/arena.js';
import { type Matrix, rowOf } from '../../base/numeric/matrix.js';
import { allSteps, type Steps } from '../../base/threads/steps.js';
import { confidenceOf } from '../training/confidence.js';
import type { AverageUser } from './average-user.js';
import type { GramBasis } from './gram-basis.js';
import type { Objective } from './objective.js';
import { RowSystem, type SystemTerms } from './row-system.js';

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
 * to them, about 1 µs each at 256 factors, during which no other request is served.
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
    /** Of `gram`. Default: found when it is first needed, see `gramBasisOf`. */
    basis?: GramBasis,
  ) {
    const base = objective.algorithm === 'als' ? { gram, weight: objective.unobservedWeight, basis } : null;
    this.#system = new RowSystem(arena, items, base, MAX_FOLDED);
  }

  /**
   * A user vector of the item matrix's `columns` floats, or undefined when the history says nothing about the user, or so
   * nearly nothing that the vector would not be finite.
   * @param start a vector of the user from an earlier history, which the new one is near
   */
  vectorOf(history: readonly FoldInEntry[], start?: Float32Array): Float32Array | undefined {
    const terms = this.#termsOf(history);
    const count = terms.items.length;
    // Dislikes alone would give a vector of zeros.
    if (count === 0 || (this.objective.algorithm === 'als' && !terms.targets.includes(1))) return undefined;
    const vector = this.#system.solve(terms, this.#ridgeOf(count), start && this.#solutionOf(start));
    if (!vector?.every(Number.isFinite)) return undefined;
    this.#finish(vector, count);
    return vector;
  }

  /** The parts of the scores that items have by the vector that `vectorOf` gives for a history. */
  explain(history: readonly FoldInEntry[], items: Uint32Array): ScoreParts[] {
    return allSteps(this.explainInSteps(history, items));
  }

  /** `explain`, some 1 ms a step. */
  *explainInSteps(history: readonly FoldInEntry[], items: Uint32Array): Steps<ScoreParts[]> {
    const { places, ...terms } = this.#termsOf(history);
    const count = places.length;
    const own = this.#ownShare(count);
    const shares = count > 0 ? yield* this.#system.influences(terms, this.#ridgeOf(count), items) : undefined;
    const scales = terms.targets.map((target, t) => own * Math.sqrt(terms.weights[t]!) * target);
    return Array.from(items, (item, i) => {
      const contributions = new Float64Array(history.length);
      const share = shares?.[i];
      for (let t = 0; share && t < count; t++) contributions[places[t]!] = scales[t]! * share[t]!;
      return { base: this.#baseOf(item, own), contributions };
    });
  }

  /** What entries add to the loss, and their places in the history: of those that add something. */
  #termsOf(history: readonly FoldInEntry[]): SystemTerms & { readonly places: Uint32Array } {
    const { objective } = this;
    const most = Math.min(history.length, MAX_FOLDED);
    const places = new Uint32Array(most);
    const items = new Uint32Array(most);
    const weights = new Float32Array(most);
    const targets = new Float32Array(most);
    let count = 0;
    for (let place = 0; place < most; place++) {
      const { item, value } = history[place]!;
      let weight = 1;
      let target = 1;
      if (objective.algorithm === 'sgd') {
        if (value === undefined) continue;
        const bias = this.items.data[item * this.items.stride + this.items.columns - 1]!;
        target = value - bias - objective.meanRating;
      } else {
        const isLiked = value === undefined || value >= objective.minRating;
        if (!isLiked && value >= 0) continue;
        weight = confidenceOf(objective, isLiked ? (value ?? 1) : -value);
        // Of a negative value above a negative `minRating` the confidence may be none.
        if (!(weight > 0)) continue;
        target = isLiked ? 1 : 0;
      }
      places[count] = place;
      items[count] = item;
      weights[count] = weight;
      targets[count++] = target;
    }
    return {
      places: places.subarray(0, count),
      items: items.subarray(0, count),
      weights: weights.subarray(0, count),
      targets: targets.subarray(0, count),
    };
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

  /** Makes the solution of the system a user vector. */
  #finish(vector: Float32Array, entries: number): void {
    const { columns } = this.items;
    const { objective, average } = this;
    if (objective.algorithm === 'sgd') {
      vector[columns - 2]! += objective.meanRating;
      vector[columns - 1] = 1;
    }
    average?.blend(vector, entries);
  }

  /** About the solution of the system whose user vector this is. */
  #solutionOf(vector: Float32Array): Float32Array {
    const { objective } = this;
    if (objective.algorithm === 'als') return vector;
    const solution = vector.slice();
    solution[this.items.columns - 2]! -= objective.meanRating;
    return solution;
  }

  #baseOf(item: number, own: number): number {
    const { items, objective, average } = this;
    const row = rowOf(items, item);
    const mean = objective.algorithm === 'sgd' ? objective.meanRating + row[items.columns - 1]! : 0;
    let typical = 0;
    if (average) for (let f = 0; f < row.length; f++) typical += row[f]! * average.vector[f]!;
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
