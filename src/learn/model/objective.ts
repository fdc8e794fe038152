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
