import { describe, expect, test } from 'vitest';
import type { ValueKind } from '../../../src/learn/ratings/ratings-table.js';
import { aboutValues } from '../../../src/learn/training/about-values.js';
import { trainAls } from '../../../src/learn/training/als.js';
import { confidenceIn, confidenceOf, QUANTITY_ALPHA, valueDefaults } from '../../../src/learn/training/confidence.js';
import { train, trainingParameters } from '../../../src/learn/training/train.js';
import { datasetOf } from '../../support/sample-data.js';

/** Two users with two items each, valued as given. */
function dataOf(valueKind: ValueKind, values: readonly [number, number, number, number]) {
  const rows = [
    [0, 1],
    [1, 2],
  ];
  const dataset = datasetOf(3, rows, (u, i) => values[2 * u + rows[u]!.indexOf(i)]!);
  return { ...dataset, valueKind, rated: valueKind !== 'none' };
}

describe('confidence', () => {
  test('of quantities grows with their root and is 1 in the mean', () => {
    const data = dataOf('quantities', [1, 4, 9, -2]);
    const { alpha, minRating } = valueDefaults(data);
    const confidence = confidenceIn(data, { alpha, minRating });
    const weights = [1, 4, 9].map(value => confidenceOf(confidence, value));
    expect(weights.reduce((sum, weight) => sum + weight) / 3).toBeCloseTo(1, 12);
    expect(weights[2]! / weights[0]!).toBeCloseTo((1 + 3 * QUANTITY_ALPHA) / (1 + QUANTITY_ALPHA), 12);
  });

  test.each<[ValueKind, readonly [number, number, number, number], number, number]>([
    ['ratings', [1, 5, 0, -1], 0, 0],
    ['labels', [1, 0, 0, 1], 0, 1],
    ['none', [1, 1, 1, 1], 0, 0],
    ['none', [1, 3, 1, 1], QUANTITY_ALPHA, 0],
    ['quantities', [2, 2, 2, 0], 0, Number.MIN_VALUE],
    ['quantities', [2, 0.5, 2, 0], QUANTITY_ALPHA, Number.MIN_VALUE],
  ])('has defaults for %s such as %j', (kind, values, alpha, minRating) => {
    expect(valueDefaults(dataOf(kind, values))).toEqual({ alpha, minRating });
  });

  test('leaves the weight of other pairs as it is without it', () => {
    const weightOf = (data: ReturnType<typeof dataOf>) => {
      const parameters = trainingParameters({ algorithm: 'als', options: {} }, data);
      return parameters.algorithm === 'als' && parameters.unobservedWeight;
    };
    expect(weightOf(dataOf('quantities', [1, 100, 7, 3]))).toBe(weightOf(dataOf('none', [1, 1, 1, 1])));
  });

  test('of labels keeps noes out of training', async () => {
    const labels = await trainAls(dataOf('labels', [1, 0, 0, 1]), { factors: 2 });
    expect([...labels.itemFactors.data.subarray(labels.itemFactors.stride, 2 * labels.itemFactors.stride)]).toEqual(
      new Array(labels.itemFactors.stride).fill(0),
    );
  });
});

describe('training refuses', () => {
  const als = (options: object) => ({ algorithm: 'als', options }) as const;

  test.each<[string, ReturnType<typeof dataOf>, object, RegExp]>([
    ['nothing but noes', dataOf('labels', [-1, -1, -1, -1]), {}, /No rating counts as positive: all 4 are below/],
    ['what was all returned', dataOf('quantities', [0, -1, 0, 0]), {}, /all 4 are not above 0, the highest is 0/],
    [
      'a bound above all ratings',
      dataOf('ratings', [1, 2, 3, 5]),
      { minRating: 6 },
      /`minRating` \(6\), the highest is 5/,
    ],
  ])('%s', async (_, data, options, message) => {
    const refused = train(als(options), data);
    await expect(refused).rejects.toMatchObject({ code: 'nothing-positive', message: expect.stringMatching(message) });
  });

  test('noes by sgd', async () => {
    const refused = train({ algorithm: 'sgd', options: {} }, dataOf('labels', [0, 0, 0, 0]));
    await expect(refused).rejects.toMatchObject({ code: 'nothing-positive' });
  });

  test.each([{ regularization: 100 }, { regularization: 1e30 }, { unobservedWeight: 1e9 }])(
    'to return vectors of zeros: %j',
    async options => {
      const refused = train(als({ factors: 4, ...options }), dataOf('ratings', [1, 2, 3, 5]));
      await expect(refused).rejects.toMatchObject({
        code: 'factors-vanished',
        message: expect.stringContaining('too large'),
      });
    },
  );
});

describe('aboutValues', () => {
  const lines = (data: ReturnType<typeof dataOf>, options: object = {}) =>
    aboutValues(data, trainingParameters({ algorithm: 'als', options }, data)).join('\n');

  test.each<[string, string, RegExp]>([
    ['labels', lines(dataOf('labels', [1, 0, 0, 1])), /2 of 4 say yes; 2 of 4 are 0 and taken as "not interested"/],
    ['quantities', lines(dataOf('quantities', [1, 2, 0, 5])), /weigh 1 \+ 0\.5 · √quantity.*\n1 of 4 are not above 0/],
    ['ratings', lines(dataOf('ratings', [1, 2, 3, 5])), /from 1 to 5\. With `alpha` 0 they only decide .*: 0 of 4\.$/],
    ['zeros of ratings', lines(dataOf('ratings', [0, 2, 3, 5])), /1 of 4 ratings are 0 and count as positive/],
    ['zeros left out', lines(dataOf('ratings', [0, 2, 3, 5]), { minRating: 1 }), /1 of 4 ratings are 0: below/],
    ['dislikes', lines(dataOf('ratings', [-1, 2, 3, 5])), /1 of 4 ratings are negative: not positive/],
    ['repeats', lines(dataOf('none', [1, 2, 1, 1])), /repeats are counted/],
  ])('speaks of %s', (_, found, expected) => {
    expect(found).toMatch(expected);
  });

  test('has nothing to say of clicks', () => {
    expect(lines(dataOf('none', [1, 1, 1, 1]))).toBe('');
  });
});
