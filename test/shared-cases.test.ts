import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ShortlistError } from '../src/errors.js';
import { readItems } from '../src/learn/ratings/read-items.js';
import { readRatings } from '../src/learn/ratings/read-ratings.js';
import { openRecommender } from '../src/recommend/open-recommender.js';
import type { Recommender } from '../src/recommend/recommender.js';
import { loadNewestSnapshot } from '../src/snapshot/newest-snapshot.js';
import { SnapshotStore } from '../src/snapshot/store.js';
import { runScript } from './support/run-script.js';
import { newDirectory, scratchDirectory } from './support/scratch-directory.js';

const CASES = resolve('../shared/cases');
const shared = (name: string) => join(CASES, name);

/** Ratings as `user item` → value, seconds. */
async function ratingsOf(name: string, options = {}): Promise<Map<string, [value: number, seconds?: number]>> {
  const { userIds, itemIds, users, items, values, timestamps } = await readRatings(shared(name), options);
  return new Map(
    Array.from(users, (user, row) => [
      `${userIds[user]} ${itemIds[items[row]!]}`,
      timestamps ? [values[row]!, timestamps[row]!] : [values[row]!],
    ]),
  );
}

/** Runs the command with a file alone, and `flags`. */
async function rebuild(ratings: string, ...flags: string[]) {
  const snapshots = join(newDirectory(), 'snapshots');
  const run = await runScript('rebuild', [...['--ratings', ratings, '--snapshots', snapshots], ...flags]);
  return { ...run, output: run.stdout + run.stderr, snapshots };
}

async function recommenderIn(snapshots: string): Promise<Recommender> {
  const snapshot = await loadNewestSnapshot(new SnapshotStore(snapshots), message => expect.fail(message));
  return openRecommender(snapshot, message => expect.fail(message));
}

describe.skipIf(!existsSync(CASES))('small inputs that once failed (skipped where they are not there)', () => {
  test('stray-quotes.tsv: quotes in unused cells swallow no rows', async () => {
    const lines = readFileSync(shared('stray-quotes.tsv'), 'utf8').trim().split('\n').slice(1);
    const expected = lines
      .map(line => line.split('\t'))
      .map(([user, item, rating]) => [`${user} ${item}`, [Number(rating)]]);
    expect(expected).toHaveLength(12);
    expect(await ratingsOf('stray-quotes.tsv')).toEqual(new Map(expected as [string, [number]][]));
  });

  test('windows-1252.csv: ids of Windows programs', async () => {
    expect(await ratingsOf('windows-1252.csv')).toEqual(
      new Map([
        ['1 café € 5', [4]],
        ['1 it’s', [3]],
        ['2 café € 5', [5]],
        ['2 it’s', [2]],
      ]),
    );
  });

  test('zero-one-labels.csv: zeros are dislikes, and users get items of their own group', async () => {
    const { code, output, snapshots } = await rebuild(shared('zero-one-labels.csv'));
    expect(code, output).toBe(0);
    expect(output).toMatch(/^.*(zero|\b0\b).*not interested.*$/im);
    const recommender = await recommenderIn(snapshots);
    const shares = Array.from({ length: 60 }, (_, user) => {
      const own = user % 2 === 0 ? 'a' : 'b';
      const { items, source } = recommender.recommend({ userId: `u${user}`, limit: 10 });
      expect(source).toBe('model');
      expect(items).toHaveLength(10);
      return items.filter(({ itemId }) => itemId.startsWith(own)).length / 10;
    });
    expect(shares.reduce((sum, share) => sum + share, 0) / shares.length).toBeGreaterThanOrEqual(0.95);
  });

  test('shop-orders.csv: orders of a shop are built from the file alone, quantities and repeats summed', async () => {
    const { code, output, snapshots } = await rebuild(shared('shop-orders.csv'));
    expect(code, output).toBe(0);
    for (const column of ['Email', 'Lineitem sku', 'Lineitem quantity', 'Created at']) expect(output).toContain(column);
    const recommender = await recommenderIn(snapshots);
    expect(recommender.recommend({ userId: 'buyer0@example.com', limit: 3 }).source).toBe('model');

    const bought = new Map<string, number>();
    const last = new Map<string, number>();
    const rows = readFileSync(shared('shop-orders.csv'), 'utf8').trim().split('\n').slice(1);
    for (const row of rows) {
      const [, email, time, quantity, sku] = /^[^,]*,([^,]*),([^,]*),([^,]*),"[^"]*",([^,]*),/.exec(row)!;
      const key = `${email} ${sku}`;
      bought.set(key, (bought.get(key) ?? 0) + Number(quantity));
      last.set(
        key,
        Math.max(last.get(key) ?? 0, Date.parse(time!.replace(' +0100', '+01:00').replace(' ', 'T')) / 1000),
      );
    }
    const summed = new Map(Array.from(bought, ([key, quantity]) => [key, [quantity, last.get(key)!]]));
    expect(summed.size).toBe(88);
    expect(await ratingsOf('shop-orders.csv')).toEqual(summed);
  });

  test('typed-events.jsonl: types weigh what the flag says', async () => {
    const weights: Readonly<Record<string, number>> = { view: 1, cart: 3, purchase: 10 };
    const expected = new Map<string, number>();
    for (const line of readFileSync(shared('typed-events.jsonl'), 'utf8').trim().split('\n')) {
      const { userId, itemId, type } = JSON.parse(line) as Record<'userId' | 'itemId' | 'type', string>;
      expected.set(`${userId} ${itemId}`, (expected.get(`${userId} ${itemId}`) ?? 0) + weights[type]!);
    }
    expect(expected.size).toBe(87);
    const weighed = await ratingsOf('typed-events.jsonl', { eventWeights: weights });
    expect(new Map(Array.from(weighed, ([key, [value]]) => [key, value]))).toEqual(expected);

    const { code, output } = await rebuild(
      shared('typed-events.jsonl'),
      '--event-weights',
      'view=1,cart=3,purchase=10',
    );
    expect(code, output).toBe(0);
  });

  test('typed-events.jsonl without weights: the types are named, and that all count alike', async () => {
    const { code, output } = await rebuild(shared('typed-events.jsonl'));
    expect(code, output).toBe(0);
    for (const type of ['view', 'cart', 'purchase']) expect(output).toContain(type);
    expect(output).toMatch(/alike/);
  });

  test('catalogue.csv: flags name its columns, however its categories are separated', async () => {
    expect(
      await readItems(shared('catalogue.csv'), {
        itemColumn: 'code',
        titleColumn: 'label',
        categoriesColumn: 'tags',
        availableColumn: 'in_stock',
      }),
    ).toMatchObject([
      { itemId: 'a1', title: 'Shirt, blue', categories: ['Shirts', 'Summer'] },
      { itemId: 'a2', title: 'Hat', categories: ['Hats', 'Winter'], available: false },
      { itemId: 'a3', title: 'Coat', categories: ['Coats', 'Winter'] },
    ]);

    const { code, output, snapshots } = await rebuild(
      scratchDirectory()('ratings.csv', 'userId,itemId\n1,a1\n1,a2\n2,a2\n2,a3\n'),
      ...['--items', shared('catalogue.csv'), '--items-id-column', 'code', '--items-title-column', 'label'],
      ...['--items-categories-column', 'tags', '--items-available-column', 'in_stock'],
    );
    expect(code, output).toBe(0);
    const recommender = await recommenderIn(snapshots);
    expect(recommender.item('a1')).toMatchObject({ title: 'Shirt, blue', categories: ['Shirts', 'Summer'] });
    expect(recommender.item('a2')).toMatchObject({ title: 'Hat' });
    expect(
      recommender
        .popular({ limit: 3 })
        .items.map(({ itemId }) => itemId)
        .sort(),
    ).toEqual(['a1', 'a3']);
  });

  test('all-negative.csv: a named error, and nothing is published', async () => {
    const { code, output, snapshots } = await rebuild(shared('all-negative.csv'));
    expect(code).toBe(1);
    expect(output).toMatch(/no rating counts as positive/i);
    expect(await new SnapshotStore(snapshots).list()).toEqual([]);
    expect(existsSync(join(snapshots, 'current'))).toBe(false);
  });

  test('blanks.csv: blanks around ids and ratings are none of them', async () => {
    const ratings = await ratingsOf('blanks.csv');
    expect(ratings.size).toBe(32);
    expect([...ratings.keys()].filter(key => !/^\d+ \d+$/.test(key))).toEqual([]);
    expect(ratings.get('2 3')).toEqual([1]);
  });

  test('null-words.csv: words for nothing are bad rows, named with their lines', async () => {
    const error = await readRatings(shared('null-words.csv')).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ShortlistError);
    expect(error).toMatchObject({ code: 'bad-rows', fields: { total: 5 } });
    for (const line of [3, 4, 5, 6, 7]) expect(String(error)).toContain(`line ${line}:`);
    const rejects = join(newDirectory(), 'rejects.csv');
    expect(await ratingsOf('null-words.csv', { skipBadRows: rejects })).toEqual(
      new Map([
        ['u1 i1', [4]],
        ['u3 i1', [2]],
        ['u3 i2', [5]],
      ]),
    );
    expect(readFileSync(rejects, 'utf8').trim().split('\n')).toHaveLength(6);
  });
});
