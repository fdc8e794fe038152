import { describe, expect, it } from 'vitest';
import { completeAlsOptions, defaultUnobservedWeight, UNOBSERVED_MASS } from '../../src/training/als-options.js';

const counts = { users: 200, items: 100, interactions: 400 };

describe('completeAlsOptions', () => {
  it('weighs all pairs together by a fixed multiple of the interactions, unless told otherwise', () => {
    const { unobservedWeight } = completeAlsOptions({}, counts);
    expect(unobservedWeight * counts.users * counts.items).toBeCloseTo(UNOBSERVED_MASS * counts.interactions, 9);
    expect(completeAlsOptions({ unobservedWeight: 0.4 }, counts).unobservedWeight).toBe(0.4);
    expect(defaultUnobservedWeight({ users: 0, items: 0, interactions: 0 })).toBe(1);
  });

  it.each([
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
