import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RatingsTable } from '../../../src/learn/ratings/ratings-table.js';
import { type ReadRatingsOptions, readRatings } from '../../../src/learn/ratings/read-ratings.js';
import { newDirectory, scratchDirectory } from '../../support/scratch-directory.js';

const write = scratchDirectory();
const read = async (name: string, content: string | Uint8Array, options?: ReadRatingsOptions) =>
  rowsOf(await readRatings([write(name, content)], options));

/** The rows with their ids: [user, item, rating, timestamp?]. */
function rowsOf({ userIds, itemIds, users, items, values, timestamps }: RatingsTable): unknown[][] {
  return Array.from(users, (user, row) => [
    userIds[user],
    itemIds[items[row] ?? -1],
    values[row],
    ...(timestamps ? [timestamps[row]] : []),
  ]);
}

describe('columns', () => {
  const rows = [
    ['u1', 'i1', 3.5, 100],
    ['u2', 'i1', -1, 200],
  ];
  test.each([
    ['MovieLens', 'userId,movieId,rating,timestamp\nu1,i1,3.5,100\nu2,i1,-1,200\n'],
    ['snake case, any order, other columns', 'x,book_id,STARS,User_ID,time\n9,i1,3.5,u1,100\n9,i1,-1,u2,200\n'],
    ['semicolons and quotes', '"user";"item";"score";"date"\n"u1";"i1";"3.5";"100"\n"u2";"i1";"-1";"200"'],
    [
      'tabs with types',
      'user_id:token\titem_id:token\trating:float\ttimestamp:float\nu1\ti1\t3.5\t100\nu2\ti1\t-1\t200\n',
    ],
    ['double colons without header', 'u1::i1::3.5::100\nu2::i1::-1::200\n'],
    ['byte order mark and CRLF', '\ufeffuid,asin,value,ts\r\nu1,i1,3.5,100\r\nu2,i1,-1,200\r\n'],
    ['old Mac line ends', 'uid,asin,value,ts\ru1,i1,3.5,100\ru2,i1,-1,200\r'],
  ])('are found: %s', async (_, content) => {
    expect(await read('columns.txt', content)).toEqual(rows);
    expect(await read('columns.txt.gz', gzipSync(content))).toEqual(rows);
  });

  test('are found by position in tab-separated numbers without a header', async () => {
    expect(await read('u.data', '196\t242\t3\t881250949\n')).toEqual([['196', '242', 3, 881250949]]);
    expect(await read('train.tsv', '0\t7\n0\t8\n')).toEqual([
      ['0', '7', 1],
      ['0', '8', 1],
    ]);
  });

  test('are taken as the caller names them, or by position where the caller says that there is no header', async () => {
    const named = { userColumn: 'Who', itemColumn: 'what', ratingColumn: 'item' };
    expect(await read('named.csv', 'what,who,item\n1,2,3\n', named)).toEqual([['2', '1', 3]]);
    expect(await read('bare.csv', 'a,b,3\nc,d,4\n', { headerless: true })).toEqual([
      ['a', 'b', 3],
      ['c', 'd', 4],
    ]);
  });

  test('that are missing are named together with those found and the option to use', async () => {
    await expect(read('other.csv', 'person,itemId\n1,2\n')).rejects.toMatchObject({
      code: 'missing-column',
      message: expect.stringMatching(/other\.csv has no user column.*"person", "itemId".*`userColumn`/),
    });
    await expect(read('one.csv', 'user\n1\n')).rejects.toMatchObject({ code: 'missing-column' });
    await expect(read('numbers.csv', '1,2,3\n')).rejects.toMatchObject({ code: 'missing-column' });
    await expect(read('renamed.csv', 'user,item\n1,2\n', { ratingColumn: 'r' })).rejects.toMatchObject({
      code: 'missing-column',
      message: expect.stringContaining('no column "r"'),
    });
  });

  test('must agree between files that are read together', async () => {
    const files = [write('rated.csv', 'user,item,rating\n1,2,3\n'), write('unrated.csv', 'user,item\n1,2\n')];
    await expect(readRatings(files)).rejects.toMatchObject({
      code: 'missing-column',
      message: expect.stringMatching(/rated\.csv has a rating column and .*unrated\.csv has none/),
    });
  });
});

describe('values', () => {
  test('of ids are kept as spelled, numbered in order of first appearance', async () => {
    const table = await readRatings([write('ids.csv', 'user,item\n01,é\n1,e\n1.0,"a,""b"""\n01, e\n')]);
    expect(table).toEqual({
      userIds: ['01', '1', '1.0'],
      itemIds: ['é', 'e', 'a,"b"', ' e'],
      users: Uint32Array.of(0, 1, 2, 0),
      items: Uint32Array.of(0, 1, 2, 3),
      values: Float32Array.of(1, 1, 1, 1),
      timestamps: null,
      rated: false,
      valueKind: 'none',
      repeats: 'sum',
      duplicates: 0,
      rejected: 0,
    });
  });

  test('of timestamps are seconds, milliseconds or ISO dates', async () => {
    const times = ['1577836800', '1577836800000', '2020-01-01', '2020-01-01T02:00:00+02:00', '2020-01-01 00:00:00.5'];
    const rows = await read('times.csv', `user,item,time\n${times.map((time, n) => `u,${n},${time}`).join('\n')}`);
    expect(rows.map(row => row[3])).toEqual([1577836800, 1577836800, 1577836800, 1577836800, 1577836800.5]);
  });

  test('may span lines inside quotes', async () => {
    const content = 'user,item,review\nu,1,"two\n\nlines, ""quoted"""\nv,2,plain\n"a\nb",3,"x"\n';
    expect(await read('reviews.csv', content)).toEqual([
      ['u', '1', 1],
      ['v', '2', 1],
      ['a\nb', '3', 1],
    ]);
  });

  test('may be Latin-1', async () => {
    expect(await read('latin.csv', Buffer.from('user,item\n1,caf\xe9\n', 'latin1'))).toEqual([['1', 'café', 1]]);
  });

  test('come from Parquet of any column types', async () => {
    const path = write('typed.parquet', '');
    const connection = await (await DuckDBInstance.create()).connect();
    await connection.run(`COPY (SELECT 7::BIGINT AS user_id, '01' AS item_id, 4::TINYINT AS rating,
      TIMESTAMP '2020-01-01' AS timestamp UNION ALL SELECT 8, 'x', 2, '2020-01-02') TO '${path}' (FORMAT parquet)`);
    connection.closeSync();
    expect(rowsOf(await readRatings([path]))).toEqual([
      ['7', '01', 4, 1577836800],
      ['8', 'x', 2, 1577923200],
    ]);
  });

  test('are the same after writing them as CSV, whatever the ids', async () => {
    const id = fc.oneof(
      fc.stringMatching(/^[01 ,"\t;|:éß漢😀']{1,6}$/u),
      fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }),
    );
    // Characters that end a line or a file are left out: they are another test's, or no text.
    const printable = id.filter(text => !/\p{Cc}/u.test(text.replaceAll('\t', '')));
    const row = fc.tuple(
      printable,
      printable,
      fc.integer({ min: -20, max: 20 }).map(n => n / 4),
      fc.nat(10 ** 9),
    );
    const rows = fc.uniqueArray(row, { minLength: 1, maxLength: 30, selector: ([user, item]) => `${user}\0${item}` });
    const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
    await fc.assert(
      fc.asyncProperty(rows, fc.constantFrom(',', '\t', ';', '|'), async (expected, delimiter) => {
        const lines = expected.map(([user, item, rating, time]) =>
          [quote(user), quote(item), rating, time].join(delimiter),
        );
        const content = [['user', 'item', 'rating', 'time'].join(delimiter), ...lines].join('\n');
        expect(await read('property.csv', content)).toEqual(expected);
      }),
      { seed: 1, numRuns: 40 },
    );
  });
});

describe('duplicates', () => {
  test('leave the latest timestamp, of equal ones the last row, across files', async () => {
    const files = [
      write('first.csv', 'user,item,rating,time\nu,a,1,30\nu,b,2,10\nv,a,3,10\nu,c,4,10\n'),
      write('second.csv', 'user,item,rating,time\nu,a,5,20\nu,b,6,20\nv,a,7,10\nu,b,8,15\n'),
    ];
    const table = await readRatings(files);
    expect(rowsOf(table)).toEqual([
      ['u', 'a', 1, 30],
      ['u', 'c', 4, 10],
      ['u', 'b', 6, 20],
      ['v', 'a', 7, 10],
    ]);
    expect(table.duplicates).toBe(4);
  });

  test('leave the last row where there are no timestamps', async () => {
    expect(await read('repeated.csv', 'user,item,rating\nu,a,1\nu,b,2\nu,a,3\n')).toEqual([
      ['u', 'b', 2],
      ['u', 'a', 3],
    ]);
  });
});

describe('bad rows', () => {
  const long = 'x'.repeat(1025);
  const content = `user,item,rating,time\n1,2,3,4\n1,2\n\n,2,3,4\n1,"",3,4\n1,2,abc,4\n1,3,NaN,4\n"m\nn",2,inf,4\n1,2,3,soon\n"x"y,2,3,4\n${long},2,3,4\n1,5,,4\n2,2,3,4,5\n3,2,1e39,4\n3,2,4,5\n`;
  const reasons: [line: number, reason: string][] = [
    [3, 'expected 4 columns, found 2'],
    [5, 'the user id is empty'],
    [6, 'the item id is empty'],
    [7, 'the rating "abc" is not a finite number'],
    [8, 'the rating "NaN" is not a finite number'],
    [9, 'the rating "inf" is not a finite number'],
    [11, 'the timestamp "soon" is not a time (seconds, milliseconds or an ISO date)'],
    [12, 'a double quote is not closed, or text follows the closing one'],
    [13, 'the user id has 1025 characters, at most 1024 are allowed'],
    [14, 'the rating "" is not a finite number'],
    [15, 'expected 4 columns, found 5'],
    [16, 'the rating "1e39" is not a finite number'],
  ];

  test('stop the run with file, line and reason of the first five and the total', async () => {
    const file = write('bad.csv', content);
    await expect(readRatings([write('fine.csv', 'user,item,rating,time\n1,2,3,4\n'), file])).rejects.toMatchObject({
      code: 'bad-rows',
      fields: { total: 12, rows: reasons.slice(0, 5).map(([line, reason]) => ({ file, line, reason })) },
      message: expect.stringMatching(
        /^12 bad rows\..*leave them out with `skipBadRows`:\n.*bad\.csv, line 3: expected 4 [\s\S]*7 more$/,
      ),
    });
  });

  test('are skipped when asked, counted, and written with their text', async () => {
    const file = write('skipped.csv', content);
    const rejects = join(dirname(file), 'new', 'rejects.csv');
    const table = await readRatings([file], { skipBadRows: rejects });
    expect(rowsOf(table)).toEqual([
      ['1', '2', 3, 4],
      ['3', '2', 4, 5],
    ]);
    expect(table.rejected).toBe(12);
    const connection = await (await DuckDBInstance.create()).connect();
    const written = await connection.runAndReadAll(`SELECT * FROM read_csv('${rejects}', all_varchar = true)`);
    connection.closeSync();
    expect(written.columnNames()).toEqual(['file', 'line', 'reason', 'content']);
    expect(written.getRows().map(row => row.slice(0, 3))).toEqual(
      reasons.map(([line, reason]) => [file, String(line), reason]),
    );
    expect(
      written
        .getRows()
        .map(row => row[3])
        .slice(5, 8),
    ).toEqual(['"m\nn",2,inf,4', '1,2,3,soon', '"x"y,2,3,4']);
  });

  test('have their line also in files that mix line ends, and behind quotes in plain text', async () => {
    await expect(read('mixed.csv', 'user,item\n1,2" disc\n\r\n3,4\r\n5\n')).rejects.toMatchObject({
      fields: { total: 1, rows: [{ line: 5, reason: 'expected 2 columns, found 1' }] },
    });
  });

  test('that cannot be written are an error', async () => {
    const file = write('unwritable.csv', content);
    await expect(readRatings([file], { skipBadRows: join(file, 'rejects.csv') })).rejects.toMatchObject({
      code: 'output-unwritable',
    });
  });
});

describe('files', () => {
  const zipped = gzipSync('user,item\n'.padEnd(100_000, 'a,b\n'));
  const broken = Buffer.from(zipped);
  broken.writeUInt8(broken.readUInt8(broken.length - 6) ^ 255, broken.length - 6);
  test.each<[string, string, string | Uint8Array]>([
    ['file-empty', 'nothing in it', ''],
    ['file-empty', 'gzip with nothing in it', gzipSync('')],
    ['no-usable-rows', 'a header only', 'user,item\n'],
    ['no-usable-rows', 'a header and blank lines', 'user,item\n\n\n'],
    ['file-unreadable', 'binary', Uint8Array.of(1, 2, 0, 3)],
    ['file-unreadable', 'gzip cut short', zipped.subarray(0, zipped.length - 20)],
    ['file-unreadable', 'gzip with a wrong checksum', broken],
    ['file-unreadable', 'damaged Parquet', 'PAR1 and then something else'],
    ['file-unreadable', 'one line of 5 MB', 'x'.repeat(5e6)],
    ['file-unreadable', 'a later line of 5 MB', `user,item\n1,2\n${'x'.repeat(5e6)}\n`],
    ['missing-column', 'text of another kind', 'Dear Sir or Madam\n'],
  ])('give the error %s: %s', async (code, _, content) => {
    const error = await read('wrong.csv', content).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'ShortlistError', code });
    expect(String(error)).toContain('wrong.csv');
    expect(String(error).length).toBeLessThan(600);
  });

  test('that are missing give an error', async () => {
    const directory = newDirectory();
    await expect(readRatings([join(directory, 'gone.csv')])).rejects.toMatchObject({ code: 'file-unreadable' });
    await expect(readRatings([directory])).rejects.toMatchObject({ code: 'file-unreadable' });
    await expect(readRatings([])).rejects.toMatchObject({ code: 'invalid-option' });
  });

  test('are never taken for patterns or SQL', async () => {
    write('ab.csv', 'user,item\nwrong,wrong\n');
    for (const name of ['a*.csv', '[a]b.csv', "a'b.csv", '?b.csv', 'a"{b}.csv', '**']) {
      expect(await read(name, 'user,item\nright,right\n')).toEqual([['right', 'right', 1]]);
    }
  });
});

const MOVIELENS = '../shared/data/ml-latest-small/ratings.csv';
const GOODBOOKS = '../shared/data/goodbooks-10k/ratings.csv.gz';
describe.skipIf(!existsSync(MOVIELENS) || !existsSync(GOODBOOKS))(
  'published data (skipped where it is not there)',
  () => {
    test('reads as published', async () => {
      const movies = await readRatings([MOVIELENS]);
      expect([movies.userIds.length, movies.itemIds.length, movies.users.length]).toEqual([610, 9724, 100_836]);
      expect(rowsOf(movies).at(-1)).toEqual(['610', '170875', 3, 1493846415]);
      const books = await readRatings([GOODBOOKS]);
      expect([books.userIds.length, books.itemIds.length, books.users.length]).toEqual([53_424, 10_000, 979_478]);
      expect([books.duplicates, books.rejected, books.rated, books.timestamps]).toEqual([2278, 0, true, null]);
    });
  },
);
