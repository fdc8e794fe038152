import { describe, expect, test } from 'vitest';
import { rowOf } from '../../../src/base/numeric/matrix.js';
import { createRandom } from '../../../src/base/numeric/random.js';
import { trainSgd } from '../../../src/learn/training/sgd.js';
import type { TrainedFactors, TrainingProgress } from '../../../src/learn/training/trained-factors.js';
import { interactionsFrom } from '../../support/interaction-samples.js';

/** Ratings 3 + b_u + b_i + strength · p_u q_i of one planted factor, for most pairs; the last user and item have none. */
function plantedRatings(users: number, items: number, strength: number) {
  const random = createRandom(3);
  const bias = (count: number) => Array.from({ length: count }, () => 0.5 * random.normal());
  const [userBias, itemBias, p, q] = [bias(users), bias(items), bias(users), bias(items)];
  const rating = (user: number, item: number) => 3 + userBias[user]! + itemBias[item]! + strength * p[user]! * q[item]!;
  const train: [number, number, number][] = [];
  const test: [number, number, number][] = [];
  for (let user = 0; user < users - 1; user++) {
    for (let item = 0; item < items - 1; item++) {
      const share = random.uniform();
      if (share < 0.6) (share < 0.06 ? test : train).push([user, item, rating(user, item)]);
    }
  }
  return { interactions: interactionsFrom(users, items, train), train, test };
}

function predict({ userFactors, itemFactors }: TrainedFactors, user: number, item: number): number {
  const q = rowOf(itemFactors, item);
  return rowOf(userFactors, user).reduce((sum, value, j) => sum + value * q[j]!, 0);
}

function rmseOf(trained: TrainedFactors, triples: readonly [number, number, number][]): number {
  const squares = triples.map(([user, item, value]) => (predict(trained, user, item) - value) ** 2);
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
}

const PLANTED = plantedRatings(80, 60, 2);
const OPTIONS = { factors: 2, regularization: 0.001, learningRate: 0.03, learningRateDecay: 1, iterations: 200 };

describe('trainSgd', () => {
  test('predicts unseen ratings of a planted model by dot products', async () => {
    const trained = await trainSgd(PLANTED.interactions, OPTIONS);
    const mean = PLANTED.train.reduce((sum, [, , value]) => sum + value, 0) / PLANTED.train.length;
    const spread = Math.sqrt(PLANTED.test.reduce((sum, t) => sum + (t[2] - mean) ** 2, 0) / PLANTED.test.length);
    expect(spread).toBeGreaterThan(0.7);
    expect(rmseOf(trained, PLANTED.test)).toBeLessThan(0.08);
  });

  test('learns what is due to users and items alone by biases alone', async () => {
    const { interactions, test } = plantedRatings(80, 60, 0);
    expect(rmseOf(await trainSgd(interactions, { ...OPTIONS, factors: 0 }), test)).toBeLessThan(0.02);
  });

  test('folds mean and biases into two more columns', async () => {
    const { userFactors, itemFactors } = await trainSgd(PLANTED.interactions, { ...OPTIONS, validation: 0 });
    expect([userFactors.columns, itemFactors.columns]).toEqual([4, 4]);
    for (let user = 0; user < 80; user++) expect(rowOf(userFactors, user)[3]).toBe(1);
    for (let item = 0; item < 60; item++) expect(rowOf(itemFactors, item)[2]).toBe(1);
    const mean = PLANTED.train.reduce((sum, [, , value]) => sum + value, 0) / PLANTED.train.length;
    expect(Array.from(rowOf(userFactors, 79))).toEqual([0, 0, Math.fround(mean), 1]);
    expect(Array.from(rowOf(itemFactors, 59))).toEqual([0, 0, 1, 0]);
  });

  test('reports the error of every pass, falling, and is the same for the same seed', async () => {
    const reports: TrainingProgress[] = [];
    const options = { ...OPTIONS, validation: 0, iterations: 12 };
    const first = await trainSgd(PLANTED.interactions, options, progress => reports.push(progress));
    expect(reports.map(({ iteration, iterations }) => [iteration, iterations])).toEqual(
      Array.from({ length: 12 }, (_, i) => [i + 1, 12]),
    );
    for (let i = 1; i < reports.length; i++) expect(reports[i]!.loss).toBeLessThan(reports[i - 1]!.loss);
    expect(reports[0]).not.toHaveProperty('validationRmse');
    expect(await trainSgd(PLANTED.interactions, options)).toEqual(first);
    expect(await trainSgd(PLANTED.interactions, { ...options, seed: 2 })).not.toEqual(first);
  });

  test('stops when the held-out error rises, and returns the best pass', async () => {
    // Pure noise: every pass after the first few only learns it by heart.
    const random = createRandom(5);
    const noise = interactionsFrom(
      50,
      40,
      Array.from({ length: 1000 }, (_, e) => [e % 50, (e * 7 + Math.floor(e / 50)) % 40, random.normal()] as const),
    );
    const errors: number[] = [];
    const options = { ...OPTIONS, factors: 8, validation: 0.2, patience: 4 };
    const stopped = await trainSgd(noise, options, ({ validationRmse }) => errors.push(validationRmse!));
    expect(errors.length).toBeLessThan(200);
    const best = errors.indexOf(Math.min(...errors)) + 1;
    expect(errors.length).toBe(best + 4);
    expect(await trainSgd(noise, { ...options, iterations: best })).toEqual(stopped);
  });

  test('stops with a named error when it diverges', async () => {
    await expect(trainSgd(PLANTED.interactions, { ...OPTIONS, learningRate: 50 })).rejects.toMatchObject({
      code: 'non-finite-factors',
      fields: { learningRate: 50 },
    });
  });

  test('refuses options that make no sense', async () => {
    await expect(trainSgd(PLANTED.interactions, { learningRate: 0 })).rejects.toMatchObject({ code: 'invalid-option' });
    await expect(trainSgd(PLANTED.interactions, { validation: 0.9 })).rejects.toMatchObject({ code: 'invalid-option' });
  });
});
