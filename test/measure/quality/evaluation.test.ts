import { describe, expect, test } from 'vitest';
import { createMatrix, rowOf } from '../../../src/base/numeric/matrix.js';
import { createRandom } from '../../../src/base/numeric/random.js';
import { rowIndices } from '../../../src/base/numeric/sparse.js';
import { evaluateRanking } from '../../../src/measure/quality/evaluation.js';
import { rankUsers } from '../../../src/measure/quality/rank-users.js';
import { listOf } from '../../../src/measure/quality/top-lists.js';
import { plainSearch } from '../../support/plain-search.js';
import { datasetOf, matrixOf, randomFactors } from '../../support/sample-data.js';

/** The slow, obvious ranking: every item scored, the seen left out, sorted. */
function obviousList(
  { userFactors, itemFactors }: ReturnType<typeof randomFactors>,
  user: number,
  seen: Uint32Array,
  k: number,
) {
  const score = (item: number) =>
    rowOf(userFactors, user).reduce((sum, value, f) => sum + value * rowOf(itemFactors, item)[f]!, 0);
  return Array.from({ length: itemFactors.rows }, (_, item) => item)
    .filter(item => !seen.includes(item))
    .map(item => ({ item, score: score(item) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, k)
    .map(({ item }) => item);
}

describe('rankUsers', () => {
  test('gives every user the exact top k of the unseen items, whatever the number of threads', async () => {
    const random = createRandom(4);
    const factors = randomFactors(150, 90, 7, 2);
    const history = matrixOf(
      90,
      Array.from({ length: 150 }, () => [random.below(30), 30 + random.below(30)]),
    );
    const users = Uint32Array.from({ length: 150 }, (_, n) => 149 - n);
    const [one, three] = await Promise.all(
      [1, 3].map(threads => rankUsers(factors, users, history, { k: 10, threads })),
    );
    expect(three).toEqual(one);
    users.forEach((user, n) => {
      expect([...listOf(one!, n)]).toEqual(obviousList(factors, user, rowIndices(history, user), 10));
    });
  });

  test.each([
    ['an odd number of users, a last tile that is not full', 131, 101, 9],
    ['many equal scores', 70, 64, 2],
    ['fewer items than a tile', 3, 5, 6],
  ])(
    'gives the same items as plain sums in single precision, ties by lower item: %s',
    async (_, users, items, columns) => {
      const random = createRandom(6);
      const factors = randomFactors(users, items, columns, 3);
      if (columns === 2) {
        for (const { data } of [factors.userFactors, factors.itemFactors]) data.set(data.map(Math.round));
      }
      const history = matrixOf(
        items,
        Array.from({ length: users }, () => [random.below(items)]),
      );
      const lists = await rankUsers(
        factors,
        Uint32Array.from({ length: users }, (_, n) => n),
        history,
        { k: 12 },
      );
      for (let user = 0; user < users; user++) {
        const seen = new Set(rowIndices(history, user));
        const plain = plainSearch(factors.itemFactors, rowOf(factors.userFactors, user), 12, item => seen.has(item));
        expect([...listOf(lists, user)]).toEqual(plain.items);
      }
    },
  );

  test('gives what is left where fewer than k items are unseen', async () => {
    const lists = await rankUsers(randomFactors(1, 4, 3, 1), Uint32Array.of(0), matrixOf(4, [[0, 2]]), { k: 10 });
    expect([...listOf(lists, 0)].sort()).toEqual([1, 3]);
  });
});

describe('evaluateRanking', () => {
  // Two groups with their own items; the factors know the groups, popularity does not.
  const train = datasetOf(8, [[0, 1], [1, 2], [0, 2], [4, 5], [5, 6], [4, 6], []]);
  const tested = matrixOf(8, [[2], [0], [1], [6], [4], [], [3]]);
  const group = (rows: number, boundary: number) => {
    const matrix = createMatrix(rows, 2);
    for (let r = 0; r < rows; r++) matrix.data[r * matrix.stride + (r < boundary ? 0 : 1)] = 1;
    return matrix;
  };
  const factors = { userFactors: group(7, 3), itemFactors: group(8, 4) };

  test('finds what the factors know, beside the baselines, and skips users unknown to training', async () => {
    const evaluation = await evaluateRanking(factors, train, tested, { cutOffs: [1, 2], threads: 1 });
    expect({ tested: evaluation.testedUsers, skipped: evaluation.skippedUsers }).toEqual({ tested: 5, skipped: 1 });
    // Of the two unseen items of the group the one with the lower index comes first, and is the test item for all five.
    expect(evaluation.model.metrics).toMatchObject({ 'recall@1': 1, 'ndcg@2': 1, 'hitRate@2': 1, 'mrr@2': 1 });
    expect(evaluation.popularity.metrics['recall@1']).toBeLessThan(1);
    expect(evaluation.random['recall@2']).toBeLessThan(1);
    expect(evaluation.model.intervals['recall@1']).toEqual([1, 1]);
    expect(evaluation.model.activity).toMatchObject([{ interactions: [2, 2], users: 5 }]);
    expect(Object.keys(evaluation.popularity.metrics)).toEqual(Object.keys(evaluation.model.metrics));
  });

  test('ranks against listed negatives only, where an item unknown to training scores 0', async () => {
    const negatives = matrixOf(8, [[7, 4], [5, 7], [], [7, 0], [1, 2], [], []]);
    // Items 3 and 7 are in no training history: whatever their factors say, they score 0 and lose.
    const strong = { ...factors, itemFactors: { ...factors.itemFactors, data: factors.itemFactors.data.slice() } };
    for (const item of [3, 7]) strong.itemFactors.data.fill(9, item * 4, item * 4 + 2);
    const evaluation = await evaluateRanking(strong, train, tested, { cutOffs: [1], negatives });
    expect(evaluation).toMatchObject({
      testedUsers: 4,
      skippedUsers: 2,
      model: { metrics: { 'hitRate@1': 1, 'ndcg@1': 1 } },
    });
    expect(evaluation.popularity.metrics['hitRate@1']).toBeLessThan(1);
  });

  test('says so when there is no user to test on', async () => {
    await expect(
      evaluateRanking(factors, train, matrixOf(8, [[], [], [], [], [], [], [1]]), { cutOffs: [1] }),
    ).rejects.toThrow(/no user to test on: of 1 users/);
  });
});
