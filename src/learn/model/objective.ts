import { type OptionValues, valuesOf } from '../../base/options/option.js';
import { ALS_LOSS_OPTIONS } from '../training/als-options.js';
import { type Confidence, confidenceIn, type ValuedInteractions } from '../training/confidence.js';
import type { TrainingParameters } from '../training/train.js';

/** The loss that the factors minimise: all that is needed to solve for one more user. */
export type Objective =
  | ({ readonly algorithm: 'als' } & OptionValues<typeof ALS_LOSS_OPTIONS> & Pick<Confidence, 'quantityUnit'>)
  | { readonly algorithm: 'sgd'; readonly regularization: number; readonly meanRating: number };

/**
 * The objective of a training run on these interactions.
 * @param meanRating of the data that were trained on
 */
export function objectiveOf(
  parameters: TrainingParameters,
  interactions: ValuedInteractions,
  meanRating: number,
): Objective {
  const { algorithm, regularization } = parameters;
  if (algorithm === 'sgd') return { algorithm, regularization, meanRating };
  return { algorithm, ...valuesOf(ALS_LOSS_OPTIONS, parameters), ...confidenceIn(interactions, parameters) };
}
