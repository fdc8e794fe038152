import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, expect, test } from 'vitest';
import { matrixFromRows } from '../../../src/base/numeric/matrix.js';
import { readFactors } from '../../../src/learn/exchange/read-factors.js';
import { npyBytes, npyMatrix, zipBytes } from '../../support/factor-bytes.js';
import { scratchDirectory } from '../../support/scratch-directory.js';

const file = scratchDirectory();
const USERS = [
  [1.5, 2, 3],
  [4, -5.25, 6],
];
const ITEMS = [
  [0.5, 1, 2],
  [3, 4, 5],
  [6, 7, 8.5],
];
const table = (name: string, rows: readonly number[][], ids: readonly string[] | null) => ({
  name,
  factors: matrixFromRows(rows),
  ids,
});

describe('factors in .npz', () => {
  const members = {
    'user_factors.npy': npyMatrix(USERS),
    'item_factors.npy': npyMatrix(ITEMS),
    'note.txt': Buffer.of(1),
  };

  test.each([
    ['stored', false],
    ['deflated', true],
  ])('are read from %s members, either side from one archive', async (name, deflate) => {
    const path = file(`${name}.npz`, zipBytes(members, deflate));
    expect(await readFactors(path, 'user')).toEqual(table(`${path} (user_factors)`, USERS, null));
    expect(await readFactors(path, 'item')).toEqual(table(`${path} (item_factors)`, ITEMS, null));
  });

  test('bring the ids that are beside them', async () => {
    const ids = npyBytes({ descr: '<i4', shape: [3], values: Int32Array.of(30, 10, 20) });
    const path = file('ids.npz', zipBytes({ ...members, 'item_ids.npy': ids }));
    expect(await readFactors(path, 'item')).toMatchObject({ ids: ['30', '10', '20'] });
    expect(await readFactors(path, 'user')).toMatchObject({ ids: null });
  });

  test('may be the only array, of any name', async () => {
    const path = file('only.npz', zipBytes({ 'arr_0.npy': npyMatrix(ITEMS) }));
    expect((await readFactors(path, 'item')).factors).toEqual(matrixFromRows(ITEMS));
  });

  const whole = zipBytes(members);
  // The last byte of an array that is read in many pieces, so that only its checksum can tell.
  const changed = zipBytes({ 'user_factors.npy': npyBytes({ shape: [50_000, 4], values: new Float32Array(200_000) }) });
  changed[changed.lastIndexOf('PK\x01\x02') - 4]! ^= 1;
  const deflated = zipBytes(members, true);
  deflated.fill(255, 60, 90);
  test.each<[string, Buffer, string, RegExp]>([
    ['other names', zipBytes({ 'a.npy': npyMatrix(USERS), 'b.npy': npyMatrix(USERS) }), 'missing-column', /"a", "b"/],
    ['an archive without arrays', zipBytes({}), 'missing-column', /none/],
    ['an archive cut short', whole.subarray(0, -60), 'file-unreadable', /whole zip archive/],
    ['a value that has changed', changed, 'file-unreadable', /damaged/],
    ['damaged compression', deflated, 'file-unreadable', /user_factors.*damaged/],
    ['no archive at all', Buffer.from('hello'), 'file-unreadable', /not a zip archive/],
    ['nothing', Buffer.alloc(0), 'file-empty', /is empty/],
    [
      'a Fortran-ordered member',
      zipBytes({ 'user_factors.npy': npyBytes({ fortran: true, shape: [1, 2], values: Float32Array.of(1, 2) }) }),
      'factors-unsupported',
      /user_factors.*Fortran/,
    ],
  ])('are refused for %s', async (name, bytes, code, message) => {
    const path = file(`${name.replaceAll(' ', '-')}.npz`, bytes);
    await expect(readFactors(path, 'user')).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

describe('factors in text', () => {
  test.each<[string, string, number[][], string[] | null]>([
    ['whole-number ids', '7,1.5,2,3\n01,4,-5.25,6\n', USERS, ['7', '01']],
    ['ids of text', '"Doe, J",1.5,2,3\nx,4,-5.25,6', USERS, ['Doe, J', 'x']],
    ['numbers alone', '1.5,2,3\n4,-5.25,6\n', USERS, null],
    ['numbers alone in tabs and exponents', '1.5e0\t2e0\t3e0\n4e0\t-5.25\t6\n', USERS, null],
    ['numpy.savetxt', '1.500e+00 2.0e+00 3.0e+00\n4.0e+00 -5.250e+00 6.0e+00\n', USERS, null],
    ['a header that names the id', 'userId;a;b;c\n1.0;1.5;2;3\n2.0;4;-5.25;6\n', USERS, ['1.0', '2.0']],
    ['a header of names alone', 'a,b,c\n1.5,2,3\n4,-5.25,6\n', USERS, null],
    ['a header of pandas with its index', ',0,1,2\nu,1.5,2,3\nv,4,-5.25,6\n', USERS, ['u', 'v']],
    ['a header of pandas without', '0,1,2\r\n1.5,2,3\r\n\r\n4,-5.25,6\r\n', USERS, null],
  ])('are read from %s', async (name, content, rows, ids) => {
    const path = file(`${name.replaceAll(' ', '-')}.csv`, content);
    expect(await readFactors(path, 'user')).toEqual(table(path, rows, ids));
  });

  test('may be gzipped, and many', async () => {
    const rows = Array.from({ length: 5000 }, (_, i) => Array.from({ length: 20 }, (__, f) => i + f / 4));
    const path = file('many.csv.gz', gzipSync(rows.map((row, i) => [`id-${i}`, ...row].join(',')).join('\n')));
    expect(await readFactors(path, 'item')).toEqual(
      table(
        path,
        rows,
        rows.map((_, i) => `id-${i}`),
      ),
    );
  });

  test('keep NaN for the check that counts them', async () => {
    const { factors } = await readFactors(file('nan.csv', 'a,1,nan\nb,-inf,0.5\n'), 'user');
    expect([...factors.data]).toEqual([1, Number.NaN, 0, 0, Number.NaN, 0.5, 0, 0]);
  });

  test.each([
    ['a row that is shorter', 'a,1,2\nb,1\n', 'bad-rows', /line 2: it has 2 columns, the first line 3/],
    ['a word among numbers', 'a,1,2\nb,x,3\n', 'bad-rows', /line 2: "x" is not a number/],
    ['a gap', 'a,1,2\nb,,3\n', 'bad-rows', /line 2: "" is not a number/],
    ['a word in a first column of numbers', '1.5,2\n\nx,3\n', 'bad-rows', /line 3: "x" is not a number/],
    ['one column', '1.5\n2.5\n', 'missing-column', /one column/],
    ['a header alone', 'id,a,b\n', 'file-empty', /0 rows/],
    ['random bytes', 'a\0b\n', 'file-unreadable', /binary/],
  ])('are refused for %s', async (name, content, code, message) => {
    const path = file(`bad-${name.replaceAll(' ', '-')}.csv`, content);
    await expect(readFactors(path, 'user')).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

describe('factors in Parquet', () => {
  const model = dirname(file('anchor', ''));
  const copies: [path: string, select: string][] = [
    // As Spark names and divides them: partitions by id, each file complete in itself.
    ['als/userFactors/part-00000-c0de.c000.snappy.parquet', `VALUES (7::INT, [1.5, 2, 3]::FLOAT[])`],
    ['als/userFactors/part-00003-c0de.c000.snappy.parquet', `VALUES (3::INT, [4, -5.25, 6]::FLOAT[])`],
    [
      'als/itemFactors/part-00000-c0de.c000.snappy.parquet',
      `VALUES (2::INT, [0.5, 1, 2]::FLOAT[]), (0, [3, 4, 5]), (1, [6, 7, 8.5])`,
    ],
    ['one.parquet', `SELECT 'b' AS "item id", [0.5, 1]::DOUBLE[2] AS vector`],
    ['ragged.parquet', `VALUES (1, [1.0, 2]::FLOAT[]), (2, [1.0]::FLOAT[])`],
    ['lacking.parquet', `VALUES (1, [1.0, 2]::FLOAT[]), (2, NULL)`],
    ['hole.parquet', `VALUES (1, [1.0, NULL]::FLOAT[])`],
    ['idless.parquet', `VALUES (NULL::INT, [1.0, 2]::FLOAT[])`],
    ['flat.parquet', `SELECT 1 AS id, 2.5 AS features`],
    ['none.parquet', `SELECT 1 AS id, [1.5]::FLOAT[] AS features LIMIT 0`],
  ];

  beforeAll(async () => {
    const connection = await (await DuckDBInstance.create()).connect();
    for (const [path, select] of copies) {
      mkdirSync(dirname(join(model, path)), { recursive: true });
      const named = select.startsWith('VALUES') ? `SELECT * FROM (${select}) t(id, features)` : select;
      await connection.run(`COPY (${named}) TO '${join(model, path)}' (FORMAT parquet, COMPRESSION snappy)`);
    }
    for (const name of ['als/userFactors/_SUCCESS', 'als/userFactors/.part-00000-c0de.c000.snappy.parquet.crc']) {
      writeFileSync(join(model, name), 'not parquet');
    }
    mkdirSync(join(model, 'als/metadata'), { recursive: true });
  });

  test.each([
    ['of a whole model', 'als', 'als'],
    ['of one side', 'als/userFactors', 'als/itemFactors'],
  ])('are read from the folder %s, as Spark saves it', async (_, users, items) => {
    const [userPath, itemPath] = [join(model, users), join(model, items)];
    expect(await readFactors(userPath, 'user')).toEqual(table(join(model, 'als/userFactors'), USERS, ['7', '3']));
    expect(await readFactors(itemPath, 'item')).toEqual(table(join(model, 'als/itemFactors'), ITEMS, ['2', '0', '1']));
  });

  test('are read from a file with columns of other names', async () => {
    const path = join(model, 'one.parquet');
    expect(await readFactors(path, 'item')).toEqual(table(path, [[0.5, 1]], ['b']));
  });

  test('keep a missing number as NaN', async () => {
    const { factors } = await readFactors(join(model, 'hole.parquet'), 'user');
    expect([...factors.data]).toEqual([1, Number.NaN, 0, 0]);
  });

  test.each([
    ['ragged.parquet', 'factors-mismatched', /row 1 .* has 1 factors, others 2/],
    ['lacking.parquet', 'factors-mismatched', /row 1 .* has no factors/],
    ['idless.parquet', 'factors-mismatched', /row 0 .* has no id/],
    ['flat.parquet', 'missing-column', /features DECIMAL.*expected "id" and "features"/],
    ['none.parquet', 'file-empty', /0 rows/],
    ['als/metadata', 'file-empty', /no part files/],
    ['missing', 'file-unreadable', /ENOENT/],
  ])('are refused from %s', async (name, code, message) => {
    const read = readFactors(join(model, name), 'user');
    await expect(read).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('are refused from a damaged file', async () => {
    const read = readFactors(file('damaged.parquet', 'PAR1 and nothing else'), 'user');
    await expect(read).rejects.toMatchObject({ code: 'file-unreadable' });
  });
});
