import { ShortlistError } from '../../errors.js';
import type { Dataset } from '../dataset/dataset.js';
import { trainAls } from './als.js';
import { describeAlsMemory } from './als-memory.js';
import { type AlsOptions, alsCountsOf, completeAlsOptions } from './als-options.js';
import type { ValuedInteractions } from './confidence.js';
import { requireAlive, requirePositive } from './learnable.js';
import { trainSgd } from './sgd.js';
import { completeSgdOptions, type SgdOptions } from './sgd-options.js';
import type { TrainedFactors, TrainingProgress } from './trained-factors.js';

/** Which trainer, and its options; what is left out has the trainer's default. */
export type TrainingChoice =
  | { readonly algorithm: 'als'; readonly options: Partial<AlsOptions> }
  | { readonly algorithm: 'sgd'; readonly options: Partial<SgdOptions> };

/** All options of a training run, defaults filled in. */
export type TrainingParameters =
  | ({ readonly algorithm: 'als' } & AlsOptions)
  | ({ readonly algorithm: 'sgd' } & SgdOptions);

/** Fills in the defaults for these data. @throws ShortlistError `invalid-option` for a value out of range */
export function trainingParameters(
  { algorithm, options }: TrainingChoice,
  interactions: ValuedInteractions,
): TrainingParameters {
  if (algorithm !== 'als' && algorithm !== 'sgd') {
    throw new ShortlistError('invalid-option', `\`algorithm\` must be als or sgd, got ${String(algorithm)}.`);
  }
  return algorithm === 'als'
    ? { algorithm, ...completeAlsOptions(options, alsCountsOf(interactions, options)) }
    : { algorithm, ...completeSgdOptions(options) };
}

/**
 * The memory that training will take, as a line for people; undefined for sgd, which takes little beside its data.
 * @throws ShortlistError `out-of-memory` when it cannot be had
 */
export function trainingMemory(
  { algorithm, options }: TrainingChoice,
  interactions: ValuedInteractions,
): string | undefined {
  return algorithm === 'als'
    ? describeAlsMemory(alsCountsOf(interactions, options), options, process.memoryUsage.rss())
    : undefined;
}

/**
 * Trains with the chosen algorithm.
 * @param warmStart factors to begin with, in the index space of `dataset`; only als has a use for them
 * @throws ShortlistError as the trainers do, `nothing-positive`, `factors-vanished`
 */
export async function train(
  choice: TrainingChoice,
  dataset: Dataset,
  onProgress?: (progress: TrainingProgress) => void,
  warmStart?: TrainedFactors,
): Promise<TrainedFactors> {
  const parameters = trainingParameters(choice, dataset);
  requirePositive(parameters, dataset);
  if (choice.algorithm === 'als') {
    const factors = await trainAls(dataset, choice.options, onProgress, warmStart);
    requireAlive(factors, parameters);
    return factors;
  }
  if (!dataset.rated) {
    throw new ShortlistError(
      'invalid-option',
      'The algorithm sgd predicts ratings, and these data have none. Use als, or name the rating column.',
    );
  }
  return trainSgd(dataset, choice.options, onProgress);
}
