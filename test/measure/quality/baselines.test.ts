import { describe, expect, test } from 'vitest';
import { popularityLists, randomLists } from '../../../src/measure/quality/baselines.js';
import { catalogueMetrics, gini } from '../../../src/measure/quality/catalogue-metrics.js';
import { listOf } from '../../../src/measure/quality/top-lists.js';
import { datasetOf, listsOf } from '../../support/sample-data.js';

// Counts: item 0 once, 1 twice, 2 three times, 3 twice, 4 never.
const train = datasetOf(5, [
  [2, 1],
  [2, 3, 1],
  [2, 3, 0],
]);
const everybody = Uint32Array.of(0, 1, 2);

describe('popularityLists', () => {
  test('ranks by count, ties by lower index, without what the user has', () => {
    const lists = popularityLists(train, everybody, 3);
    expect([0, 1, 2].map(n => [...listOf(lists, n)])).toEqual([
      [3, 0, 4],
      [0, 4],
      [1, 4],
    ]);
  });
});

describe('popularityLists of ties', () => {
  test('go by lower index', () => {
    const lists = popularityLists(datasetOf(4, [[3, 1], [1, 3], [0]]), Uint32Array.of(2), 3);
    expect([...listOf(lists, 0)]).toEqual([1, 3, 2]);
  });
});

describe('randomLists', () => {
  test('shows every unseen item equally often, none twice and no seen one', () => {
    const users = new Uint32Array(3000).fill(1);
    const lists = randomLists(train, users, 1, 5);
    const shown = new Uint32Array(5);
    users.forEach((_, n) => {
      shown[listOf(lists, n)[0]!]!++;
    });
    expect([...shown.subarray(1, 4)]).toEqual([0, 0, 0]);
    expect(Math.abs(shown[0]! - 1500)).toBeLessThan(120);
    expect([...listOf(randomLists(train, Uint32Array.of(0), 5, 1), 0)].sort()).toEqual([0, 3, 4]);
  });
});

describe('catalogueMetrics', () => {
  test('describes what all the lists together show', () => {
    const metrics = catalogueMetrics(listsOf(2, [[3, 0], [0, 4], [1]]), train, [1, 2]);
    // Mean count of a history item: user 0 (3+2)/2, user 1 (3+2+2)/3, user 2 (3+2+1)/3.
    const history = (5 / 2 + 7 / 3 + 2) / 3;
    const expected = {
      'coverage@1': 3 / 5,
      'gini@1': gini(Uint32Array.of(1, 1, 0, 1, 0)),
      'novelty@1': -(Math.log2(2 / 3) + Math.log2(1 / 3) + Math.log2(2 / 3)) / 3,
      'popularityLift@1': (2 + 1 + 2) / 3 / history - 1,
      'coverage@2': 4 / 5,
      'gini@2': gini(Uint32Array.of(2, 1, 0, 1, 1)),
      // Item 4, which nobody has, counts as one that one user has.
      'novelty@2': -(2 * Math.log2(2 / 3) + 3 * Math.log2(1 / 3)) / 5,
      'popularityLift@2': (1.5 + 0.5 + 2) / 3 / history - 1,
    };
    expect(Object.keys(metrics)).toEqual(Object.keys(expected));
    for (const [name, value] of Object.entries(expected)) expect(metrics[name], name).toBeCloseTo(value, 12);
  });
});

describe('gini', () => {
  test.each([
    [[1, 1, 1, 1], 0],
    [[0, 0, 0, 8], 0.75],
    [[0, 0, 0], 0],
    [[3, 1], 0.25],
  ])('of %j is %d', (amounts, expected) => expect(gini(Uint32Array.from(amounts))).toBeCloseTo(expected, 12));
});
