import { describe, expect, test } from 'vitest';
import { parseEventWeights } from '../../../src/learn/ratings/interaction-options.js';
import { ratingsFrom } from '../../../src/learn/ratings/ratings-from.js';
import type { RatingsTable } from '../../../src/learn/ratings/ratings-table.js';
import { type ReadRatingsOptions, readRatings } from '../../../src/learn/ratings/read-ratings.js';
import { scratchDirectory } from '../../support/scratch-directory.js';

const write = scratchDirectory();
const read = (content: string, options: ReadRatingsOptions = {}) => readRatings(write('in.csv', content), options);

/** The values by user and item. */
function valuesOf({ userIds, itemIds, users, items, values }: RatingsTable): Record<string, number> {
  return Object.fromEntries(
    Array.from(users, (user, row) => [`${userIds[user]} ${itemIds[items[row]!]}`, values[row]!]),
  );
}

describe('repeats', () => {
  const plays = 'user,item,plays,time\nu,a,2,30\nu,b,1,5\nu,a,3,10\nu,b,-1,20\n';

  test('of quantities add up, returned ones too, and keep the latest time', async () => {
    const table = await read(plays, { quantityColumn: 'plays' });
    expect(table).toMatchObject({ valueKind: 'quantities', rated: true, duplicates: 2, repeats: 'sum' });
    expect(valuesOf(table)).toEqual({ 'u a': 5, 'u b': 0 });
    expect([...table.timestamps!]).toEqual([30, 20]);
  });

  test.each([
    ['last', { 'u a': 2, 'u b': -1 }],
    ['max', { 'u a': 3, 'u b': 1 }],
    ['count', { 'u a': 2, 'u b': 2 }],
  ] as const)('follow the rule %s', async (repeats, expected) => {
    expect(valuesOf(await read(plays, { quantityColumn: 'plays', repeats }))).toEqual(expected);
  });

  test('without values are counted, and of ratings the latest holds', async () => {
    const clicks = await read('user,item\nu,a\nu,a\nv,a\n');
    expect(clicks).toMatchObject({ valueKind: 'none', rated: false, duplicates: 1 });
    expect(valuesOf(clicks)).toEqual({ 'u a': 2, 'v a': 1 });
    const ratings = await read('user,item,rating\nu,a,2\nu,a,5\nv,a,1\n');
    expect(ratings).toMatchObject({ valueKind: 'ratings', repeats: 'last' });
    expect(valuesOf(ratings)).toEqual({ 'u a': 5, 'v a': 1 });
  });

  test('of ratings that are added up are no ratings', async () => {
    const table = await read('user,item,rating\nu,a,2\nu,a,5\n', { repeats: 'sum' });
    expect([table.valueKind, valuesOf(table)]).toEqual(['quantities', { 'u a': 7 }]);
  });

  test('are the same from rows in memory', async () => {
    const rows = [5, 2].map(rating => ({ userId: 'u', itemId: 'a', rating }));
    expect(valuesOf(await ratingsFrom(rows, { values: 'quantities' }))).toEqual({ 'u a': 7 });
  });

  test('of an unknown rule are refused', async () => {
    await expect(read(plays, { repeats: 'first' as 'last' })).rejects.toMatchObject({ code: 'invalid-option' });
  });
});

describe('values', () => {
  test('are what the caller says', async () => {
    const content = 'user,item,rating\nu,a,1\nv,a,0\n';
    expect((await read(content)).valueKind).toBe('labels');
    expect((await read(content, { values: 'ratings' })).valueKind).toBe('ratings');
    const bare = await read(content, { values: 'none' });
    expect([bare.rated, valuesOf(bare)]).toEqual([false, { 'u a': 1, 'v a': 1 }]);
  });

  test('of a log of events go together with those of a shop', async () => {
    const files = [
      write('orders.csv', 'user,sku,quantity,time\nu,a,2,10\nv,a,1,10\n'),
      write('events.csv', 'userId,itemId,rating,timestamp\nu,a,1,20\nu,b,1,20\n'),
    ];
    const table = await readRatings(files);
    expect(table).toMatchObject({ valueKind: 'quantities', notes: [expect.stringContaining('taken as quantities')] });
    expect(valuesOf(table)).toEqual({ 'u a': 3, 'v a': 1, 'u b': 1 });
  });

  test('that are missing from one file count 1 among quantities', async () => {
    const files = [write('orders.csv', 'user,sku,quantity\nu,a,2\n'), write('clicks.csv', 'user,item\nu,a\n')];
    const table = await readRatings(files);
    expect(valuesOf(table)).toEqual({ 'u a': 3 });
    expect(table.notes).toEqual([expect.stringContaining('clicks.csv have no value and count as 1')]);
  });
});

describe('types of events', () => {
  const log = 'user,item,type\nu,a,view\nu,a,Cart\nu,b,view\nv,b, purchase \nv,c,refund\nw,c,view\n';
  const eventWeights = { View: 1, cart: 3, purchase: 10 };

  test('weigh what they are said to, and are left out otherwise, with a word', async () => {
    const table = await read(log, { eventWeights });
    expect(table).toMatchObject({ valueKind: 'quantities', rated: true, leftOut: 1 });
    expect(valuesOf(table)).toEqual({ 'u a': 4, 'u b': 1, 'v b': 10, 'w c': 1 });
    expect(table.notes?.join(' ')).toMatch(/"view" as 1 \(3\).*no weight for them: "refund" \(1\)/);
  });

  test('weigh their quantity, and a negative weight takes away', async () => {
    const content = 'user,item,event,qty\nu,a,buy,3\nu,a,return,1\nu,b,look,9\n';
    const table = await read(content, { eventWeights: { buy: 2, return: -2, look: 0 } });
    expect([valuesOf(table), table.leftOut]).toEqual([{ 'u a': 4 }, 1]);
  });

  test('go together with a log without types, whose values are weights already', async () => {
    const files = [write('typed.csv', log), write('events.csv', 'userId,itemId,rating\nu,a,10\n')];
    expect(valuesOf(await readRatings(files, { eventWeights }))['u a']).toBe(14);
  });

  test('are named where nobody weighs them', async () => {
    const table = await read(log);
    expect([table.valueKind, valuesOf(table)['u a']]).toEqual(['none', 2]);
    expect(table.notes?.join(' ')).toMatch(/"view" \(3\), .* all count alike; weigh them with `eventWeights`/);
  });

  test('weigh rows in memory too', async () => {
    const rows = [
      { userId: 'u', itemId: 'a', event: 'view' },
      { userId: 'u', itemId: 'a', event: 'CART' },
      { userId: 'u', itemId: 'b', event: 'other' },
    ];
    const table = await ratingsFrom(rows, { eventWeights });
    expect([valuesOf(table), table.leftOut]).toEqual([{ 'u a': 4 }, 1]);
    expect((await ratingsFrom(rows)).notes?.join()).toContain('all count alike');
  });

  test.each<[string, object, string]>([
    ['that leave nothing', { eventWeights: { view: 0 } }, 'no-usable-rows'],
    ['beside ratings', { eventWeights, ratingColumn: 'type' }, 'invalid-option'],
    ['that are no numbers', { eventWeights: { view: Number.NaN } }, 'invalid-option'],
    ['twice', { eventWeights: { view: 1, ' VIEW': 2 } }, 'invalid-option'],
  ])('are refused %s', async (_, options, code) => {
    await expect(read(log, options)).rejects.toMatchObject({ code });
  });

  test('are needed where they are to weigh', async () => {
    const wrong = read('user,item\nu,a\n', { eventWeights });
    await expect(wrong).rejects.toMatchObject({
      code: 'missing-column',
      message: expect.stringContaining('eventColumn'),
    });
  });

  test('are read from text', () => {
    expect(parseEventWeights('view=1, add to cart = 2.5,dislike=-1')).toEqual({
      view: 1,
      'add to cart': 2.5,
      dislike: -1,
    });
    for (const text of ['view', 'view=', 'view=x', '=1', '']) {
      expect(() => parseEventWeights(text)).toThrow(expect.objectContaining({ code: 'invalid-option' }));
    }
  });
});
