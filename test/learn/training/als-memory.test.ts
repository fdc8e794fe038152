import { describe, expect, test } from 'vitest';
import { describeAlsMemory, estimateAlsBytes } from '../../../src/learn/training/als-memory.js';
import { alsCountsOf, completeAlsOptions } from '../../../src/learn/training/als-options.js';
import { planAls } from '../../../src/learn/training/als-plan.js';
import { randomInteractions } from '../../support/interaction-samples.js';

describe('estimateAlsBytes', () => {
  const counts = { users: 100_000, items: 50_000, interactions: 10_000_000 };

  test('grows by what factors, interactions and confidences take', () => {
    const base = estimateAlsBytes(counts, { factors: 64, threads: 2 });
    expect(base).toBeGreaterThan(150_000 * 64 * 4 * 2 + 10_000_000 * 4 * 2);
    expect(base).toBeLessThan(1.3 * (150_000 * 64 * 4 * 2 + 10_000_000 * 4 * 2));
    expect(estimateAlsBytes(counts, { factors: 64, threads: 2, alpha: 1 }) - base).toBe(10_000_000 * 4 * 2);
    const more = { ...counts, interactions: 20_000_000 };
    expect(estimateAlsBytes(more, { factors: 64, threads: 2 }) - base).toBe(10_000_000 * 4 * 2);
  });

  test('covers what is laid out in shared memory', () => {
    const interactions = randomInteractions(2000, 1500, 40, 1);
    const counts = alsCountsOf(interactions);
    const options = completeAlsOptions({ factors: 40, threads: 2, alpha: 1 }, counts);
    const { plan } = planAls(interactions, options, 2);
    const estimate = estimateAlsBytes(counts, options);
    expect(plan.memory.buffer.byteLength).toBeLessThan(estimate);
  });
});

describe('describeAlsMemory', () => {
  test('states the estimate and what it is for', () => {
    const counts = { users: 5000, items: 2000, interactions: 90_000 };
    const options = { factors: 64, threads: 2 };
    expect(describeAlsMemory(counts, options, 41_000_000)).toBe(
      `train: about ${Math.ceil(estimateAlsBytes(counts, options) / 1e6)} MB for 5000 users, 2000 items, ` +
        '90000 interactions, 64 factors, beside 41 MB in use',
    );
  });

  test('refuses what one memory cannot hold, saying what to do', () => {
    const counts = { users: 4_000_000, items: 500_000, interactions: 10_000_000 };
    expect(() => describeAlsMemory(counts, { factors: 256 }, 0)).toThrow(
      expect.objectContaining({ code: 'out-of-memory', message: expect.stringContaining('Use fewer factors') }),
    );
    expect(describeAlsMemory(counts, { factors: 128 }, 0)).toMatch(/^train: about \d+ MB/);
  });
});
