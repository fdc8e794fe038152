import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/base/numeric/random.js';
import { comparePaired } from '../../../src/measure/quality/paired-comparison.js';
import type { UserMetrics } from '../../../src/measure/quality/user-metrics.js';

function metricsOf(...figures: readonly number[][]): UserMetrics {
  const users = Uint32Array.from(figures[0]!.keys());
  const values = Float64Array.from(Array.from(users).flatMap(user => figures.map(ofUsers => ofUsers[user]!)));
  return { users, names: figures.map((_, n) => `figure${n}`), values };
}

describe('comparePaired', () => {
  test('gives the p-value of all equally likely signs, and forgets users without a difference', () => {
    // Four users differ, all in the same direction: 2 of 16 signs are as far from 0. With one against three it is 10 of 16.
    const better = metricsOf([1, 1, 1, 1, 0.5, 0.5], [1, 1, 1, 0, 0, 0]);
    const worse = metricsOf([0, 0, 0, 0, 0.5, 0.5], [0, 0, 0, 1, 0, 0]);
    const { figure0, figure1 } = comparePaired(better, worse, 1);
    expect(figure0?.difference).toBeCloseTo(4 / 6, 12);
    expect(figure0?.p).toBeCloseTo(2 / 16, 1.5);
    expect(figure1?.difference).toBeCloseTo(2 / 6, 12);
    expect(figure1?.p).toBeCloseTo(10 / 16, 1.5);
  });

  test('is surer of paired differences than of two means apart', () => {
    const random = createRandom(2);
    const ofUser = Array.from({ length: 300 }, () => random.normal());
    const better = metricsOf(ofUser.map(value => value + 0.1 + 0.2 * random.normal()));
    const { difference, interval, p } = comparePaired(better, metricsOf(ofUser), 1).figure0!;
    // The standard error of the differences is 0.2 / sqrt(300) = 0.0115; of each mean it is 0.058.
    expect(difference).toBeCloseTo(0.1, 1);
    expect(interval[0]).toBeGreaterThan(0.05);
    expect(interval[1] - interval[0]).toBeLessThan(0.06);
    expect(p).toBeLessThan(0.001);
  });

  test('says the same of the two the other way round, and nothing of equals', () => {
    const [one, two] = [metricsOf([0, 1, 0.25, 0]), metricsOf([0.5, 0, 0, 0])];
    const forth = comparePaired(one, two, 3).figure0!;
    const back = comparePaired(two, one, 3).figure0!;
    expect(back.difference).toBe(-forth.difference);
    expect(back.p).toBe(forth.p);
    expect(comparePaired(one, one, 3)).toEqual({ figure0: { difference: 0, interval: [0, 0], p: 1 } });
  });
});
