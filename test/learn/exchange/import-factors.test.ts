import { describe, expect, test } from 'vitest';
import { rowOf } from '../../../src/base/numeric/matrix.js';
import { type FactorFiles, importFactors, knownRatings } from '../../../src/learn/exchange/import-factors.js';
import type { RatingsTable } from '../../../src/learn/ratings/ratings-table.js';
import { npyMatrix } from '../../support/factor-bytes.js';
import { scratchDirectory } from '../../support/scratch-directory.js';

const file = scratchDirectory();
const grid = (rows: number, columns: number) =>
  Array.from({ length: rows }, (_, r) => Array.from({ length: columns }, (__, c) => 1 + r + c / 8));
const npy = (rows: number, columns: number) => file(`${rows}x${columns}.npy`, npyMatrix(grid(rows, columns)));

async function imported(files: FactorFiles) {
  const notes: string[] = [];
  return { ...(await importFactors(files, line => notes.push(line))), notes };
}

describe('importFactors', () => {
  test('takes row numbers for ids where there are no others, and says so', async () => {
    const { users, items, userFactors, notes } = await imported({ userFactors: npy(5, 2), itemFactors: npy(9, 2) });
    expect(users.ids).toEqual(['0', '1', '2', '3', '4']);
    expect(items.ids).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8']);
    expect([...rowOf(userFactors, 3)]).toEqual([4, 4.125]);
    expect(notes).toEqual([
      expect.stringMatching(/^5 users with 2 factors; ids are row numbers from 0/),
      expect.stringMatching(/^9 items with 2 factors; ids are row numbers from 0/),
    ]);
  });

  test.each([
    ['a list', 'ids.txt', 'a, b\r\n01\n"c"\n', ['a, b', '01', '"c"']],
    ['a list in CSV', 'ids.csv', 'user_id\n"a, b"\n01\nc\n', ['a, b', '01', 'c']],
    ['numbers with ids in CSV', 'pairs.csv', 'index,user\n2,c\n0,"a, b"\n1,01\n9,unused\n', ['a, b', '01', 'c']],
    ['the same without a header', 'pairs.tsv', '2\tc\n0\ta\n1\tb\n', ['a', 'b', 'c']],
  ])('takes ids from %s by the number of the row', async (_, name, content, ids) => {
    const { users } = await imported({ userFactors: npy(3, 2), itemFactors: npy(9, 2), userIds: file(name, content) });
    expect(users.ids).toEqual(ids);
  });

  test('takes ids from a map by the number in the id column', async () => {
    const userFactors = file('numbered.csv', '2,1.5,2\n0,3,4\n');
    const userIds = file('three.txt', 'a\nb\nc\n');
    const { users } = await imported({ userFactors, itemFactors: npy(9, 2), userIds });
    expect(users.ids).toEqual(['c', 'a']);
  });

  test('counts rows of zeros without stopping', async () => {
    const itemFactors = file('zeros.npy', npyMatrix([[0, 0], [1, 0], [0, 0]])); // biome-ignore format: a matrix
    const { notes } = await imported({ userFactors: npy(5, 2), itemFactors });
    expect(notes).toContain('2 of 3 items have vectors of zeros and score 0 with everything.');
  });

  test.each<[string, FactorFiles, string, RegExp]>([
    [
      'users on their side',
      { userFactors: npy(3, 8), itemFactors: npy(9, 3) },
      'factors-transposed',
      /^\S*3x8.npy looks transposed/,
    ],
    [
      'items on their side',
      { userFactors: npy(8, 3), itemFactors: npy(3, 9) },
      'factors-transposed',
      /^\S*3x9.npy looks transposed/,
    ],
    [
      'both on their side',
      { userFactors: npy(3, 8), itemFactors: npy(3, 9) },
      'factors-transposed',
      /3x8.npy and \S*3x9.npy look transposed/,
    ],
    [
      'more factors than anybody trains',
      { userFactors: npy(2, 4097), itemFactors: npy(3, 4097) },
      'factors-transposed',
      /transposed/,
    ],
    [
      'as many ids as factors',
      { userFactors: npy(8, 3), itemFactors: npy(9, 3), userIds: file('3.txt', 'a\nb\nc\n') },
      'factors-transposed',
      /8x3.npy looks transposed.*3 ids/,
    ],
    ['two runs', { userFactors: npy(8, 3), itemFactors: npy(9, 4) }, 'factors-mismatched', /8 x 3.*9 x 4/],
    [
      'too few ids',
      { userFactors: npy(8, 3), itemFactors: npy(9, 3), itemIds: file('4.txt', 'a\nb\nc\nd\n') },
      'ids-mismatched',
      /4 ids.*9 rows/,
    ],
    [
      'a number without id',
      { userFactors: npy(2, 3), itemFactors: npy(9, 3), userIds: file('gap.csv', '0,a\n2,b\n') },
      'ids-mismatched',
      /no id for "1"/,
    ],
    [
      'an id of nothing',
      { userFactors: npy(2, 3), itemFactors: npy(9, 3), userIds: file('blank.txt', 'a\n\n') },
      'ids-mismatched',
      /row 1 .* 0 characters/,
    ],
    [
      'the same id twice',
      { userFactors: npy(3, 2), itemFactors: npy(9, 2), userIds: file('twice.txt', 'a\nb\na\n') },
      'duplicate-ids',
      /"a" belongs to rows 0 and 2/,
    ],
    [
      'the same id twice without a map',
      { userFactors: file('twice.csv', 'a,0.5,1.5\na,2.5,3.5\n'), itemFactors: npy(9, 2) },
      'duplicate-ids',
      /"a" belongs to rows 0 and 1 .* give the ids with `userIds`/,
    ],
    [
      'the same number twice',
      { userFactors: npy(3, 2), itemFactors: npy(9, 2), userIds: file('again.csv', '0,a\n0,b\n') },
      'duplicate-ids',
      /line 2: the number 0/,
    ],
    [
      'a wide map',
      { userFactors: npy(3, 2), itemFactors: npy(9, 2), userIds: file('wide.csv', '0,a,b\n') },
      'bad-rows',
      /3 columns/,
    ],
    [
      'a map of words',
      { userFactors: npy(3, 2), itemFactors: npy(9, 2), userIds: file('words.csv', '0,a\nx,b\n') },
      'bad-rows',
      /line 2: expected a whole number/,
    ],
    [
      'an empty map',
      { userFactors: npy(3, 2), itemFactors: npy(9, 2), userIds: file('none.txt', '') },
      'file-empty',
      /empty/,
    ],
    [
      'a binary map',
      { userFactors: npy(3, 2), itemFactors: npy(9, 2), userIds: file('binary.txt', Uint8Array.of(255, 254)) },
      'file-unreadable',
      /UTF-8/,
    ],
    [
      'NaN',
      {
        userFactors: npy(3, 2),
        itemFactors: file(
          'nan.npy',
          npyMatrix([
            [1, 2],
            [1, Number.NaN],
            [Number.POSITIVE_INFINITY, 0],
          ]),
        ),
      },
      'non-finite-factors',
      /2 of 3 rows, the first in row 1/,
    ],
    [
      'nothing but zeros',
      {
        userFactors: file(
          'zero.npy',
          npyMatrix([
            [0, 0],
            [0, 0],
          ]),
        ),
        itemFactors: npy(9, 2),
      },
      'factors-zero',
      /All 2 rows/,
    ],
  ])('names %s', async (_, files, code, message) => {
    await expect(imported(files)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

describe('knownRatings', () => {
  const table: RatingsTable = {
    userIds: ['u1', 'u9', 'u0'],
    itemIds: ['i1', 'i0', 'i7'],
    users: Uint32Array.of(0, 1, 2, 2),
    items: Uint32Array.of(1, 0, 2, 0),
    values: Float32Array.of(5, 4, 3, 2),
    timestamps: Float64Array.of(10, 20, 30, 40),
    rated: true,
    duplicates: 0,
    rejected: 0,
  };
  const known = async (users: string, items: string) =>
    imported({
      userFactors: file('two.npy', npyMatrix(grid(2, 2))),
      itemFactors: file('two-items.npy', npyMatrix(grid(2, 2))),
      userIds: file('known-users.txt', users),
      itemIds: file('known-items.txt', items),
    });

  test('keeps the ratings of users and items with factors, and counts the rest', async () => {
    const { dataset, outside } = knownRatings(await known('u0\nu1\n', 'i0\ni1\n'), table);
    expect(outside).toEqual({ ratings: 2, users: 1, items: 1 });
    expect(dataset.byUser).toEqual({
      rows: 2,
      columns: 2,
      starts: Uint32Array.of(0, 1, 2),
      indices: Uint32Array.of(1, 0),
      values: Float32Array.of(2, 5),
    });
    expect(dataset.timestamps).toEqual(Float64Array.of(40, 10));
    expect(dataset.rated).toBe(true);
  });

  test('without a table nothing is seen', async () => {
    const { dataset, outside } = knownRatings(await known('u0\nu1\n', 'i0\ni1\n'));
    expect(outside).toEqual({ ratings: 0, users: 0, items: 0 });
    expect(dataset.byUser.starts).toEqual(Uint32Array.of(0, 0, 0));
    expect(dataset.timestamps).toBeNull();
  });

  test('ratings of nobody known are refused, with examples of both kinds of ids', async () => {
    const factors = await known('0\n1\n', '0\n1\n');
    expect(() => knownRatings(factors, table)).toThrow(/4 ratings.*"u1" and "i1".*"0" and "0"/);
  });
});
