import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rankingMetricNames, rankingMetrics, singleItemMetrics } from '../../../src/measure/quality/ranking-metrics.js';
import { meanMetrics } from '../../../src/measure/quality/user-metrics.js';
import { listsOf, matrixOf } from '../../support/sample-data.js';

/** Log2-discounted gain of a place counted from 1. */
const gain = (place: number) => 1 / Math.log2(place + 1);

describe('rankingMetrics', () => {
  test('counts hits at each cut-off as the definitions say', () => {
    // Hits at the places 1 and 3; three items to find.
    const metrics = rankingMetrics(listsOf(4, [[5, 0, 7, 1]]), matrixOf(10, [[5, 7, 9]]), [2, 4]);
    expect(meanMetrics(metrics)).toEqual({
      'recall@2': 1 / 3,
      'precision@2': 1 / 2,
      'ndcg@2': gain(1) / (gain(1) + gain(2)),
      'hitRate@2': 1,
      'map@2': 1 / 2,
      'mrr@2': 1,
      'recall@4': 2 / 3,
      'precision@4': 2 / 4,
      'ndcg@4': (gain(1) + gain(3)) / (gain(1) + gain(2) + gain(3)),
      'hitRate@4': 1,
      'map@4': (1 + 2 / 3) / 3,
      'mrr@4': 1,
    });
  });

  test('gives a perfect list all ones, though there are fewer test items than places', () => {
    const metrics = meanMetrics(rankingMetrics(listsOf(5, [[3, 1, 0, 2, 4]]), matrixOf(5, [[1, 3]]), [5]));
    expect(metrics).toEqual({
      'recall@5': 1,
      'precision@5': 2 / 5,
      'ndcg@5': 1,
      'hitRate@5': 1,
      'map@5': 1,
      'mrr@5': 1,
    });
  });

  test('gives a short list without hits, and an empty one, all zeros', () => {
    const metrics = rankingMetrics(listsOf(3, [[0], []]), matrixOf(4, [[2], [3]]), [3]);
    expect([...metrics.values]).toEqual(new Array(12).fill(0));
  });

  test('takes means over users, or over some of them', () => {
    const metrics = rankingMetrics(listsOf(1, [[0], [0], [1]]), matrixOf(2, [[0], [1], [1]]), [1]);
    expect(meanMetrics(metrics)['recall@1']).toBe(2 / 3);
    expect(meanMetrics(metrics, Uint32Array.of(1, 2))['recall@1']).toBe(1 / 2);
  });

  test('agrees with the figures of a single item, wherever it is found', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }), (place, k) => {
        const list = Array.from({ length: 12 }, (_, i) => (i === place - 1 ? 0 : i + 1));
        const metrics = rankingMetrics(listsOf(12, [list]), matrixOf(13, [[0]]), [k]);
        expect([...metrics.values]).toEqual(singleItemMetrics(place, k));
        expect(metrics.names).toEqual(rankingMetricNames([k]));
      }),
      { seed: 1, numRuns: 100 },
    );
  });
});
