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
  test('of ids are kept as spelled, but for blanks around them and the ".0" of whole numbers', async () => {
    const content = 'user,item\n01,é\n1,e\n1.0,"a,""b"""\n01,\u00a0e\n1.00, 1.50 \n';
    const { reading: _, ...table } = await readRatings([write('ids.csv', content)]);
    expect(table).toEqual({
      userIds: ['01', '1', '1.00'],
      itemIds: ['é', 'e', 'a,"b"', '1.50'],
      users: Uint32Array.of(0, 1, 1, 0, 2),
      items: Uint32Array.of(0, 1, 2, 1, 3),
      values: Float32Array.of(1, 1, 1, 1, 1),
      timestamps: null,
      rated: false,
      valueKind: 'none',
      repeats: 'sum',
      duplicates: 0,
      rejected: 0,
    });
  });

  test('of ids that are words for nothing are missing', async () => {
    const words = ['NULL', '\\N', ' nan', 'None', 'n/a', 'NA', 'undefined', '(null)', '\u00a0'];
    const content = ['user,item', ...words.map((word, n) => (n % 2 ? `u,${word}` : `${word},i`)), 'nonesuch,nana'];
    await expect(read('nothing.csv', content.join('\n'))).rejects.toMatchObject({
      code: 'bad-rows',
      fields: {
        total: words.length,
        rows: [
          { line: 2, reason: 'the user id is missing: "NULL"' },
          { line: 3, reason: 'the item id is missing: "\\N"' },
          { line: 4, reason: 'the user id is missing: "nan"' },
          { line: 5, reason: 'the item id is missing: "None"' },
          { line: 6, reason: 'the user id is missing: "n/a"' },
        ],
      },
    });
  });

  test('of ratings may have decimal commas; what may mean two numbers is none', async () => {
    const rows = await read('commas.csv', 'user;item;rating\na;1;4,5\na;2; 0,125\na;3;3.5\na;4;,5\n');
    expect(rows.map(row => row[2])).toEqual([4.5, 0.125, 3.5, 0.5]);
    const wrong: [string, RegExp][] = [
      ['1,234', /decimal point, and nothing between thousands/],
      ['1.234,5', /decimal point, and nothing between thousands/],
      ['4/5', /divide it out/],
      ['$5', /write the number alone/],
      ['80%', /write the number alone/],
      ['NULL', /"NULL" is not a finite number$/],
      ['', /"" is not a finite number$/],
    ];
    for (const [rating, reason] of wrong) {
      await expect(read('wrong.csv', `user;item;rating\na;1;${rating}\n`)).rejects.toMatchObject({
        fields: { rows: [{ line: 2, reason: expect.stringMatching(reason) }] },
      });
    }
  });

  const TEN = 1577872800;
  test.each<[string, string, number]>([
    ['seconds', '1577872800', TEN],
    ['milliseconds', '1577872800000', TEN],
    ['microseconds', '1577872800000000', TEN],
    ['nanoseconds', '1577872800000000000', TEN],
    ['a day', '2020-01-01', TEN - 36_000],
    ['a day without zeros', '2020/1/1', TEN - 36_000],
    ['a time with an offset', '2020-01-01T12:00:00+02:00', TEN],
    ['a time with an offset after a blank', '2020-01-01 11:00:00 +0100', TEN],
    ['a time with its zone', '2020-01-01 10:00:00 UTC', TEN],
    ['a fraction of a second', '2020-01-01 10:00:00.5', TEN + 0.5],
    ['digits for a day', '20200101', TEN - 36_000],
    ['digits for day and time', '20200101100000', TEN],
    ['ISO 8601 without signs', '20200101T100000Z', TEN],
    ['the day first, by its size', '31/01/2020 10:00', TEN + 30 * 86_400],
    ['the month first, by the size of the day', '1/31/2020 10:00:00 AM', TEN + 30 * 86_400],
    ['dots', '01.01.2020 10:00', TEN],
    ['dashes', '31-12-2019', TEN - 36_000 - 86_400],
    ['the form of C', 'Wed Jan 01 02:00:00 -0800 2020', TEN],
    ['the form of JavaScript', 'Wed Jan 01 2020 11:00:00 GMT+0100 (Central European Standard Time)', TEN],
    ['RFC 2822', '"Wed, 01 Jan 2020 12:00:00 +0200"', TEN],
    ['the form of HTTP', '"Wed, 01 Jan 2020 10:00:00 GMT"', TEN],
    ['the month by name', '"January 1, 2020"', TEN - 36_000],
    ['the month by a short name and a clock of twelve hours', '"Jan 1, 2020, 10:00 am"', TEN],
    ['a spreadsheet in English', '1-Jan-2020', TEN - 36_000],
    ['a web server', '01/Jan/2020:10:00:00 +0000', TEN],
  ])('of times may be %s', async (_, time, seconds) => {
    expect(await read('times.csv', `user,item,time\nu,i,${time}\n`)).toEqual([['u', 'i', 1, seconds]]);
  });

  test.each([
    'soon',
    '0000-00-00',
    '0001-01-01',
    '01/12/20',
    '30/02/2020',
    '01/02/2020 10:00 +0100',
    'inf',
    'NaN',
    '1e30',
  ])('of times are not %s', async time => {
    await expect(read('times.csv', `user,item,time\nu,i,${time}\n`)).rejects.toMatchObject({
      fields: { rows: [{ line: 2, reason: expect.stringContaining(`the timestamp "${time}" is not a time`) }] },
    });
  });

  describe('of dates in numbers', () => {
    const timesOf = async (...times: string[]) => {
      const table = await readRatings([
        write('dates.csv', ['user,item,time', ...times.map((time, n) => `u,${n},${time}`)].join('\n')),
      ]);
      const days = Array.from(table.timestamps ?? [], seconds => new Date(seconds * 1000).toISOString().slice(0, 16));
      return { days, remarks: table.reading?.remarks.map(({ kind }) => kind) };
    };

    test('have the order that one of them tells', async () => {
      const dayFirst = ['2020-02-01T08:30', '2020-03-03T00:00', '2020-01-31T00:00'];
      expect(await timesOf('01/02/2020 8:30', '3/3/2020', '31/01/2020')).toEqual({ days: dayFirst, remarks: [] });
      const monthFirst = ['2020-01-02T08:30', '2020-03-03T00:00', '2020-01-31T00:00'];
      expect(await timesOf('01/02/2020 8:30', '3/3/2020', '01/31/2020')).toEqual({ days: monthFirst, remarks: [] });
    });

    test('have the day first where none tells, which is said', async () => {
      expect(await timesOf('01/02/2020', '11/12/2020')).toEqual({
        days: ['2020-02-01T00:00', '2020-12-11T00:00'],
        remarks: ['date-order'],
      });
    });

    test('that do not agree are refused with a line of each', async () => {
      await expect(timesOf('01/02/2020', '13/02/2020', '02/14/2020')).rejects.toMatchObject({
        code: 'bad-rows',
        fields: { rows: [{ line: 3 }, { line: 4 }] },
      });
    });

    test('are days in eight digits only where all are', async () => {
      expect((await timesOf('20200102', '20200103')).days).toEqual(['2020-01-02T00:00', '2020-01-03T00:00']);
      expect((await timesOf('20200102', '20200172')).days).toEqual(['1970-08-22T19:08', '1970-08-22T19:09']);
    });
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
    // Characters that end a line or a file are left out: they are another test's, or no text. So is what is no id as it
    // stands: blanks around it, "1.0", words for nothing.
    const printable = id.filter(
      text =>
        !/\p{Cc}/u.test(text.replaceAll('\t', '')) &&
        text === text.trim() &&
        text !== '' &&
        !/^-?\d+\.0$|^\\N$|^n\/?a\??$|^nan$|^null$|^none$/i.test(text),
    );
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
