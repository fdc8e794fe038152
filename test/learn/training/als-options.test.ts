import { describe, expect, test } from 'vitest';
import {
  alsCountsOf,
  completeAlsOptions,
  defaultUnobservedWeight,
  UNOBSERVED_MASS,
} from '../../../src/learn/training/als-options.js';
import { interactionsFrom } from '../../support/interaction-samples.js';

const counts = { users: 200, items: 100, interactions: 400 };

describe('completeAlsOptions', () => {
  test('weighs all pairs together by a fixed multiple of the interactions, unless told otherwise', () => {
    const { unobservedWeight } = completeAlsOptions({}, counts);
    expect(unobservedWeight * counts.users * counts.items).toBeCloseTo(UNOBSERVED_MASS * counts.interactions, 9);
    expect(completeAlsOptions({ unobservedWeight: 0.4 }, counts).unobservedWeight).toBe(0.4);
    expect(defaultUnobservedWeight({ users: 0, items: 0, interactions: 0 })).toBe(1);
  });

  test('counts interactions for what their ratings make them weigh', () => {
    const { byUser } = interactionsFrom(2, 4, [
      [0, 1, 1],
      [0, 3, 4],
      [1, 2, 5],
    ]);
    expect(alsCountsOf({ byUser })).toEqual({
      users: 2,
      items: 4,
      interactions: 3,
      meanConfidence: 1,
      defaults: { alpha: 0, minRating: 0 },
    });
    expect(alsCountsOf({ byUser }, { alpha: 2, minRating: 4 }).meanConfidence).toBe(10);
    const plain = completeAlsOptions({}, alsCountsOf({ byUser })).unobservedWeight;
    expect(completeAlsOptions({}, alsCountsOf({ byUser }, { alpha: 3 })).unobservedWeight).toBeCloseTo(11 * plain, 9);
  });

  test.each([
    { factors: 0 },
    { iterations: 1.5 },
    { regularization: -1 },
    { regularizationExponent: 3 },
    { unobservedWeight: 0 },
    { stddev: Number.NaN },
    { seed: -1 },
  ])('refuses %j', options => {
    expect(() => completeAlsOptions(options, counts)).toThrow(
      expect.objectContaining({ code: 'invalid-option', message: expect.stringContaining(Object.keys(options)[0]!) }),
    );
  });
});
