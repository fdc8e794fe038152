import { ABOVE_ZERO, completeOptions, integer, type OptionValues, real } from '../../base/options/option.js';
import { ALS_OPTIONS } from './als-options.js';

/** What `SgdOptions` are, and their ranges and defaults. What they share with implicit ALS is described there. */
export const SGD_OPTIONS = {
  /** Factors beside the biases; 0 leaves the biases alone. More overfit sooner. */
  factors: { ...ALS_OPTIONS.factors, min: 0, default: 64 },
  /** Most passes over the ratings; early stopping may end before. */
  iterations: { ...ALS_OPTIONS.iterations, default: 60 },
  /** Size of a step in the first pass. Too large diverges, too small needs more passes. */
  learningRate: real({ meaning: 'size of a step', min: ABOVE_ZERO, default: 0.02 }),
  /** The step is multiplied by this after every pass; 1 never slows down. */
  learningRateDecay: real({ meaning: 'factor on the step after each pass', min: ABOVE_ZERO, max: 1, default: 0.97 }),
  /** Weight decay of biases and factors at each rating. Raising it flattens the predictions. */
  regularization: { ...ALS_OPTIONS.regularization, default: 0.08 },
  /** Scale of the random first factors: their elements are drawn with deviation stddev / √factors. */
  stddev: { ...ALS_OPTIONS.stddev, default: 0.5 },
  /** Part of the ratings held out to decide when to stop. 0 trains on everything for all iterations. */
  validation: real({ meaning: 'part held out to stop early', min: 0, max: 0.5, default: 0.03 }),
  /** Passes without a better error on the held-out part after which training stops. */
  patience: integer({ meaning: 'passes without progress before it stops', min: 1, max: 10_000, default: 3 }),
  /** Seed of the order of the ratings, the held-out part and the first factors. */
  seed: ALS_OPTIONS.seed,
};

/**
 * How explicit matrix factorization trains: rating ≈ mean + b_user + b_item + p·q, by stochastic gradient descent on
 * squared errors (Koren, Bell and Volinsky, "Matrix Factorization Techniques for Recommender Systems", 2009).
 * `SGD_OPTIONS` describes each of them.
 */
export type SgdOptions = OptionValues<typeof SGD_OPTIONS>;

/** The options with defaults filled in. @throws ShortlistError `invalid-option` for a value out of range */
export function completeSgdOptions(options: Partial<SgdOptions>): SgdOptions {
  return completeOptions(SGD_OPTIONS, options, {});
}
