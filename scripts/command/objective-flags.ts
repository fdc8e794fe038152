import type { Objective } from '../../src/learn/model/objective.js';
import { ALS_DEFAULTS } from '../../src/learn/training/als-options.js';
import type { Flags, Options } from './command.js';
import { real } from './flag-values.js';

/**
 * The loss of implicit ALS that users with a history but no factors are folded in by. Factors from elsewhere say nothing
 * of the loss they were trained with, and the snapshot needs one.
 */
export const objectiveFlags = {
  regularization: {
    value: 'X',
    help: 'fold-in: penalty on long vectors',
    schema: real(0).default(ALS_DEFAULTS.regularization),
  },
  regularizationExponent: {
    value: 'X',
    help: 'fold-in: how the penalty grows with frequency, 0 to 2; 0 for implicit',
    schema: real(0, 2).default(ALS_DEFAULTS.regularizationExponent),
  },
  unobservedWeight: {
    value: 'X',
    help: 'fold-in: weight of pairs without interaction; 1 for implicit and Spark',
    schema: real(1e-12).default(0.1),
  },
  alpha: {
    value: 'X',
    help: 'fold-in: a rating r weighs 1 + alpha * r',
    schema: real(0).default(ALS_DEFAULTS.alpha),
  },
  minRating: {
    value: 'X',
    help: 'fold-in: lower ratings are not taken as positive',
    schema: real(Number.NEGATIVE_INFINITY).default(ALS_DEFAULTS.minRating),
  },
} satisfies Flags;

export function objectiveFrom(flags: Options<typeof objectiveFlags>): Objective {
  const { regularization, regularizationExponent, unobservedWeight, alpha, minRating } = flags;
  return { algorithm: 'als', regularization, regularizationExponent, unobservedWeight, alpha, minRating };
}
