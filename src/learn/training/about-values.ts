import type { Dataset } from '../dataset/dataset.js';
import { scaleOf } from '../ratings/value-kind.js';
import type { TrainingParameters } from './train.js';

/** Lines on what the values of the data were taken for, and what they change in training. */
export function aboutValues(dataset: Dataset, parameters: TrainingParameters): string[] {
  const { valueKind, byUser } = dataset;
  const { values } = byUser;
  const zeros = countOf(values, value => value === 0);
  const negative = countOf(values, value => value < 0);
  const isAls = parameters.algorithm === 'als';
  const shareOf = (count: number) => `${count} of ${values.length}`;
  switch (valueKind) {
    case 'none':
      return repeatsWeigh(dataset, parameters);
    case 'labels':
      return [
        `The values are labels: ${shareOf(countOf(values, value => value > 0))} say yes` +
          (zeros + negative > 0
            ? `; ${shareOf(zeros + negative)} are ${zeros > 0 ? '0' : ''}${zeros > 0 && negative > 0 ? ' or ' : ''}${negative > 0 ? '-1' : ''} and taken as "not interested": ` +
              'not as positive, and not recommended again.'
            : '.'),
      ];
    case 'quantities':
      return [
        `The values are quantities.${isAls ? weighing(parameters.alpha) : ''}`,
        ...(zeros + negative > 0
          ? [
              `${shareOf(zeros + negative)} are not above 0, such as what was returned: not positive, and not recommended again.`,
            ]
          : []),
      ];
    case 'ratings': {
      const scale = scaleOf(values);
      const range = scale ? ` from ${scale.min} to ${scale.max}` : '';
      return [
        `The values are ratings${range}.` +
          (isAls && parameters.alpha === 0
            ? ' With `alpha` 0 they only decide what `minRating` leaves out: ' +
              `${shareOf(countOf(values, value => value < parameters.minRating))}.`
            : ''),
        ...(isAls ? oddRatings(zeros, negative, parameters.minRating, shareOf) : []),
      ];
    }
  }
}

function repeatsWeigh({ byUser }: Dataset, parameters: TrainingParameters): string[] {
  if (parameters.algorithm !== 'als' || !byUser.values.some(value => value > 1)) return [];
  return [`There are no values; repeats are counted.${weighing(parameters.alpha)}`];
}

function weighing(alpha: number): string {
  return alpha === 0
    ? ' With `alpha` 0 they only decide what is positive.'
    : ` They weigh 1 + ${alpha} · √quantity, divided by the mean (\`alpha\`).`;
}

/** Zeros and negative values, which on some scales are no opinions. */
function oddRatings(zeros: number, negative: number, minRating: number, shareOf: (count: number) => string): string[] {
  const lines = [];
  if (zeros > 0) {
    lines.push(
      minRating <= 0
        ? `${shareOf(zeros)} ratings are 0 and count as positive like all others; leave them out with \`minRating\` if 0 means something else.`
        : `${shareOf(zeros)} ratings are 0: below \`minRating\`, so not positive, and not recommended again.`,
    );
  }
  if (negative > 0) {
    lines.push(
      minRating < 0
        ? `${shareOf(negative)} ratings are negative; those of at least \`minRating\` (${minRating}) count as positive.`
        : `${shareOf(negative)} ratings are negative: not positive, and not recommended again. If they mean something else, say so with \`minRating\`.`,
    );
  }
  return lines;
}

function countOf(values: Float32Array, wanted: (value: number) => boolean): number {
  let count = 0;
  for (const value of values) if (wanted(value)) count++;
  return count;
}
