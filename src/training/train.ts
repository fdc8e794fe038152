import type { Dataset } from '../dataset/dataset.js';
import { ShortlistError } from '../errors.js';
import { trainAls } from './als.js';
import { type AlsOptions, alsCountsOf, completeAlsOptions } from './als-options.js';
import { trainSgd } from './sgd.js';
import { completeSgdOptions, type SgdOptions } from './sgd-options.js';
import type { TrainedFactors, TrainingProgress } from './trained-factors.js';

/** Which trainer, and its options; what is left out has the trainer's default. */
export type TrainingChoice =
  | { readonly algorithm: 'als'; readonly options: Partial<AlsOptions> }
  | { readonly algorithm: 'sgd'; readonly options: Partial<SgdOptions> };

/** All that a training run was told, defaults filled in. */
export type TrainingParameters =
  | ({ readonly algorithm: 'als' } & AlsOptions)
  | ({ readonly algorithm: 'sgd' } & SgdOptions);

/** Fills in the defaults for these data. @throws ShortlistError `invalid-option` for a value out of range */
export function trainingParameters(
  { algorithm, options }: TrainingChoice,
  { byUser }: Pick<Dataset, 'byUser'>,
): TrainingParameters {
  return algorithm === 'als'
    ? { algorithm, ...completeAlsOptions(options, alsCountsOf(byUser)) }
    : { algorithm, ...completeSgdOptions(options) };
}

/** Trains with the chosen algorithm. @throws ShortlistError as the trainers do */
export async function train(
  choice: TrainingChoice,
  dataset: Dataset,
  onProgress?: (progress: TrainingProgress) => void,
): Promise<TrainedFactors> {
  if (choice.algorithm === 'als') return trainAls(dataset, choice.options, onProgress);
  if (!dataset.rated) {
    throw new ShortlistError(
      'invalid-option',
      'The algorithm sgd predicts ratings, and these data have none. Use als, or name the rating column.',
    );
  }
  return trainSgd(dataset, choice.options, onProgress);
}
