import { describe, expect, it } from 'vitest';
import { estimateAlsBytes } from '../../src/training/als-memory.js';
import { alsCountsOf, completeAlsOptions } from '../../src/training/als-options.js';
import { planAls } from '../../src/training/als-plan.js';
import { randomInteractions } from './interaction-samples.js';

describe('estimateAlsBytes', () => {
  const counts = { users: 100_000, items: 50_000, interactions: 10_000_000 };

  it('grows by what factors, interactions and confidences take', () => {
    const base = estimateAlsBytes(counts, { factors: 64, threads: 2 });
    expect(base).toBeGreaterThan(150_000 * 64 * 4 * 2 + 10_000_000 * 4 * 2);
    expect(base).toBeLessThan(1.3 * (150_000 * 64 * 4 * 2 + 10_000_000 * 4 * 2));
    expect(estimateAlsBytes(counts, { factors: 64, threads: 2, alpha: 1 }) - base).toBe(10_000_000 * 4 * 2);
    const more = { ...counts, interactions: 20_000_000 };
    expect(estimateAlsBytes(more, { factors: 64, threads: 2 }) - base).toBe(10_000_000 * 4 * 2);
  });

  it('covers what is laid out in shared memory', () => {
    const interactions = randomInteractions(2000, 1500, 40, 1);
    const counts = alsCountsOf(interactions.byUser);
    const options = completeAlsOptions({ factors: 40, threads: 2, alpha: 1 }, counts);
    const { plan } = planAls(interactions, options, 2);
    const estimate = estimateAlsBytes(counts, options);
    expect(plan.memory.buffer.byteLength).toBeLessThan(estimate);
  });
});
