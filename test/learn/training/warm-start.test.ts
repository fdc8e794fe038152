import { describe, expect, test } from 'vitest';
import { matrixFromRows, rowOf } from '../../../src/base/numeric/matrix.js';
import { IdMap, type ItemIndex, type UserIndex } from '../../../src/learn/dataset/id-map.js';
import { trainAls } from '../../../src/learn/training/als.js';
import type { AlsInteractions } from '../../../src/learn/training/als-plan.js';
import { matchFactors } from '../../../src/learn/training/warm-start.js';
import { interactionsFrom, randomInteractions } from '../../support/interaction-samples.js';

const OPTIONS = { factors: 12, regularization: 0.02, unobservedWeight: 0.1, threads: 1 };

async function lossesOf(interactions: AlsInteractions, iterations: number, warmStart?: Parameters<typeof trainAls>[3]) {
  const losses: number[] = [];
  const trained = await trainAls(interactions, { ...OPTIONS, iterations }, ({ loss }) => losses.push(loss), warmStart);
  return { losses, trained };
}

describe('matchFactors', () => {
  test('finds rows by id, leaves out who is gone, and gives new ones zeros', () => {
    const earlier = {
      origin: 'earlier',
      users: new IdMap<UserIndex>(['a', 'gone', '01']),
      items: new IdMap<ItemIndex>(['x', 'y']),
      userFactors: matrixFromRows([
        [1, 2, 3, 4, 5],
        [6, 6, 6, 6, 6],
        [7, 8, 9, 10, 11],
      ]),
      itemFactors: matrixFromRows([
        [1, 1, 1, 1, 1],
        [2, 2, 2, 2, 2],
      ]),
    };
    const users = new IdMap<UserIndex>(['1', '01', 'a']);
    const items = new IdMap<ItemIndex>(['y', 'new', 'x']);
    expect(matchFactors(earlier, { users, items })).toEqual({
      userFactors: matrixFromRows([
        [0, 0, 0, 0, 0],
        [7, 8, 9, 10, 11],
        [1, 2, 3, 4, 5],
      ]),
      itemFactors: matrixFromRows([
        [2, 2, 2, 2, 2],
        [0, 0, 0, 0, 0],
        [1, 1, 1, 1, 1],
      ]),
    });
  });
});

describe('trainAls from a warm start', () => {
  test('is in two iterations where a start from nothing is in sixteen, though a tenth of the users is new', async () => {
    const all = randomInteractions(300, 200, 15, 3);
    const earlier = interactionsFrom(
      300,
      200,
      Array.from({ length: 270 }, (_, user) => user).flatMap(user =>
        Array.from(
          all.byUser.indices.subarray(all.byUser.starts[user], all.byUser.starts[user + 1]),
          item => [user, item, 1] as const,
        ),
      ),
    );
    const { trained } = await lossesOf(earlier, 16);
    const [cold, warm] = await Promise.all([lossesOf(all, 16), lossesOf(all, 2, trained)]);
    expect(warm.losses[0]).toBeLessThan(cold.losses[2]!);
    expect(warm.losses[1]! / cold.losses[15]!).toBeLessThan(1.01);
  });

  test('also learns a group of new users and items that have nothing to do with the earlier ones', async () => {
    const group = (from: number) =>
      Array.from({ length: 10 }, (_, user) => user).flatMap(user =>
        Array.from({ length: 10 }, (_, item) => [from + user, from + item, 1] as const),
      );
    const { trained } = await lossesOf(interactionsFrom(20, 20, group(0)), 8);
    const { trained: both } = await lossesOf(interactionsFrom(20, 20, [...group(0), ...group(10)]), 8, trained);
    const score = (user: number, item: number) =>
      rowOf(both.userFactors, user).reduce((sum, value, j) => sum + value * rowOf(both.itemFactors, item)[j]!, 0);
    for (const [user, item, expected] of [
      [0, 5, true],
      [12, 15, true],
      [0, 15, false],
      [12, 5, false],
    ] as const) {
      expect(score(user, item) > 0.7, `${user}, ${item}`).toBe(expected);
    }
  });
});
