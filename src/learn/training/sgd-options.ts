import { checkInteger, checkNumber } from './option-checks.js';

/**
 * How explicit matrix factorization trains: rating ≈ mean + b_user + b_item + p·q, by stochastic gradient descent on
 * squared errors (Koren, Bell and Volinsky, "Matrix Factorization Techniques for Recommender Systems", 2009).
 */
export interface SgdOptions {
  /** Factors beside the biases, 0 … 2048; 0 leaves the biases alone. More overfit sooner. Default 64. */
  readonly factors: number;
  /** Most passes over the ratings, 1 … 10,000; early stopping may end before. Default 60. */
  readonly iterations: number;
  /** Size of a step in the first pass, above 0. Too large diverges, too small needs more passes. Default 0.02. */
  readonly learningRate: number;
  /** The step is multiplied by this after every pass, above 0 and at most 1 (which never slows down). Default 0.97. */
  readonly learningRateDecay: number;
  /** Weight decay of biases and factors at each rating, 0 or more. Raising it flattens the predictions. Default 0.08. */
  readonly regularization: number;
  /** Scale of the random first factors: their elements are drawn with deviation stddev / √factors, above 0. Default 0.5. */
  readonly stddev: number;
  /**
   * Part of the ratings held out to decide when to stop, 0 … 0.5. 0 trains on everything for all iterations.
   * Default 0.03.
   */
  readonly validation: number;
  /** Passes without a better error on the held-out part after which training stops, 1 or more. Default 3. */
  readonly patience: number;
  /** Seed of the order of the ratings, the held-out part and the first factors. Default 1. */
  readonly seed: number;
}

export const SGD_DEFAULTS: SgdOptions = {
  factors: 64,
  iterations: 60,
  learningRate: 0.02,
  learningRateDecay: 0.97,
  regularization: 0.08,
  stddev: 0.5,
  validation: 0.03,
  patience: 3,
  seed: 1,
};

/** The options with defaults filled in. @throws ShortlistError `invalid-option` for a value out of range */
export function completeSgdOptions(options: Partial<SgdOptions>): SgdOptions {
  const all = { ...SGD_DEFAULTS, ...options };
  checkInteger('factors', all.factors, 0, 2048);
  checkInteger('iterations', all.iterations, 1, 10_000);
  checkNumber('learningRate', all.learningRate, Number.MIN_VALUE, Number.MAX_VALUE);
  checkNumber('learningRateDecay', all.learningRateDecay, Number.MIN_VALUE, 1);
  checkNumber('regularization', all.regularization, 0, Number.MAX_VALUE);
  checkNumber('stddev', all.stddev, Number.MIN_VALUE, Number.MAX_VALUE);
  checkNumber('validation', all.validation, 0, 0.5);
  checkInteger('patience', all.patience, 1, 10_000);
  checkInteger('seed', all.seed, 0, Number.MAX_SAFE_INTEGER);
  return all;
}
