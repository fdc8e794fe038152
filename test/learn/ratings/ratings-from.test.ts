import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Rating, ratingsFrom } from '../../../src/learn/ratings/ratings-from.js';
import { readRatings } from '../../../src/learn/ratings/read-ratings.js';
import { scratchDirectory } from '../../support/scratch-directory.js';

const write = scratchDirectory();

describe('ratingsFrom', () => {
  test('reads rows as a file of the same rows is read', async () => {
    const row = fc.record({
      userId: fc.constantFrom('a', 'b', 'ü', '007'),
      itemId: fc.constantFrom('1', '2', '3'),
      rating: fc.integer({ min: -5, max: 5 }),
      timestamp: fc.integer({ min: 0, max: 2 ** 31 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), async rows => {
        const lines = rows.map(({ userId, itemId, rating, timestamp }) => [userId, itemId, rating, timestamp].join());
        const file = write('rows.csv', ['userId,itemId,rating,timestamp', ...lines].join('\n'));
        const { reading: _, ...read } = await readRatings(file);
        expect(await ratingsFrom(rows)).toEqual(read);
      }),
      { numRuns: 10 },
    );
  });

  test('takes what comes bit by bit, without ratings and times', async () => {
    async function* cursor() {
      yield { userId: 'u', itemId: 'i', rating: null, timestamp: null };
      yield { userId: 'v', itemId: 'i' };
    }
    expect(await ratingsFrom(cursor())).toMatchObject({
      userIds: ['u', 'v'],
      users: Uint32Array.of(0, 1),
      values: Float32Array.of(1, 1),
      timestamps: null,
      rated: false,
      duplicates: 0,
    });
  });

  test('takes dates, seconds and milliseconds, and of a pair that comes twice the latest', async () => {
    const at = (timestamp: Date | number, rating: number) => ({ userId: 'u', itemId: 'i', rating, timestamp });
    const table = await ratingsFrom([
      at(1_700_000_000, 1),
      at(new Date(1_700_000_002_000), 2),
      at(1_700_000_001_000, 3),
    ]);
    expect(table).toMatchObject({
      values: Float32Array.of(2),
      timestamps: Float64Array.of(1_700_000_002),
      duplicates: 2,
    });
  });

  test.each<[string, object, RegExp]>([
    ['an id that is a number', { userId: 1 }, /^Row 2: userId is a number, expected a string\.$/],
    ['no id', { itemId: null }, /^Row 2: itemId is null/],
    ['an empty id', { itemId: '' }, /^Row 2: itemId has 0 characters, expected 1 to 1024\.$/],
    ['a rating that is none', { rating: Number.NaN }, /^Row 2: the rating NaN is not a finite number\.$/],
    ['a rating that others have', { rating: undefined }, /^Row 2: it has no rating, unlike the first row\.$/],
    ['a time that others have not', { timestamp: 5 }, /^Row 2: it has a timestamp, unlike the first row\.$/],
  ])('refuses %s, and says where', async (_, change, message) => {
    const good: Rating = { userId: 'u', itemId: 'i', rating: 3 };
    const wrong = ratingsFrom([good, { ...good, ...change } as Rating]);
    await expect(wrong).rejects.toMatchObject({ code: 'bad-rows', message: expect.stringMatching(message) });
  });

  test('refuses nothing at all', async () => {
    await expect(ratingsFrom([])).rejects.toMatchObject({ code: 'no-usable-rows' });
  });
});
