import { describe, expect, test } from 'vitest';
import { catalogueMatch } from '../../../src/learn/ratings/catalogue-match.js';
import type { RatingsTable } from '../../../src/learn/ratings/ratings-table.js';
import { type ReadRatingsOptions, readRatings } from '../../../src/learn/ratings/read-ratings.js';
import { scratchDirectory } from '../../support/scratch-directory.js';

const write = scratchDirectory();
const read = (name: string, content: string, options?: ReadRatingsOptions) =>
  readRatings([write(name, content)], options);
const remarksOf = ({ reading }: RatingsTable) => reading?.remarks.map(({ kind, text }) => `${kind}: ${text}`);

/** Ten plain rows; others stand beside them. */
const PLAIN = Array.from({ length: 10 }, (_, n) => `u${n},i${n % 3},${1 + (n % 5)},${1.6e9 + n}`);
const HEADER = 'user,item,rating,time';
const withRows = (...rows: string[]) => [HEADER, ...PLAIN, ...rows].join('\n');

test('a plain file is told in numbers, without remarks', async () => {
  const file = write('plain.csv', `${withRows()}\n\n`);
  const { reading } = await readRatings([file]);
  expect(reading).toEqual({
    files: [
      {
        file,
        format: 'CSV',
        columns: { user: 'user', item: 'item', rating: 'rating', timestamp: 'time' },
        unused: [],
        lines: 12,
        header: 1,
        blank: 1,
        continued: 0,
        good: 10,
        bad: 0,
      },
    ],
    values: { min: 1, max: 5, zeros: 0, negative: 0 },
    times: { first: '2020-09-13T12:26:40Z', last: '2020-09-13T12:26:49Z' },
    remarks: [],
  });
});

describe('what is odd is told', () => {
  test.each<[string, string[], (string | RegExp)[]]>([
    ['blanks around ids', [' u1 , i9,3,1600000000'], ['blanks-removed: Blanks around ids were removed in 1 row.']],
    ['decimal ids', ['7.0,i1,3,1600000000'], ['decimal-ids: Ids such as "1.0" were taken as "1" in 1 row.']],
    ['ids that a spreadsheet shortened', ['1.2E+10,i1,3,1600000000'], [/^exponent-ids: 1 user ids such as "1.2E\+10"/]],
    ['ids that differ in case only', ['U1,i1,3,1600000000'], [/^case-only-ids: 1 user ids .* "U1" and "u1"/]],
    [
      'one value far from all others',
      ['u1,i2,1000000,1600000000'],
      [/^far-value: A rating is far from all others: 1000000 \(.*odd\.csv, line 12\), the next is 5\.$/],
    ],
    [
      'times before 1990',
      ['u1,i2,3,17'],
      [/^early-times: 1 times of 11 are before 1990 \(from 1970-01-01T00:00:17Z\)\.$/],
    ],
    ['times in the future', ['u1,i2,3,9999999999'], [/^future-times: 1 times of 11 .* \(up to 2286-/]],
  ])('%s', async (_, rows, expected) => {
    const remarks = remarksOf(await read('odd.csv', withRows(...rows)));
    expect(remarks).toEqual(expected.map(text => (typeof text === 'string' ? text : expect.stringMatching(text))));
  });

  test('ratings that are all equal, unless they are the only one', async () => {
    expect(remarksOf(await read('equal.csv', 'user,item,rating\na,b,4\nb,b,4\n'))).toEqual([
      expect.stringMatching(/^equal-values: All ratings are 4/),
    ]);
    expect(remarksOf(await read('single.csv', 'user,item,rating\na,b,4\n'))).toEqual([]);
  });

  test('zeros and negative values are counted; what they are, training says', async () => {
    const { reading } = await read('signs.csv', 'user,item,rating\na,b,0\nb,b,1\nc,b,-1\nd,b,0\n');
    expect(reading).toMatchObject({ values: { min: -1, max: 1, zeros: 2, negative: 1 }, remarks: [] });
  });

  test('numbers that are no seconds', async () => {
    const days = await read('days.csv', 'user,item,time\na,b,45658.5\nb,b,45659\n');
    expect(remarksOf(days)).toEqual([
      expect.stringMatching(/^early-times: .* look like the day numbers of a spreadsheet/),
    ]);
    const weeks = await read('weeks.csv', 'user,item,time\na,b,17\nb,b,18\n');
    expect(remarksOf(weeks)).toEqual([expect.stringMatching(/^early-times: .* only their order is right/)]);
  });

  test('a user who stands for many', async () => {
    const rows = Array.from({ length: 30 }, (_, n) => `u${n},i${n}`);
    const guest = Array.from({ length: 100 }, (_, n) => `guest,i${n}`);
    const table = await read('guest.csv', ['user,item', ...rows, ...guest].join('\n'));
    expect(remarksOf(table)).toEqual([expect.stringMatching(/^dominant-user: The user "guest" has 77% of all/)]);
    expect(remarksOf(await read('few.csv', 'user,item\na,b\na,c\nb,b\n'))).toEqual([]);
  });

  test('a column that may have been meant', async () => {
    const table = await read('unused.csv', 'user,item,n_plays,seen_dt,country\na,b,1,x,y\n');
    expect(remarksOf(table)).toEqual([
      'unused-column: The column "seen_dt" is not used; if it is the timestamp, say so with `timestampColumn`.',
      'unused-column: The column "n_plays" is not used; if it is the quantity, say so with `quantityColumn`.',
    ]);
  });
});

describe('the items file and the ratings', () => {
  const items = (...ids: string[]) => ids.map(itemId => ({ itemId, categories: [] }));

  test('share items', () => {
    expect(catalogueMatch(['1', '2', '3'], items('2', '3', '4', '5'))).toEqual({ items: 4, rated: 3, shared: 2 });
  });

  test.each([
    ['0001', '1'],
    ['b-1', 'B1'],
  ])('that hardly do are told with the cause: %s and %s', (rated, known) => {
    expect(catalogueMatch([rated], items('x', known))).toMatchObject({
      shared: 0,
      warning: expect.stringContaining(`"${rated}" in the ratings, "${known}" in the items file`),
    });
  });

  test('that have nothing in common are told with an example of each', () => {
    expect(catalogueMatch(['a'], items('b')).warning).toContain('ids such as "a", the items file such as "b"');
  });
});
