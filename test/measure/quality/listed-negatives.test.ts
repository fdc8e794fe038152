import { describe, expect, test } from 'vitest';
import { csrFromCoordinates } from '../../../src/base/numeric/sparse.js';
import { listedNegativesMetrics } from '../../../src/measure/quality/listed-negatives.js';
import { itemMeanPrediction, ratingError } from '../../../src/measure/quality/rating-error.js';
import { datasetOf, matrixOf } from '../../support/sample-data.js';

describe('listedNegativesMetrics', () => {
  const scores = [9, 5, 5, 1, 8];
  const score = (_: number, item: number) => scores[item]!;

  test('ranks each test item against the listed negatives only, ties by lower index', () => {
    // Test item 1 ties with negative 2 and wins; test item 2 ties with negative 1 and loses.
    const metrics = listedNegativesMetrics(
      score,
      Uint32Array.of(0, 1),
      matrixOf(5, [[1], [2]]),
      matrixOf(5, [
        [2, 3],
        [1, 3],
      ]),
      [1, 2],
    );
    const at = (name: string) =>
      [0, 1].map(n => metrics.values[n * metrics.names.length + metrics.names.indexOf(name)]);
    expect(at('hitRate@1')).toEqual([1, 0]);
    expect(at('hitRate@2')).toEqual([1, 1]);
    expect(at('ndcg@2')).toEqual([1, 1 / Math.log2(3)]);
  });

  test('takes the mean over the test items of a user, which do not compete with each other', () => {
    const metrics = listedNegativesMetrics(
      score,
      Uint32Array.of(0),
      matrixOf(5, [[0, 3]]),
      matrixOf(5, [[1, 2, 4]]),
      [1],
    );
    expect(metrics.values[metrics.names.indexOf('recall@1')]).toBe(1 / 2);
  });

  test('does not let a test item that is listed among the negatives compete with itself', () => {
    const metrics = listedNegativesMetrics(score, Uint32Array.of(0), matrixOf(5, [[1]]), matrixOf(5, [[1, 3]]), [1]);
    expect(metrics.values[metrics.names.indexOf('hitRate@1')]).toBe(1);
  });
});

describe('ratingError', () => {
  const train = datasetOf(3, [[0, 1], [0]], (u, i) => [4, 2, 5][u + i]!);

  test('is the root mean square and the mean of the differences, predictions held to the known ratings', () => {
    const test = csrFromCoordinates(2, 3, Uint32Array.of(0, 1), Uint32Array.of(2, 1), Float32Array.of(3, 4)).csr;
    // 9 becomes 4, the highest rating in training: errors 1 and 0 are left.
    expect(ratingError(() => 9, train, test)).toEqual({ rmse: Math.sqrt(1 / 2), mae: 1 / 2 });
  });

  test('has a baseline in the item means, and the mean of all for an item nobody rated', () => {
    const predict = itemMeanPrediction(train);
    expect([predict(0, 0), predict(0, 1), predict(0, 2)]).toEqual([3, 2, 8 / 3]);
  });
});
