import { describe, expect, test } from 'vitest';
import { createDataset } from '../../../src/learn/dataset/dataset.js';
import { rankPopularity, TRENDING_HALF_LIFE_DAYS } from '../../../src/learn/model/popularity.js';
import type { RatingsTable, ValueKind } from '../../../src/learn/ratings/ratings-table.js';
import { datasetOf } from '../../support/sample-data.js';

const DAY = 86_400;

/** Rows of [user, item, rating, day]. */
function tableOf(rows: [number, number, number, number][], timed = true): RatingsTable {
  const users = Math.max(...rows.map(row => row[0])) + 1;
  const items = Math.max(...rows.map(row => row[1])) + 1;
  return {
    userIds: Array.from({ length: users }, (_, i) => `u${i}`),
    itemIds: Array.from({ length: items }, (_, i) => `i${i}`),
    users: Uint32Array.from(rows, row => row[0]),
    items: Uint32Array.from(rows, row => row[1]),
    values: Float32Array.from(rows, row => row[2]),
    timestamps: timed ? Float64Array.from(rows, row => row[3] * DAY) : null,
    rated: true,
    duplicates: 0,
    rejected: 0,
  };
}

// Item 0: many good ratings long ago. Item 1: one perfect rating. Item 2: a few middling ones, all new. Item 3: as item 1.
const old = -2 * TRENDING_HALF_LIFE_DAYS;
const rows: [number, number, number, number][] = [
  [0, 0, 5, old],
  [1, 0, 4, old],
  [2, 0, 4, old],
  [3, 0, 5, old],
  [0, 1, 5, old],
  [0, 2, 3, 0],
  [1, 2, 3, 0],
  [1, 3, 5, old],
];

describe('rankPopularity', () => {
  const ranked = rankPopularity(createDataset(tableOf(rows)));

  test('count: number of ratings, ties by lower index', () => {
    expect([...ranked.count.scores]).toEqual([4, 1, 2, 1]);
    expect([...ranked.count.order]).toEqual([0, 2, 1, 3]);
  });

  test('mean: average rating, then count', () => {
    expect([...ranked.mean.scores]).toEqual([4.5, 5, 3, 5]);
    expect([...ranked.mean.order]).toEqual([1, 3, 0, 2]);
  });

  test('damped-mean: pulls items with few ratings towards the overall mean', () => {
    const overall = 34 / 8;
    const damped = (sum: number, count: number) => Math.fround((sum + 2 * overall) / (count + 2));
    expect([...ranked['damped-mean'].scores]).toEqual([damped(18, 4), damped(5, 1), damped(6, 2), damped(5, 1)]);
    expect([...ranked['damped-mean'].order]).toEqual([1, 3, 0, 2]);
  });

  test('trending: a rating counts half for every half-life of age', () => {
    expect([...ranked.trending.scores]).toEqual([1, 0.25, 2, 0.25]);
    expect([...ranked.trending.order]).toEqual([2, 0, 1, 3]);
  });

  test('trending is the count when there are no timestamps', () => {
    const untimed = rankPopularity(createDataset(tableOf(rows, false)));
    expect(untimed.trending).toEqual(untimed.count);
  });

  test('without ratings every ranker falls back on the count', () => {
    const ones = rows.map(([user, item, , day]) => [user, item, 1, day] as [number, number, number, number]);
    const unrated = rankPopularity(createDataset(tableOf(ones, false)));
    for (const ranking of Object.values(unrated)) expect([...ranking.order]).toEqual([0, 2, 1, 3]);
  });
});

describe('values that are no opinions', () => {
  const of = (valueKind: ValueKind, values: readonly (readonly [item: number, value: number])[]) => {
    const dataset = datasetOf(
      4,
      values.map(([item]) => [item]),
      user => values[user]![1],
    );
    return rankPopularity({ ...dataset, valueKind });
  };
  const repeated = (count: number, item: number, value: number) =>
    Array.from({ length: count }, () => [item, value] as const);

  test('of quantities: the number of those who have an item, not how much, nor what was returned', () => {
    const { count, trending } = of('quantities', [[0, 900], ...repeated(3, 1, 2), ...repeated(4, 2, 0)]);
    expect([...count.scores]).toEqual([1, 3, 0, 0]);
    expect(trending).toEqual(count);
  });

  test('of labels: the share of those that say yes', () => {
    const { mean, count } = of('labels', [
      [0, 1],
      [1, 1],
      [1, -1],
      [2, -1],
    ]);
    expect([...mean.scores]).toEqual([1, 0.5, 0, 0]);
    expect([...count.order]).toEqual([0, 1, 2, 3]);
  });

  test('among ratings, dislikes and mistakes, enter no mean', () => {
    const values = [...repeated(100, 0, 4), ...repeated(100, 1, 2), [2, 1_000_000], [1, -3], [3, -1]] as const;
    const { mean, 'damped-mean': damped } = of('ratings', values);
    expect([...mean.scores]).toEqual([4, 2, 0, 0]);
    expect([...damped.order].slice(0, 2)).toEqual([0, 1]);
  });
});
