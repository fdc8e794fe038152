import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/base/numeric/random.js';
import { activitySlices } from '../../../src/measure/quality/activity-slices.js';
import { bootstrapIntervals } from '../../../src/measure/quality/bootstrap.js';
import type { UserMetrics } from '../../../src/measure/quality/user-metrics.js';
import { matrixOf } from '../../support/sample-data.js';

function metricsOf(values: readonly number[]): UserMetrics {
  return { users: Uint32Array.from(values.keys()), names: ['recall@10'], values: Float64Array.from(values) };
}

describe('bootstrapIntervals', () => {
  test('spans about two standard errors on each side of the mean', () => {
    const random = createRandom(3);
    const values = Array.from({ length: 400 }, () => 0.5 + 0.2 * random.normal());
    const mean = values.reduce((a, b) => a + b) / values.length;
    const [lower, upper] = bootstrapIntervals(metricsOf(values), 1)['recall@10']!;
    // The standard error is 0.2 / 20, so the ends are expected at 0.0196 from the mean.
    expect(mean - lower).toBeGreaterThan(0.015);
    expect(mean - lower).toBeLessThan(0.025);
    expect(upper - mean).toBeGreaterThan(0.015);
    expect(upper - mean).toBeLessThan(0.025);
  });

  test('is the same for the same seed, and a point for users who are all alike', () => {
    const values = metricsOf([0, 1, 0, 0, 1, 1, 0]);
    expect(bootstrapIntervals(values, 1)).toEqual(bootstrapIntervals(values, 1));
    expect(bootstrapIntervals(metricsOf([0.25, 0.25]), 1)).toEqual({ 'recall@10': [0.25, 0.25] });
  });
});

describe('activitySlices', () => {
  test('groups users by history length into quarters', () => {
    const history = matrixOf(
      8,
      [8, 7, 6, 5, 4, 3, 2, 1].map(length => Array.from({ length }, (_, i) => i)),
    );
    expect(activitySlices(metricsOf([0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0]), history)).toEqual([
      { interactions: [1, 2], users: 2, metrics: { 'recall@10': 0.1 } },
      { interactions: [3, 4], users: 2, metrics: { 'recall@10': 0.35 } },
      { interactions: [5, 6], users: 2, metrics: { 'recall@10': 0.55 } },
      { interactions: [7, 8], users: 2, metrics: { 'recall@10': 0.75 } },
    ]);
  });

  test('keeps equally long histories together and has one slice where all are alike', () => {
    const history = matrixOf(3, [[0], [1], [2], [0], [1], [0, 1, 2]]);
    expect(activitySlices(metricsOf([1, 1, 1, 1, 1, 0]), history)).toEqual([
      { interactions: [1, 1], users: 5, metrics: { 'recall@10': 1 } },
      { interactions: [3, 3], users: 1, metrics: { 'recall@10': 0 } },
    ]);
  });
});
