import { describe, expect, test } from 'vitest';
import { catalogueMetrics } from '../../../src/measure/quality/catalogue-metrics.js';
import { listsFromElsewhere } from '../../../src/measure/quality/lists-from-elsewhere.js';
import { rankingMetrics } from '../../../src/measure/quality/ranking-metrics.js';
import {
  type ReadRecommendationsOptions,
  readRecommendations,
} from '../../../src/measure/quality/read-recommendations.js';
import { listOf } from '../../../src/measure/quality/top-lists.js';
import { meanMetrics } from '../../../src/measure/quality/user-metrics.js';
import { datasetOf, matrixOf } from '../../support/sample-data.js';
import { scratchDirectory } from '../../support/scratch-directory.js';

const write = scratchDirectory();

/** Reads a file of this content. @returns each user with the items in order, and by what they are ordered */
async function read(name: string, content: string, options?: ReadRecommendationsOptions) {
  const { userIds, itemIds, users, items, order } = await readRecommendations(write(name, content), options);
  const lists: Record<string, string[]> = {};
  users.forEach((user, row) => {
    lists[userIds[user]!] ??= [];
    lists[userIds[user]!]?.push(itemIds[items[row]!]!);
  });
  return { lists, order };
}

describe('readRecommendations', () => {
  test.each<[string, string, object, ReadRecommendationsOptions?]>([
    ['rank.csv', 'user,item,rank\nu,b,2\nv,c,1\nu,a,1\n', { lists: { u: ['a', 'b'], v: ['c'] }, order: 'rank' }],
    ['from-0.csv', 'userId,rank,itemId,score\nu,1,b,9\nu,0,a,1\n', { lists: { u: ['a', 'b'] }, order: 'rank' }],
    ['score.tsv', 'user\titem\tscore\nu\ta\t-2\nu\tb\t1e-3\n', { lists: { u: ['b', 'a'] }, order: 'score' }],
    ['ties.csv', 'user,item,prediction\nu,c,1\nu,b,2\nu,a,1\n', { lists: { u: ['b', 'c', 'a'] }, order: 'score' }],
    ['bare.csv', 'user,item\nu,b\nv,b\nu,a\n', { lists: { u: ['b', 'a'], v: ['b'] }, order: 'file' }],
    ['places.csv', 'user,item,score\nu,b,2\nu,a,1\nv,a,1\n', { lists: { u: ['a', 'b'], v: ['a'] }, order: 'rank' }],
    [
      'named.csv',
      'who,what,place,value\nu,a,1,5\nu,b,2,6\n',
      { lists: { u: ['b', 'a'] }, order: 'score' },
      { userColumn: 'who', itemColumn: 'what', scoreColumn: 'value' },
    ],
  ])('puts the rows of %s in order', async (name, content, expected, options) => {
    expect(await read(name, content, options)).toEqual(expected);
  });

  test('refuses rows without a number, and a file without rows', async () => {
    await expect(read('bad.csv', 'user,item,rank\nu,a,1\nu,b,first\n')).rejects.toThrow(
      /line 3: the rank "first" is not a finite number/,
    );
    await expect(read('empty.csv', 'user,item,rank\n')).rejects.toThrow(
      expect.objectContaining({ code: 'no-usable-rows' }),
    );
  });
});

describe('lists from elsewhere', () => {
  test('are taken as they are but for repetitions, and what is odd about them is counted', async () => {
    const train = datasetOf(6, [[0], [1], [2], [3]]);
    const rows = ['u0,i1', 'u0,i1', 'u0,i0', 'u0,elsewhere', 'u0,i2', 'u0,i3', 'u2,i4', 'ghost,i1', 'u3,i5'];
    const recommendations = await readRecommendations(write('lists.csv', `user,item\n${rows.join('\n')}\n`));
    const { lists, facts } = listsFromElsewhere(recommendations, train, Uint32Array.of(0, 1, 2), 4);
    // 6 stands for what the dataset does not know.
    expect([0, 1, 2].map(n => [...listOf(lists, n)])).toEqual([[1, 0, 6, 2], [], [4]]);
    expect(facts).toEqual({
      users: 2,
      usersWithoutList: 1,
      otherUsers: 2,
      shortLists: 1,
      duplicates: 1,
      unknownItems: 1,
      seenItems: 1,
    });
    const tested = matrixOf(6, [[2, 5], [0], [4], []]);
    expect(meanMetrics(rankingMetrics(lists, tested, [4]))).toMatchObject({ 'recall@4': 0.5, 'precision@4': 1 / 6 });
    // Four items of six are shown; those that nobody had count as had by one of the four users.
    expect(catalogueMetrics(lists, train, [4])).toMatchObject({ 'coverage@4': 4 / 6, 'novelty@4': 2 });
  });
});
