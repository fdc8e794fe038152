import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readItems } from '../../../src/learn/ratings/read-items.js';
import { scratchDirectory } from '../../support/scratch-directory.js';

const write = scratchDirectory();

test('reads ids, titles and categories', async () => {
  const content =
    'movieId,title,genres\n01,"American President, The (1995)",Comedy|Drama|Comedy\n2,,(no genres listed)\n3,"Say ""Hi"",\nnow",Crime\n';
  const expected = [
    { itemId: '01', title: 'American President, The (1995)', categories: ['Comedy', 'Drama'] },
    { itemId: '2', categories: [] },
    { itemId: '3', title: 'Say "Hi",\nnow', categories: ['Crime'] },
  ];
  expect(await readItems(write('movies.csv', content))).toEqual(expected);
  expect(await readItems(write('movies.csv.gz', gzipSync(content)))).toEqual(expected);
});

test('reads MovieLens .dat files, in Latin-1 and with many categories', async () => {
  const content = Buffer.from('1::Caf\xe9 "X" (1995)::A|B|C|D\n2::Plain::E\n', 'latin1');
  expect(await readItems(write('movies.dat', content))).toEqual([
    { itemId: '1', title: 'Café "X" (1995)', categories: ['A', 'B', 'C', 'D'] },
    { itemId: '2', title: 'Plain', categories: ['E'] },
  ]);
});

test('does without titles and categories, takes columns by name, and keeps the first row of an id', async () => {
  expect(await readItems(write('ids.csv', 'book\na\nb\na\n'))).toEqual([
    { itemId: 'a', categories: [] },
    { itemId: 'b', categories: [] },
  ]);
  const named = { itemColumn: 'key', titleColumn: 'label', categoriesColumn: 'shelf' };
  expect(await readItems(write('named.csv', 'label,key,shelf\nOne,1,x\nTwo,1,y\n'), named)).toEqual([
    { itemId: '1', title: 'One', categories: ['x'] },
  ]);
});

test('reads whether items are available, in the usual spellings, and refuses others', async () => {
  const values = ['true', 'FALSE', '1', '0', ' yes ', 'No', '', '"y"', 'f'];
  const content = `itemId,In_Stock\n${values.map((value, i) => `${i},${value}`).join('\n')}\n`;
  const unavailable = (items: Awaited<ReturnType<typeof readItems>>) =>
    items.filter(item => item.available === false).map(item => item.itemId);
  expect(unavailable(await readItems(write('stock.csv', content)))).toEqual(['1', '3', '5', '8']);
  const named = { availableColumn: 'sold' };
  expect(unavailable(await readItems(write('sold.csv', 'itemId,sold\na,0\nb,1\n'), named))).toEqual(['a']);
  await expect(readItems(write('soon.csv', 'itemId,available\n1,true\n2,soon\n'))).rejects.toMatchObject({
    code: 'bad-rows',
    fields: { total: 1, rows: [{ line: 3, reason: expect.stringMatching(/^available is "soon", expected true or/) }] },
  });
});

test('names what is wrong with a file', async () => {
  const wrong = readItems(write('wrong.csv', 'itemId,title\n1,a\n,b\n2,c,d\n'));
  await expect(wrong).rejects.toMatchObject({
    code: 'bad-rows',
    fields: { total: 2, rows: [{ line: 3, reason: 'the item id is empty' }, { line: 4 }] },
  });
  await expect(readItems(write('none.csv', 'itemId\n'))).rejects.toMatchObject({ code: 'no-usable-rows' });
  await expect(readItems(write('other.csv', 'x,y\n1,2\n'))).rejects.toMatchObject({
    code: 'missing-column',
    message: expect.stringContaining('`itemColumn`'),
  });
});
