import type { Matrix } from '../../base/numeric/matrix.js';
import { ShortlistError } from '../../errors.js';
import type { AlsOptions } from './als-options.js';
import { type ValuedInteractions, valueDefaults } from './confidence.js';
import type { TrainedFactors } from './trained-factors.js';

/** What a trainer was told, as far as it matters here. */
type Parameters =
  | ({ readonly algorithm: 'als' } & Pick<AlsOptions, 'minRating' | 'regularization' | 'unobservedWeight'>)
  | { readonly algorithm: 'sgd'; readonly regularization: number };

/** The value from which interactions are positive to an algorithm. To sgd, which predicts them, all ratings are. */
export function leastPositive(parameters: Parameters, interactions: ValuedInteractions): number {
  if (parameters.algorithm === 'als') return parameters.minRating;
  const { valueKind = 'ratings' } = interactions;
  return valueKind === 'ratings' ? Number.NEGATIVE_INFINITY : valueDefaults(interactions).minRating;
}

/** @throws ShortlistError `nothing-positive` when there is nothing to learn a taste from */
export function requirePositive(parameters: Parameters, interactions: ValuedInteractions): void {
  const { values } = interactions.byUser;
  const minRating = leastPositive(parameters, interactions);
  if (values.some(value => value >= minRating)) return;
  const largest = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const what = { ratings: 'rating', labels: 'rating', quantities: 'quantity', none: 'interaction' };
  const bound = minRating <= Number.MIN_VALUE && minRating > 0 ? 'not above 0' : `below \`minRating\` (${minRating})`;
  const all = values.length === 0 ? 'there is none' : `all ${values.length} are ${bound}, the highest is ${largest}`;
  throw new ShortlistError(
    'nothing-positive',
    `No ${what[interactions.valueKind ?? 'ratings']} counts as positive: ${all}. Check the column of values` +
      `${parameters.algorithm === 'als' ? ', or lower `minRating`' : ''}.`,
    { interactions: values.length, minRating, ...(values.length > 0 ? { largest } : {}) },
  );
}

/**
 * No score is larger than this where the penalties have drawn all vectors to zero. Without them scores reach about 1;
 * beyond some penalty each iteration divides the vectors by a number, so that little lies between.
 */
const VANISHED = 1e-8;

/** @throws ShortlistError `factors-vanished` when all scores are zero but for rounding */
export function requireAlive({ userFactors, itemFactors }: TrainedFactors, parameters: Parameters): void {
  if (longest(userFactors) * longest(itemFactors) < VANISHED) throw vanished(parameters);
}

/** What to say where vectors of zeros, or less than numbers can hold, are all that the penalties leave. */
export function vanished(penalties: {
  readonly regularization: number;
  readonly unobservedWeight?: number;
}): ShortlistError {
  const { regularization, unobservedWeight } = penalties;
  const weight = unobservedWeight === undefined ? '' : ` or \`unobservedWeight\` (${unobservedWeight})`;
  return new ShortlistError(
    'factors-vanished',
    `All vectors became zero, so that nothing could be recommended: \`regularization\` (${regularization})${weight} is ` +
      'too large for these data. Lower it.',
    { regularization, ...(unobservedWeight === undefined ? {} : { unobservedWeight }) },
  );
}

function longest({ rows, columns, stride, data }: Matrix): number {
  let most = 0;
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let f = 0; f < columns; f++) sum += data[row * stride + f]! ** 2;
    if (sum > most) most = sum;
  }
  return Math.sqrt(most);
}
