import { describe, expect, test } from 'vitest';
import { createMatrix, matrixFromRows, rowOf } from '../../../src/base/numeric/matrix.js';
import { createRandom } from '../../../src/base/numeric/random.js';
import { trainAls } from '../../../src/learn/training/als.js';
import type { AlsOptions } from '../../../src/learn/training/als-options.js';
import type { AlsInteractions } from '../../../src/learn/training/als-plan.js';
import type { TrainedFactors, TrainingProgress } from '../../../src/learn/training/trained-factors.js';
import { checkerboard, interactionsFrom, randomInteractions } from '../../support/interaction-samples.js';
import { lossOf, plainAls } from '../../support/reference-als.js';

const SAMPLE = randomInteractions(90, 70, 12, 1);
const OPTIONS: Partial<AlsOptions> = {
  factors: 10,
  iterations: 8,
  regularization: 0.02,
  unobservedWeight: 0.1,
  threads: 2,
};

/** Random item factors, and no user factors yet. */
function startOf(interactions: AlsInteractions, factors: number): { rows: number[][]; warmStart: TrainedFactors } {
  const random = createRandom(7);
  const rows = Array.from({ length: interactions.byItem.rows }, () =>
    Array.from({ length: factors }, () => Math.fround(0.03 * random.normal())),
  );
  const userFactors = createMatrix(interactions.byUser.rows, factors);
  return { rows, warmStart: { userFactors, itemFactors: matrixFromRows(rows) } };
}

describe('trainAls', () => {
  const variants: Record<string, Partial<AlsOptions>> = {
    'ordinary data': {},
    'ratings as confidence': { alpha: 0.7 },
    'only the better ratings': { minRating: 3 },
    'a fractional exponent': { regularizationExponent: 0.6 },
    'no regularization': { regularization: 0, factors: 4 },
    'more factors than most rows have interactions': { factors: 23, regularization: 0.01 },
    'a single factor': { factors: 1 },
  };
  test.each(Object.entries(variants))(
    'reports the loss of the factors it returns, close to that of exact solves, on %s',
    async (_, variant) => {
      const options = { ...OPTIONS, ...variant };
      const { rows, warmStart } = startOf(SAMPLE, options.factors!);
      const losses: number[] = [];
      const trained = await trainAls(SAMPLE, options, ({ loss }) => losses.push(loss), warmStart);
      expect(losses.at(-1)! / lossOf(SAMPLE.byUser, SAMPLE.byItem, trained, options)).toBeCloseTo(1, 5);
      const exact = plainAls(SAMPLE.byUser, SAMPLE.byItem, options, rows);
      const ratios = losses.map((loss, iteration) => loss / exact[iteration]!);
      for (const ratio of ratios.slice(3)) expect(Math.abs(ratio - 1)).toBeLessThan(0.01);
    },
  );

  test('ends close to exact solves where ratings make some interactions weigh a hundred times others', async () => {
    const sample = randomInteractions(150, 120, 25, 3);
    const options = { factors: 16, iterations: 10, alpha: 20, unobservedWeight: 1, threads: 2 };
    const { rows, warmStart } = startOf(sample, options.factors);
    const losses: number[] = [];
    await trainAls(sample, options, ({ loss }) => losses.push(loss), warmStart);
    const exact = plainAls(sample.byUser, sample.byItem, options, rows);
    expect(losses.at(-1)! / exact.at(-1)!).toBeLessThan(1.005);
  });

  test('lowers the loss in every iteration and counts them', async () => {
    const reports: TrainingProgress[] = [];
    await trainAls(SAMPLE, { ...OPTIONS, iterations: 20 }, progress => reports.push(progress));
    expect(reports.map(({ iteration, iterations }) => [iteration, iterations])).toEqual(
      Array.from({ length: 20 }, (_, i) => [i + 1, 20]),
    );
    for (let i = 1; i < reports.length; i++) expect(reports[i]!.loss).toBeLessThan(reports[i - 1]!.loss * (1 + 1e-6));
  });

  test('gives the same bits whatever the number of threads', async () => {
    // Large enough that it does use several.
    const large = randomInteractions(1500, 900, 60, 2);
    const options = { ...OPTIONS, factors: 20, iterations: 40 };
    const [one, two, five] = await Promise.all([1, 2, 5].map(threads => trainAls(large, { ...options, threads })));
    expect(two).toEqual(one);
    expect(five).toEqual(one);
    expect(await trainAls(large, { ...options, threads: 2, seed: 2 })).not.toEqual(one);
  });

  test('gives rows without interactions zero vectors, and pads with zeros', async () => {
    const { userFactors, itemFactors } = await trainAls(SAMPLE, OPTIONS);
    for (const [matrix, csr] of [
      [userFactors, SAMPLE.byUser],
      [itemFactors, SAMPLE.byItem],
    ] as const) {
      expect([matrix.rows, matrix.columns, matrix.stride]).toEqual([csr.rows, 10, 12]);
      for (let row = 0; row < matrix.rows; row++) {
        const empty = csr.starts[row] === csr.starts[row + 1];
        expect(rowOf(matrix, row).every(value => value === 0)).toBe(empty);
        expect(Array.from(matrix.data.subarray(row * 12 + 10, row * 12 + 12))).toEqual([0, 0]);
      }
    }
  });

  test('finds the withheld squares of a checkerboard', async () => {
    const size = 40;
    const withheld = (user: number) => (user + 10) % size;
    const { userFactors, itemFactors } = await trainAls(checkerboard(size, withheld), {
      ...OPTIONS,
      factors: 8,
    });
    for (let user = 0; user < size; user++) {
      const scores = Array.from({ length: size }, (_, item) => {
        const q = rowOf(itemFactors, item);
        return rowOf(userFactors, user).reduce((sum, value, j) => sum + value * q[j]!, 0);
      });
      const unseen = scores.map((score, item) => ({ score, item })).filter(({ item }) => item % 2 !== user % 2);
      const best = Math.max(...unseen.map(({ score }) => score));
      expect(scores[withheld(user)]).toBeGreaterThan(0.7);
      expect(best).toBeLessThan(0.1);
    }
  });

  test('goes on where a warm start left off, new rows included', async () => {
    const losses: number[] = [];
    const note = ({ loss }: TrainingProgress) => losses.push(loss);
    const trained = await trainAls(SAMPLE, { ...OPTIONS, iterations: 30 }, note);
    const settled = losses.at(-1)!;
    trained.itemFactors.data.fill(0, 0, 5 * trained.itemFactors.stride);
    trained.userFactors.data.fill(0, 0, 5 * trained.userFactors.stride);
    await trainAls(SAMPLE, { ...OPTIONS, iterations: 3 }, note, trained);
    expect(losses.at(-1)).toBeLessThan(settled * 1.02);
    expect(losses[30]).toBeLessThan(losses[1]!);
  });

  test('starts afresh from a warm start of zeros', async () => {
    const zeros = { userFactors: createMatrix(90, 10), itemFactors: createMatrix(70, 10) };
    expect(await trainAls(SAMPLE, OPTIONS, undefined, zeros)).toEqual(await trainAls(SAMPLE, OPTIONS));
  });

  test('accepts data without any interaction', async () => {
    const { userFactors, itemFactors } = await trainAls(interactionsFrom(3, 2, []), OPTIONS);
    expect([...userFactors.data, ...itemFactors.data].every(value => value === 0)).toBe(true);
  });

  test('refuses options that make no sense, saying what was expected', async () => {
    const wrong: [Partial<AlsOptions>, string][] = [
      [{ factors: 0 }, '`factors` must be a whole number from 1 to 2048, got 0.'],
      [{ iterations: 1.5 }, '`iterations` must be a whole number from 1 to 10000, got 1.5.'],
      [{ regularization: -1 }, '`regularization` must be a number of at least 0, got -1.'],
      [{ unobservedWeight: 0 }, '`unobservedWeight` must be a number above 0, got 0.'],
      [{ minRating: Number.NaN }, '`minRating` must be a finite number, got NaN.'],
    ];
    for (const [options, message] of wrong) {
      await expect(trainAls(SAMPLE, options)).rejects.toMatchObject({ code: 'invalid-option', message });
    }
    await expect(trainAls(SAMPLE, OPTIONS, undefined, startOf(SAMPLE, 9).warmStart)).rejects.toMatchObject({
      code: 'invalid-option',
      message: expect.stringContaining('factors of 90 x 10, got 90 x 9'),
    });
    const negative = interactionsFrom(2, 2, [[0, 0, -5]]);
    await expect(trainAls(negative, { alpha: 1, minRating: -9 })).rejects.toMatchObject({ code: 'invalid-option' });
  });

  test('stops with a named error when factors are no longer finite', async () => {
    const huge = interactionsFrom(2, 2, [
      [0, 0, 3e38],
      [1, 1, 3e38],
    ]);
    await expect(trainAls(huge, { alpha: 1e6 })).rejects.toMatchObject({
      code: 'non-finite-factors',
      fields: { iteration: 1 },
    });
  });
});
