import { availableParallelism } from 'node:os';
import type { Csr } from '../../base/numeric/sparse.js';
import { checkInteger, checkNumber } from './option-checks.js';

/**
 * How implicit ALS trains. The loss, for observed pairs with confidence c and the factors p and q of a user and an item:
 *
 *   Σ observed c (1 - p·q)²  +  unobservedWeight Σ all pairs (p·q)²
 *     +  regularization Σ rows (n + unobservedWeight · m)^regularizationExponent |row|²
 *
 * where a row, of users or items, has n interactions and m rows on the other side. The hyper-parameters mean what they
 * mean in Rendle, Krichene, Zhang and Koren, "Revisiting the Performance of iALS on Item Recommendation Benchmarks"
 * (RecSys 2022), so that values published there can be used as they are.
 */
export interface AlsOptions {
  /**
   * Length of a vector, 1 … 2048. More factors tell more apart and cost memory, training and serving time in
   * proportion. Default 256.
   */
  readonly factors: number;
  /** Passes over all users and all items, 1 … 10,000. The loss hardly moves after ten to twenty. Default 16. */
  readonly iterations: number;
  /**
   * Weight of the penalty on long vectors, 0 or more. Raising it pulls rarely seen users and items to zero, and beyond a
   * point everybody: the more users and items there are, the smaller it wants to be. Default 0.005.
   */
  readonly regularization: number;
  /**
   * How the penalty of a row grows with its frequency, 0 … 2. 0 penalises all rows alike; 1 in proportion, so that the
   * frequent are held back as much as the rare. Default 1.
   */
  readonly regularizationExponent: number;
  /**
   * Weight of every pair, seen or not, towards the score zero, above 0. Raising it makes the scores follow popularity
   * less and the few strong signals more; it wants to be smaller the sparser the data are.
   * Default: see `defaultUnobservedWeight`.
   */
  readonly unobservedWeight: number;
  /** Scale of the random first vectors: their elements are drawn with deviation stddev / √factors, above 0. Default 0.1. */
  readonly stddev: number;
  /**
   * Ratings as confidence: an interaction of rating r weighs 1 + alpha · r, 0 or more. 0 ignores the ratings. Default 0.
   */
  readonly alpha: number;
  /** Interactions rated lower are not taken as positive and left out. Default 0: only negative ratings are. */
  readonly minRating: number;
  /** Seed of the first vectors. The same seed gives the same factors whatever the number of threads. Default 1. */
  readonly seed: number;
  /** Worker threads, 1 … 256. Small data use fewer. Default: the cores that the process may use. */
  readonly threads: number;
}

/** Defaults that do not depend on the data. */
export const ALS_DEFAULTS: Omit<AlsOptions, 'unobservedWeight'> = {
  factors: 256,
  iterations: 16,
  regularization: 0.005,
  regularizationExponent: 1,
  stddev: 0.1,
  alpha: 0,
  minRating: 0,
  seed: 1,
  threads: availableParallelism(),
};

/** The size of what is trained on. */
export interface AlsCounts {
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
  /** Mean confidence of those interactions that are taken as positive. Default 1, as it is without `alpha`. */
  readonly meanConfidence?: number;
}

/** @param options of the training: they say what the ratings count for */
export function alsCountsOf(byUser: Csr, options: Pick<Partial<AlsOptions>, 'alpha' | 'minRating'> = {}): AlsCounts {
  const { rows: users, columns: items, indices } = byUser;
  return { users, items, interactions: indices.length, meanConfidence: meanConfidence(byUser.values, options) };
}

function meanConfidence(
  ratings: Float32Array,
  { alpha = ALS_DEFAULTS.alpha, minRating = ALS_DEFAULTS.minRating }: Pick<Partial<AlsOptions>, 'alpha' | 'minRating'>,
): number {
  if (alpha === 0) return 1;
  let sum = 0;
  let kept = 0;
  for (const rating of ratings) {
    if (!(rating >= minRating)) continue;
    sum += 1 + alpha * rating;
    kept++;
  }
  const mean = sum / kept;
  // What is no confidence at all, training refuses with an error of its own.
  return Number.isFinite(mean) && mean > 0 ? mean : 1;
}

/** All pairs together weigh this many times what the interactions weigh, by default. */
export const UNOBSERVED_MASS = 15;

/**
 * `UNOBSERVED_MASS` times the share of pairs that have an interaction, times what these weigh. A weight that is good for
 * one density is not for another: values tuned here and in the literature, from 0.3 for dense small data to 0.007 for
 * sparse, lie within a factor of two of this.
 */
export function defaultUnobservedWeight({ users, items, interactions, meanConfidence = 1 }: AlsCounts): number {
  const pairs = users * items;
  return interactions > 0 ? (UNOBSERVED_MASS * meanConfidence * interactions) / pairs : 1;
}

/** The options with defaults filled in. @throws ShortlistError `invalid-option` for a value out of range */
export function completeAlsOptions(options: Partial<AlsOptions>, counts: AlsCounts): AlsOptions {
  const all = { ...ALS_DEFAULTS, unobservedWeight: defaultUnobservedWeight(counts), ...options };
  checkInteger('factors', all.factors, 1, 2048);
  checkInteger('iterations', all.iterations, 1, 10_000);
  checkNumber('regularization', all.regularization, 0, Number.MAX_VALUE);
  checkNumber('regularizationExponent', all.regularizationExponent, 0, 2);
  checkNumber('unobservedWeight', all.unobservedWeight, Number.MIN_VALUE, Number.MAX_VALUE);
  checkNumber('stddev', all.stddev, Number.MIN_VALUE, Number.MAX_VALUE);
  checkNumber('alpha', all.alpha, 0, Number.MAX_VALUE);
  checkNumber('minRating', all.minRating, -Number.MAX_VALUE, Number.MAX_VALUE);
  checkInteger('seed', all.seed, 0, Number.MAX_SAFE_INTEGER);
  checkInteger('threads', all.threads, 1, 256);
  return all;
}
