import { appendFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, test } from 'vitest';
import { withDuckDb } from '../../../src/base/tables/duckdb.js';
import { openInputFile } from '../../../src/base/tables/input-file.js';
import { loadUsableRows } from '../../../src/base/tables/usable-rows.js';
import { readRatings } from '../../../src/learn/ratings/read-ratings.js';
import { readTables } from '../../support/read-tables.js';
import { run } from '../../support/run-script.js';
import { newDirectory, scratchDirectory } from '../../support/scratch-directory.js';

const write = scratchDirectory();

/** The reading, the good rows without the columns that are null, and the bad ones of one file. */
async function read(name: string, content: string | Uint8Array) {
  const { readings, rows, bad } = await readTables([write(name, content)]);
  return {
    reading: readings[0],
    rows: rows[0]?.map(row => row.filter(value => value !== null)),
    bad: bad[0],
  };
}

describe('quotes', () => {
  const BROKEN = 'a double quote is not closed, or text follows the closing one';

  test('that are stray in a TSV dump are characters like others', async () => {
    const lines = [
      'u1\ta\t3\t"heroes',
      'u2\tb\t2\tplain',
      'u3\t"Weird Al" Yankovic\t1\t"q"',
      'u4\t"c"\t1\tin the dark"',
    ];
    const { reading, rows } = await read('dump.tsv', ['user\titem\trating\tname', ...lines].join('\n'));
    expect(rows).toEqual(lines.map(line => line.split('\t').slice(0, 3)));
    expect(reading).toMatchObject({ lines: 5, header: 1, good: 4, bad: 0, continued: 0, format: 'TSV' });
  });

  test('enclose tabs, quotes and line breaks in what a spreadsheet writes, though one is broken', async () => {
    const content =
      'user\titem\tnote\n1\ta\t"tab\there"\n2\tb\t"say ""hi"""\n3\t"c"\t"two\n\nlines"\n4\td\t"broken\n5\te\tx\n';
    const { reading, rows, bad } = await read('sheet.tsv', content);
    expect(rows).toEqual(['1a', '2b', '3c', '5e'].map(row => [...row]));
    expect(bad).toEqual([[7, BROKEN]]);
    expect(reading).toMatchObject({ lines: 8, header: 1, continued: 2, good: 4, bad: 1, blank: 0 });
  });

  test('that are stray in CSV spoil their own line and no other', async () => {
    const content =
      'user,item,rating,name\n1,a,3,"heroes\n2,b,2,plain\n\n3,c,1,in the dark"\n4,d,2,"two\nlines, yes"\n';
    const { reading, rows, bad } = await read('stray.csv', content);
    expect(rows).toEqual(['2b2', '3c1', '4d2'].map(row => [...row]));
    expect(bad).toEqual([[2, BROKEN]]);
    expect(reading).toMatchObject({ lines: 7, header: 1, continued: 1, good: 3, bad: 1, blank: 1 });
  });

  test('may stand behind backslashes', async () => {
    const content = '"User-ID";"ISBN";"Title"\n"1";"x\\"y";"A \\"great\\" book; yes"\n"2";"c:\\\\d";"b"\n';
    expect((await read('escaped.csv', content)).rows).toEqual([
      ['1', 'x"y'],
      ['2', 'c:\\d'],
    ]);
  });

  test('may enclose several texts with line breaks in one record, and names', async () => {
    const content = 'title,"the\nnote",user,item\n"two\nlines","a\n\nb",1,a\nplain,"x, 1, 2, 3\ny",2,b\n';
    const { reading, rows } = await read('texts.csv', content);
    expect(rows).toEqual(['1a', '2b'].map(row => [...row]));
    expect(reading).toMatchObject({ lines: 8, header: 2, continued: 4, good: 2, unused: ['title', 'the\nnote'] });
  });
});

describe('what stands before the rows', () => {
  test.each<[string, string, object, string[][]]>([
    ['a note on the separator', 'sep=;\r\nuser;item\r\n1;2,5\r\n', { header: 2, good: 1 }, [['1', '2,5']]],
    ['comments and blank lines', '\n# made by x, y\n#\n\nuser,item\n1,2\n', { header: 3, blank: 2 }, [['1', '2']]],
    ['a header that looks like a comment', '#user\titem\n#1\t2\n', { header: 1 }, [['#1', '2']]],
    [
      'a column without a name, blanks, a byte order mark',
      '\ufeff, user ,"item "\n0,1,2\n',
      { unused: [''], columns: { user: 'user', item: 'item' } },
      [['1', '2']],
    ],
    ['columns of the same name', 'user,item,item\n1,2,3\n', { unused: ['item'] }, [['1', '2']]],
    [
      'nothing, with blanks between numbers',
      '% bip weighted\n1 2 5\n3  4 1 \n',
      { header: 1, good: 2 },
      [
        ['1', '2', '5'],
        ['3', '4', '1'],
      ],
    ],
    [
      'names separated by a rare sign',
      'user^item\n1^2\n3^4\n',
      { format: 'text separated by "^"' },
      [
        ['1', '2'],
        ['3', '4'],
      ],
    ],
    ['nothing, as Hive writes', '1\u00012\u00013\n', { header: 0 }, [['1', '2', '3']]],
  ])('may be %s', async (_, content, reading, rows) => {
    expect(await read('head.txt', content)).toMatchObject({ reading, rows });
  });
});

describe('encodings', () => {
  const text = 'user,item\r\n1,café € ’\r\n2,x\r\n';
  const rows = [
    ['1', 'café € ’'],
    ['2', 'x'],
  ];
  const utf16 = Buffer.from(text, 'utf16le');
  test.each<[string, Buffer]>([
    ['CSV', Buffer.from(text)],
    ['CSV, UTF-16LE', Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['CSV, UTF-16LE', utf16],
    ['CSV, UTF-16BE', Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
    ['CSV, UTF-16BE', Buffer.from(utf16).swap16()],
    ['CSV, Windows-1252', Buffer.from(text.replace('€', '\u0080').replace('’', '\u0092'), 'latin1')],
  ])('are recognised and named: %s', async (format, content) => {
    expect(await read('encoded.csv', content)).toMatchObject({ rows, reading: { format, lines: 3 } });
    const zipped = { format: format.replace('CSV', 'CSV, gzip') };
    expect(await read('encoded.csv.gz', gzipSync(content))).toMatchObject({ rows, reading: zipped });
  });

  test('that are UTF-8 but for a few bytes have bad rows where these are in a column that is taken', async () => {
    const good = Buffer.from('user,item,title\n1,漢,é\n2,é,');
    const bytes = Buffer.concat([good, Buffer.from('\xe9\n3,\xe9,x\n4,', 'latin1'), Buffer.from('é,y\n5,\ufffdé漢,x')]);
    const { rows, bad, reading } = await read('damaged.csv', bytes);
    expect([rows, bad, reading]).toMatchObject([
      [
        ['1', '漢'],
        ['2', 'é'],
        ['4', 'é'],
      ],
      [
        [4, 'the item has bytes that are not UTF-8'],
        [6, 'the item has bytes that are not UTF-8'],
      ],
      { format: 'CSV, damaged UTF-8', lines: 6 },
    ]);
  });

  test('without a meaning for a byte keep it', async () => {
    const { rows } = await read('undefined.csv', Buffer.from('user,item\n1,\x81\x8d\xe9\n', 'latin1'));
    expect(rows).toEqual([['1', '\u0081\u008dé']]);
  });

  test('and line ends may change late in a file', async () => {
    const many = '1,a\n'.repeat(600_000);
    const { reading, rows } = await read('late.csv', Buffer.from(`user,item\n${many}2,b\r\n3,c\r4,caf\xe9`, 'latin1'));
    expect(rows?.slice(-3).map(String)).toEqual(['2,b', '3,c', '4,café']);
    expect(reading).toMatchObject({ lines: 600_004, good: 600_003, format: 'CSV, Windows-1252' });
  });
});

describe('JSON', () => {
  const nested = [
    {
      user: { id: 12345678901234567890n },
      'item/~': { 'a.b': 'x' },
      item: 'say "a", {b} ]',
      rating: 1.5,
      tags: ['a', 'b'],
    },
    { user: { id: 'u' }, item: null },
    { item: 'late', user: { id: 3 }, timestamp: '2020-01-01' },
  ];
  const texts = nested.map(value =>
    JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? `#${inner}#` : inner)).replace(/"#(\d+)#"/g, '$1'),
  );
  const rows = [['12345678901234567890', 'say "a", {b} ]', '1.5'], ['u'], ['3', 'late', '2020-01-01']];

  test.each<[string, string | Uint8Array]>([
    ['JSON Lines', texts.join('\n')],
    ['JSON Lines', `\ufeff${texts.join('\r\n')}\r\n`],
    ['JSON', `\ufeff[${texts.join(',\n ')}]\n`],
    [
      'JSON',
      `[\n${texts.map(text => JSON.stringify(JSON.parse(text), null, 2).replace('12345678901234567000', '12345678901234567890')).join(' ,\n')}\n]`,
    ],
    ['JSON', texts.map(text => text.replaceAll(',"', '\n,\n"')).join('')],
    ['gzip, JSON Lines', gzipSync(texts.join('\n'))],
    ['UTF-16LE, JSON', Buffer.from(`\ufeff[${texts.join(',')}]`, 'utf16le')],
  ])('gives the columns of all its objects, nested ones by their path: %s', async (format, content) => {
    expect(await read('nested.json', content)).toMatchObject({
      rows,
      reading: {
        format,
        lines: 3,
        good: 3,
        columns: { user: 'user.id', item: 'item' },
        unused: ['item/~.a.b', 'tags'],
      },
    });
  });

  test('has bad rows where a line is none', async () => {
    const { bad, reading } = await read('bad.jsonl', '{"user":1,"item":2}\n{"user"\n\n[1]\n"x"\n{"user":3,"item":4}');
    expect(bad).toEqual([
      [2, 'it is not valid JSON'],
      [4, 'it is not a JSON object'],
      [5, 'it is not a JSON object'],
    ]);
    expect(reading).toMatchObject({ lines: 6, blank: 1, good: 2, bad: 3 });
  });

  test('that is cut short, or holds no objects, is refused', async () => {
    await expect(read('cut.json', '[{"user":1,"item":2},{"user":2,"it')).rejects.toMatchObject({
      code: 'file-unreadable',
      message: expect.stringMatching(/ends inside record 2/),
    });
    await expect(read('open.json', '[{"user":1,"item":2}')).rejects.toMatchObject({ code: 'file-unreadable' });
    await expect(read('lists.json', '[[1,2],[3,4]]')).rejects.toMatchObject({
      message: expect.stringMatching(/no JSON objects/),
    });
  });
});

test('lists are no ids', async () => {
  await expect(
    read('lists.jsonl', '{"user":"u1","item":["a","b"]}\n{"user":"u2","item":["c"]}\n'),
  ).rejects.toMatchObject({
    code: 'missing-column',
    message: expect.stringMatching(/has lists in its item column "item"; expected one id in each row/),
  });
});

test('Parquet gives whole numbers as such, lists as JSON, what is nested by its path', async () => {
  const path = write('typed.parquet', '');
  const connection = await (await DuckDBInstance.create()).connect();
  await connection.run(`COPY (SELECT {id: 1e10::DOUBLE, name: 'x'} AS "user", 12.00::DECIMAL(9, 2) AS item,
      [{name: 'a'}, {name: 'b'}] AS rating, TIMESTAMP_NS '2020-01-01 00:00:00.5' AS timestamp
    UNION ALL SELECT {id: 2.5, name: 'x'}, 1.25, [], NULL) TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  const { rows, readings } = await readTables([path]);
  expect(rows[0]).toEqual([
    ['10000000000', '12', '[{"name":"a"},{"name":"b"}]', '2020-01-01 00:00:00.5'],
    ['2.5', '1.25', '[]', null],
  ]);
  expect(readings).toMatchObject([
    { format: 'Parquet', columns: { user: 'user.id' }, unused: ['user.name'], lines: 2 },
  ]);
});

describe('names', () => {
  const folder = newDirectory();
  const put = (path: string, content: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  put('events/_SUCCESS', '');
  put('events/.part.crc', 'x');
  put('events/_temporary/part-9.csv', 'x');
  put('events/rating=4%20stars/part-1.csv', 'user,item\n1,a\n');
  put('events/rating=4%20stars/part-0.csv', 'user,item\n2,b\n');
  put('events/rating=4%20stars/part-2.csv', '');
  put('events/rating=__HIVE_DEFAULT_PARTITION__/part-0.csv', 'user,item\n3,c\n');
  put('[a]*.csv', 'user,item\nliteral,x\n');
  put('empty/_SUCCESS', '');

  test.each([['events'], ['events/*/*.csv'], ['events/**/part-?.csv']])(
    'of folders and patterns stand for their files, sorted, with the values in the path: %s',
    async name => {
      const { rows, readings } = await readTables([join(folder, name)]);
      expect(rows).toEqual([[['2', 'b', '4 stars', null]], [['1', 'a', '4 stars', null]], [['3', 'c', null, null]]]);
      expect(readings.map(({ file }) => file.slice(folder.length + 8))).toEqual([
        'rating=4%20stars/part-0.csv',
        'rating=4%20stars/part-1.csv',
        'rating=__HIVE_DEFAULT_PARTITION__/part-0.csv',
      ]);
    },
  );

  test('that are patterns and names of files are the files', async () => {
    expect((await readTables([join(folder, '[a]*.csv')])).rows).toEqual([[['literal', 'x', null, null]]]);
  });

  test.each([['empty'], ['*.parquet'], ['gone/*']])('that stand for no file are refused: %s', async name => {
    await expect(readTables([join(folder, name)])).rejects.toMatchObject({ code: 'file-unreadable' });
  });

  test.skipIf(process.platform === 'win32')('may be standard input or a pipe, read once', async () => {
    const reader = join(process.cwd(), 'dist/src/learn/ratings/read-ratings.js');
    const program = `import { readRatings } from ${JSON.stringify(reader)};
      const { userIds } = await readRatings(process.argv[1]);
      const again = await readRatings('-').catch(error => error.message);
      console.log(JSON.stringify([userIds, process.argv[1] === '-' ? again : 'done']));`;
    const path = write('piped.csv.gz', gzipSync('user,item\nu,1\nv,2\n'));
    const shell = async (name: string, input: string) => {
      const command = `node --input-type=module -e "$0" ${name} < ${input}`;
      return (await run('bash', ['-c', command, program], {})).stdout;
    };
    expect(await shell('-', path)).toMatch(/^\[\["u","v"\],"Cannot read standard input: it was read already/);
    expect(await shell(`<(cat ${path})`, '/dev/null')).toBe('[["u","v"],"done"]\n');
  });
});

test('bad rows of all files that a process reads are kept; a file that is read again starts anew', async () => {
  const rejects = join(newDirectory(), 'rejects.csv');
  const first = write('first.csv', 'user,item\n1,2\n3\n');
  const second = write('second.csv', 'user,item\n1,2\n\n4\n');
  const line = (file: string, number: number, content: string) =>
    `${file},${number},"expected 2 columns, found 1",${content}\n`;
  await readRatings(first, { skipBadRows: rejects });
  await readRatings(second, { skipBadRows: rejects });
  const both = `file,line,reason,content\n${line(first, 3, '3')}${line(second, 4, '4')}`;
  expect(readFileSync(rejects, 'utf8')).toBe(both);
  await readRatings(first, { skipBadRows: rejects });
  expect(readFileSync(rejects, 'utf8')).toBe(`file,line,reason,content\n${line(first, 3, '3')}`);
});

test('lines that come while a file is read are counted too; lines that go are an error', async () => {
  const path = write('log.csv', 'user,item\n1,a\n2,b\n');
  const wanted = { positions: ['user', 'item'], required: ['user', 'item'], named: {} } as const;
  const readWhile = (change: () => void) =>
    withDuckDb(session =>
      loadUsableRows(session, [path], wanted, false, () => {
        change();
        return { columns: { user_id: '"user"' }, problems: [] };
      }),
    );
  expect(await readWhile(() => appendFileSync(path, '3,c\n'))).toMatchObject([{ lines: 4, good: 3 }]);
  await expect(readWhile(() => writeFileSync(path, 'user,item\n1,a\n'))).rejects.toMatchObject({
    code: 'rows-lost',
    fields: { file: path, lines: 4, rows: 2 },
  });
});

test.skipIf(!existsSync('/dev/full'))('a full disk is named as what it is', async () => {
  const scratch = newDirectory();
  // Whatever is written there finds the disk full.
  for (let file = 0; file < 2000; file++) symlinkSync('/dev/full', join(scratch, `content-${file}`));
  const path = write('large.csv.gz', gzipSync('user,item\n'.padEnd(200_000, '1,2\n')));
  await expect(openInputFile(path, scratch)).rejects.toMatchObject({
    code: 'disk-full',
    fields: { directory: scratch, bytes: 200_000 },
    message: expect.stringMatching(/no room in .* to unpack .*large\.csv\.gz .*TMPDIR/),
  });
});

test.each([
  ['PK\u0003\u0004....', /zip archive or an Excel workbook/],
  ['BZh91AY', /bzip2; unpack it/],
  ['SQLite format 3\0', /SQLite database; export/],
])('what is no table is named: %s', async (content, message) => {
  await expect(read('other', Buffer.from(content, 'latin1'))).rejects.toMatchObject({
    code: 'file-unreadable',
    message: expect.stringMatching(message),
  });
});
