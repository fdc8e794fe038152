import { expect, test } from 'vitest';
import { readItems } from '../../../src/learn/ratings/read-items.js';
import { readRatings } from '../../../src/learn/ratings/read-ratings.js';
import { generateSynthetic, type SyntheticData } from '../../../src/learn/ratings/synthetic-ratings.js';
import { scratchDirectory } from '../../support/scratch-directory.js';
import { writeItemsCsv, writeRatingsCsv } from '../../support/write-csv.js';

const write = scratchDirectory();
const data = generateSynthetic();

test('gives exactly the asked numbers of users, items and different pairs', () => {
  for (const options of [
    { users: 2000, items: 1000, ratings: 100_000 },
    { users: 1, items: 1, ratings: 1 },
    { users: 30, items: 20, ratings: 600 },
    { users: 30, items: 20, ratings: 599, tasteGroups: 16 },
    { users: 10, items: 300, ratings: 300, tasteGroups: 1 },
    { users: 300, items: 10, ratings: 300 },
  ]) {
    const { table, catalogue } = generateSynthetic(options);
    const pairs = new Set(Array.from(table.users, (user, row) => user * options.items + (table.items[row] ?? -1)));
    expect({ users: table.userIds.length, items: table.itemIds.length, ratings: pairs.size }).toEqual({
      users: options.users,
      items: options.items,
      ratings: options.ratings,
    });
    expect(table.users).toHaveLength(options.ratings);
    expect(new Set(catalogue.map(item => item.itemId))).toEqual(new Set(table.itemIds));
    expect(new Set(catalogue.map(item => item.title)).size).toBe(options.items);
  }
});

test('is the same for the same seed and different for another', () => {
  expect(generateSynthetic({ seed: 1 })).toEqual(data);
  expect(generateSynthetic({ seed: 2 }).table.items).not.toEqual(data.table.items);
});

test('rates in half stars, uses the whole scale, and never before an item came out', () => {
  const { table, catalogue } = data;
  const stars = [...new Set(table.values)].sort((a, b) => a - b);
  expect(stars).toEqual([0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5]);
  const years = new Map(catalogue.map(item => [item.itemId, Number(item.title?.slice(-5, -1))]));
  const early = table.users.filter((_, row) => {
    const year = new Date((table.timestamps?.[row] ?? 0) * 1000).getUTCFullYear();
    return year < (years.get(table.itemIds[table.items[row] ?? -1] ?? '') ?? Infinity);
  });
  expect(early).toHaveLength(0);
});

test('has skewed popularity and activity', () => {
  const topTenth = (rows: Uint32Array, count: number) => {
    const totals = countsOf(rows, count).sort().reverse();
    return totals.subarray(0, count / 10).reduce((sum, n) => sum + n, 0) / rows.length;
  };
  expect(topTenth(data.table.items, 1000)).toBeGreaterThan(0.25);
  expect(topTenth(data.table.users, 2000)).toBeGreaterThan(0.25);
});

test('can be learned: knowing a user’s favourite category finds withheld items at least twice as often as popularity', () => {
  const { popular, personal } = hitRates(data, 10);
  expect(personal).toBeGreaterThan(2 * popular);
});

test('is read back from the files it is written to', async () => {
  const { table, catalogue } = generateSynthetic({ users: 50, items: 40, ratings: 500 });
  const ratings = write('ratings.csv', '');
  const items = write('items.csv', '');
  writeRatingsCsv(ratings, table);
  writeItemsCsv(items, catalogue);
  const { reading: _, ...read } = await readRatings([ratings]);
  expect(read).toEqual(table);
  expect(await readItems(items)).toEqual(catalogue);
});

test('refuses sizes that cannot be', () => {
  for (const options of [
    { users: 10, items: 10, ratings: 101 },
    { users: 10, items: 20, ratings: 19 },
    { users: 0 },
    { items: 1.5 },
    { tasteGroups: 17 },
  ]) {
    expect(() => generateSynthetic(options)).toThrow(expect.objectContaining({ code: 'invalid-option' }));
  }
});

/**
 * How often the last rated item of a user is among the k most popular that the user has not rated before: of all items,
 * and of those whose first category is the one the user rated most.
 */
function hitRates({ table, catalogue }: SyntheticData, k: number): { popular: number; personal: number } {
  const category = new Map(catalogue.map(item => [item.itemId, item.categories[0]]));
  const categories = table.itemIds.map(id => category.get(id));
  const popularity = countsOf(table.items, table.itemIds.length);
  const ranked = [...popularity.keys()].sort((a, b) => (popularity[b] ?? 0) - (popularity[a] ?? 0));
  const histories: number[][] = table.userIds.map(() => []);
  table.users.forEach((user, row) => {
    histories[user]?.push(table.items[row] ?? -1);
  });
  let popular = 0;
  let personal = 0;
  for (const history of histories) {
    const withheld = history.pop() ?? -1;
    const seen = new Set(history);
    const unseen = ranked.filter(item => !seen.has(item));
    const tally = new Map<string | undefined, number>();
    for (const item of history) tally.set(categories[item], (tally.get(categories[item]) ?? 0) + 1);
    const favourite = [...tally].sort((a, b) => b[1] - a[1])[0]?.[0];
    if (unseen.slice(0, k).includes(withheld)) popular++;
    if (
      unseen
        .filter(item => categories[item] === favourite)
        .slice(0, k)
        .includes(withheld)
    ) {
      personal++;
    }
  }
  return { popular: popular / histories.length, personal: personal / histories.length };
}

function countsOf(rows: Uint32Array, count: number): Uint32Array {
  const totals = new Uint32Array(count);
  for (const row of rows) totals[row] = (totals[row] ?? 0) + 1;
  return totals;
}
