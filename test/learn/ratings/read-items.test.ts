import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { sqlString, withDuckDb } from '../../../src/base/tables/duckdb.js';
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

test('columns are named by options, stock may be a number or words, and what else there is becomes attributes', async () => {
  const content =
    'code,label,shelves,left,price,brand,new,sizes,empty\n' +
    'a,"Shirt, blue","Shirts, Summer",3,17.90 EUR,Acme,yes,"[""S"",""M""]",\n' +
    'b,Hat,Hats;Winter,0,5 EUR,,no,[],\n';
  const notes: string[] = [];
  const named = { itemColumn: 'code', titleColumn: 'Label', categoriesColumn: 'shelves', availableColumn: 'left' };
  const file = write('catalogue.csv', content);
  const shirt = { itemId: 'a', title: 'Shirt, blue', categories: ['Shirts', 'Summer'] };
  const hat = { itemId: 'b', title: 'Hat', categories: ['Hats', 'Winter'], available: false };
  expect(await readItems(file, { ...named, note: line => notes.push(line) })).toEqual([
    { ...shirt, attributes: { price: 17.9, brand: 'Acme', new: true, sizes: ['S', 'M'] } },
    { ...hat, attributes: { price: 5, new: false, sizes: [] } },
  ]);
  expect(notes).toEqual([expect.stringMatching(/"price".*EUR/)]);
  expect(await readItems(file, { ...named, attributes: [] })).toEqual([shirt, hat]);
  expect(await readItems(file, { ...named, attributes: ['brand', 'left'] })).toEqual([
    { ...shirt, attributes: { brand: 'Acme', left: 3 } },
    { ...hat, attributes: { left: 0 } },
  ]);
  await expect(readItems(file, { ...named, attributes: ['brnd'] })).rejects.toMatchObject({
    code: 'missing-column',
    message: expect.stringMatching(/no column "brnd", which `attributes` names.*"brand"/),
  });
});

test.each([
  [
    'available',
    'in stock|In_Stock|preorder|https://schema.org/InStock|active|published|backorder|5|0.5||limited_availability',
  ],
  ['unavailable', 'out of stock|OutOfStock|http://schema.org/SoldOut|archived|DRAFT|0|-2|0.0|discontinued'],
])('says %s in the words of shops and feeds', async (kind, words) => {
  const rows = words.split('|').map((word, i) => `${i},${word}`);
  const items = await readItems(write(`${kind}.csv`, `itemId,availability\n${rows.join('\n')}\n`));
  expect(items.map(item => item.available)).toEqual(rows.map(() => (kind === 'available' ? undefined : false)));
});

test('long texts are left out with a note unless they are asked for, and so is what is beyond the 64th column', async () => {
  const notes: string[] = [];
  const note = (line: string) => void notes.push(line);
  const file = write('long.csv', `id,body,size\na,${'x'.repeat(501)},1\nb,y,2\n`);
  expect((await readItems(file, { note })).map(item => item.attributes)).toEqual([{ size: 1 }, { size: 2 }]);
  expect(notes).toEqual([expect.stringMatching(/500 characters: "body".*`attributes`/)]);
  const all = await readItems(file, { attributes: ['body', 'size'] });
  expect(all.map(item => item.attributes)).toEqual([
    { body: 'x'.repeat(501), size: 1 },
    { body: 'y', size: 2 },
  ]);
  const columns = Array.from({ length: 70 }, (_, i) => i);
  const wide = write('wide.csv', `id,${columns.map(i => `c${i}`).join(',')}\na,${columns.join(',')}\n`);
  const [item] = await readItems(wide, { note });
  expect(Object.keys(item!.attributes!)).toEqual(columns.slice(0, 64).map(i => `c${i}`));
  expect(notes[1]).toMatch(/first 64 columns: "c64", "c65"/);
});

test('several files may have different columns, and columns of one name', async () => {
  const files = [
    write('one.csv', 'id,title,price,price\na,A,1,x\n'),
    write('two.csv', 'colour,price,id\nred,2,b\nblue,3,a\n'),
  ];
  expect(await readItems(files)).toEqual([
    { itemId: 'a', title: 'A', categories: [], attributes: { price: 1, price_2: 'x' } },
    { itemId: 'b', categories: [], attributes: { price: 2, colour: 'red' } },
  ]);
});

test('files without a header have columns by order, or by the positions that are given', async () => {
  const file = write('plain.csv', '1,One,A|B,0\n2,Two,C,1\n');
  expect(await readItems(file, { headerless: true })).toEqual([
    { itemId: '1', title: 'One', categories: ['A', 'B'], available: false },
    { itemId: '2', title: 'Two', categories: ['C'] },
  ]);
  const placed = { headerless: true, itemColumn: '2', categoriesColumn: '3' };
  expect(await readItems(file, placed)).toEqual([
    { itemId: 'One', categories: ['A', 'B'], attributes: { '1': 1, '4': 0 } },
    { itemId: 'Two', categories: ['C'], attributes: { '1': 2, '4': 1 } },
  ]);
  await expect(readItems(file, { headerless: true, titleColumn: '5' })).rejects.toMatchObject({
    code: 'invalid-option',
    message: expect.stringContaining('`titleColumn` is the position of a column, from 1 to 4; got "5"'),
  });
});

test('nested columns of Parquet become categories and attributes', async () => {
  const file = write('items.parquet', '');
  await withDuckDb(session =>
    session.run(`COPY (SELECT * FROM (VALUES
      (1, 'One', ['Rock, soft', 'Jazz'], [{name: 'x', n: 1}, {name: 'y', n: 2}], 17.5, true),
      (2, 'Two', [], NULL, NULL, false)) AS t(item_id, title, genres, labels, price, fresh))
      TO ${sqlString(file)} (FORMAT parquet)`),
  );
  expect(await readItems(file)).toEqual([
    {
      itemId: '1',
      title: 'One',
      categories: ['Rock, soft', 'Jazz'],
      attributes: { labels: ['x', 'y'], price: 17.5, fresh: true },
    },
    { itemId: '2', title: 'Two', categories: [], attributes: { fresh: false } },
  ]);
});

test('u.item of MovieLens 100k has its genres in flags', async () => {
  const row = (id: number, genres: readonly number[]) =>
    `${id}|Film ${id} (1995)|01-Jan-1995||http://films/${id}|${Array.from({ length: 19 }, (_, i) => Number(genres.includes(i))).join('|')}\n`;
  const file = write('u.item', row(1, [3, 4, 5]) + row(2, []));
  const attributes = (id: number) => ({ release_date: '01-Jan-1995', url: `http://films/${id}` });
  expect(await readItems(file, { headerless: true })).toEqual([
    { itemId: '1', title: 'Film 1 (1995)', categories: ['Animation', 'Children', 'Comedy'], attributes: attributes(1) },
    { itemId: '2', title: 'Film 2 (1995)', categories: [], attributes: attributes(2) },
  ]);
});

test('variants in an export of Shopify have what the first row of their product says, and pictures are no items', async () => {
  const notes: string[] = [];
  const content =
    'Handle,Title,Vendor,Tags,SKU,Price,Image,Status\n' +
    'cap,Cap,Acme,"Hats, Red",cap-s,9.5,1.jpg,archived\ncap,,,,cap-m,10,2.jpg,\ncap,,,,,,3.jpg,\nmug,Mug,,Cups,mug,4,,active\n';
  const cap = { title: 'Cap', categories: ['Hats', 'Red'], available: false };
  const options = { availableColumn: 'Status', note: (line: string) => void notes.push(line) };
  const kept = { ...options, attributes: ['Vendor', 'Price', 'Image'] };
  expect(await readItems(write('shopify.csv', content), kept)).toEqual([
    { itemId: 'cap-s', ...cap, attributes: { Vendor: 'Acme', Price: 9.5, Image: '1.jpg' } },
    { itemId: 'cap-m', ...cap, attributes: { Vendor: 'Acme', Price: 10, Image: '2.jpg' } },
    { itemId: 'mug', title: 'Mug', categories: ['Cups'], attributes: { Price: 4 } },
  ]);
  expect(notes).toEqual(['Left out: 1 rows of further pictures, with neither id nor title.']);
});
