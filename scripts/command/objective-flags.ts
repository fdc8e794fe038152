import { valuesOf } from '../../src/base/options/option.js';
import type { Objective } from '../../src/learn/model/objective.js';
import { ALS_LOSS_OPTIONS } from '../../src/learn/training/als-options.js';
import { type ValuedInteractions, valueDefaults } from '../../src/learn/training/confidence.js';
import type { Options } from './command.js';
import { numberFlags } from './flag-values.js';

/** There are no data that the default of the weight could depend on. */
const OPTIONS = {
  ...ALS_LOSS_OPTIONS,
  unobservedWeight: { ...ALS_LOSS_OPTIONS.unobservedWeight, default: 0.1 },
  alpha: { ...ALS_LOSS_OPTIONS.alpha, meaning: 'a value r weighs 1 + alpha * r', default: 0 },
  minRating: { ...ALS_LOSS_OPTIONS.minRating, default: 0 },
};

/** What suits factors of other libraries. */
const ADVICE: Readonly<Partial<Record<keyof typeof OPTIONS, string>>> = {
  regularizationExponent: '; 0 for implicit',
  unobservedWeight: '; 1 for implicit and Spark',
};

/**
 * The loss of implicit ALS that users with a history but no factors are folded in by. Factors from elsewhere say nothing
 * of the loss they were trained with, and the snapshot needs one.
 */
export const objectiveFlags = numberFlags(OPTIONS, ({ meaning }, name) => `fold-in: ${meaning}${ADVICE[name] ?? ''}`);

/** @param interactions where they are known: of labels and quantities 0 is not positive, unless a flag says otherwise */
export function objectiveFrom(flags: Options<typeof objectiveFlags>, interactions?: ValuedInteractions): Objective {
  const minRating = flags.minRating === 0 && interactions ? valueDefaults(interactions).minRating : flags.minRating;
  return { algorithm: 'als', ...valuesOf(OPTIONS, { ...flags, minRating }) };
}
