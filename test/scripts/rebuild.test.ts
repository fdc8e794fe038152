import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadNewestSnapshot } from '../../src/snapshot/newest-snapshot.js';
import { SnapshotStore } from '../../src/snapshot/store.js';
import { runScript } from '../support/run-script.js';
import { smallData } from '../support/small-snapshot.js';
import { writeItemsCsv, writeRatingsCsv } from '../support/write-csv.js';

const directory = mkdtempSync(join(tmpdir(), 'shortlist-rebuild-'));
const snapshots = join(directory, 'snapshots');
const file = (name: string, content: string | Uint8Array) => {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
};

describe('rebuild', () => {
  test('publishes a snapshot and describes it in one JSON object', async () => {
    const ratings = join(directory, 'ratings.csv');
    const items = join(directory, 'items.csv');
    writeRatingsCsv(ratings, smallData.table);
    writeItemsCsv(items, smallData.catalogue);
    const args = [
      '--ratings',
      ratings,
      '--items',
      items,
      '--snapshots',
      snapshots,
      '--factors',
      '8',
      '--iterations',
      '4',
    ];
    const { code, stdout, stderr } = await runScript('rebuild', [...args, '--json']);
    expect(stderr).toMatch(/train done in/);
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    const report = JSON.parse(stdout);
    expect(Object.keys(report)).toEqual(
      expect.arrayContaining([
        'snapshot',
        'path',
        'users',
        'items',
        'ratings',
        'seconds',
        'operatingPoint',
        'recall',
        'bytes',
      ]),
    );
    expect(Object.keys(report.seconds)).toEqual(
      expect.arrayContaining(['read', 'train', 'clusters', 'hnsw', 'tune', 'total']),
    );
    expect(report).toMatchObject({ users: 120, items: 300, ratings: 4000, path: join(snapshots, report.snapshot) });
    const snapshot = await loadNewestSnapshot(new SnapshotStore(snapshots), message => expect.fail(message));
    expect(snapshot.manifest.id).toBe(report.snapshot);
    expect(snapshot.manifest.parameters).toMatchObject({ algorithm: 'als', factors: 8, iterations: 4 });
  });

  test('states the memory that training takes before it starts', async () => {
    const ratings = join(directory, 'memory.csv');
    writeRatingsCsv(ratings, smallData.table);
    const small = ['--ratings', ratings, '--snapshots', mkdtempSync(join(directory, 'memory-')), '--factors', '8'];
    const { code, stderr } = await runScript('rebuild', [...small, '--iterations', '1', '--sources', 'exact']);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^train: about \d+ MB for 120 users, 300 items, 4000 interactions, 8 factors, beside \d+ MB in use\ntrain done in/m,
    );
  });

  test('--warm-start begins with the current snapshot, or says that there is none', async () => {
    const ratings = join(directory, 'warm.csv');
    writeRatingsCsv(ratings, smallData.table);
    const target = mkdtempSync(join(directory, 'warm-'));
    const args = ['--ratings', ratings, '--snapshots', target, '--sources', 'exact', '--warm-start', '--factors'];
    const cold = await runScript('rebuild', [...args, '8', '--iterations', '1', '--json']);
    expect(cold.stderr).toMatch(/^There is no snapshot in .* to start from: training begins with random factors\.$/m);
    const { snapshot } = JSON.parse(cold.stdout);
    const warm = await runScript('rebuild', [...args, '8', '--iterations', '1']);
    expect(warm.stderr).toMatch(`warm start from snapshot ${snapshot}: 120 users, 300 items\n`);
    const newest = await loadNewestSnapshot(new SnapshotStore(target), message => expect.fail(message));
    const first = await new SnapshotStore(target).open(snapshot);
    expect(newest.manifest.parameters.warmStart).toBe(snapshot);
    expect(newest.manifest.model.loss).toBeLessThan(0.95 * first.manifest.model.loss!);
    const wider = await runScript('rebuild', [...args, '12']);
    expect(wider.code).toBe(2);
    expect(wider.stderr).toMatch(/has 8, this training 12\. Train with --factors 8, or without --warm-start\./);
  });

  test.each([
    ['an empty file', file('empty.csv', ''), 'file-empty'],
    ['a header without rows', file('header.csv', 'userId,itemId,rating\n'), 'no-usable-rows'],
    [
      'a binary file',
      file(
        'binary.csv',
        Uint8Array.from({ length: 5000 }, (_, i) => (i * 37) % 256),
      ),
      /file-unreadable|missing-column/,
    ],
    ['a NaN rating', file('nan.csv', 'userId,itemId,rating\n1,2,NaN\n1,3,4\n'), 'bad-rows'],
    ['one column', file('column.csv', 'userId\n1\n2\n'), 'missing-column'],
    ['a line of 5 MB', file('line.csv', 'x'.repeat(5_000_000)), /missing-column|file-unreadable|bad-rows/],
    ['no such file', join(directory, 'missing.csv'), 'file-unreadable'],
    ['a directory', directory, 'file-unreadable'],
  ])('%s stops with a named error on one line and publishes nothing', async (_, path, name) => {
    const target = mkdtempSync(join(directory, 'none-'));
    const { code, stdout, stderr } = await runScript('rebuild', ['--ratings', path, '--snapshots', target]);
    expect(stdout).toBe('');
    const error = stderr.trim().split('\n').at(-1)!;
    expect(error).toMatch(/^error \[[a-z-]+\]: .{20,}/);
    expect(/\[([a-z-]+)\]/.exec(error)![1]).toMatch(name);
    expect(error.length).toBeLessThan(2000);
    expect(code).toBe(1);
    expect(readdirSync(target)).toEqual([]);
  });

  test.each([
    [['--ratings', 'x.csv', '--no-such-flag'], /no-such-flag/],
    [[], /--ratings FILE\.\.\. is required/],
    [['--ratings', 'x.csv', '--factors', '0'], /--factors.*from 1/],
    [['--ratings', 'x.csv', '--recall-target', '1.5'], /--recall-target/],
    [['--ratings', 'x.csv', '--algorithm', 'magic'], /als, sgd/],
    [['--ratings', 'x.csv', '--sources', 'exact,annoy'], /--sources/],
    [['--ratings', 'x.csv', '--algorithm', 'sgd', '--warm-start'], /--warm-start has no meaning for --algorithm sgd/],
  ])('wrong usage %j exits with 2 and says where to read how to use it', async (args, message) => {
    const { code, stdout, stderr } = await runScript('rebuild', args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^See npm run rebuild -- --help$/m);
  });

  test('a place that cannot be written is refused before any work', async () => {
    const { code, stderr } = await runScript('rebuild', ['--ratings', 'x.csv', '--snapshots', file('occupied', '')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/error \[snapshot-unwritable\]/);
  });
});

describe('items files', () => {
  const ratings = file(
    'few.csv',
    `user,item,rating\n${'abcdef'.replace(/./g, user => `${user},p1,5\n${user},p2,1\n`)}`,
  );
  const items = file(
    'shop.csv',
    'nr,label,shelves,left,price,brand\np1,"Cap, red",Hats/Red,4,"9,90 €",Acme\np2,Coat,Coats,0,99 €,\n',
  );
  const store = join(directory, 'shop');
  const small = ['--ratings', ratings, '--items', items, '--snapshots', store, '--factors', '4', '--iterations', '2'];

  test('have flags of their own', async () => {
    const names = ['--items-id-column', 'nr', '--items-title-column', 'label', '--items-available-column', 'left'];
    const categories = ['--items-categories-column', 'shelves', '--items-categories-separator', '/'];
    const { code, stderr } = await runScript('rebuild', [...small, ...names, ...categories]);
    expect(stderr).toMatch(/The attribute "price" is a number, without the € of the file/);
    expect(code).toBe(0);
    const snapshot = await loadNewestSnapshot(new SnapshotStore(store), message => expect.fail(message));
    const { catalogue, unavailableItems } = snapshot;
    const cap = snapshot.items.indexOf('p1')!;
    expect(catalogue.titleOf(cap)).toBe('Cap, red');
    expect(catalogue.categoriesOf(cap)).toEqual(['Hats', 'Red']);
    expect(catalogue.attributes.valuesOf(cap)).toEqual({ price: 9.9, brand: 'Acme' });
    expect([...unavailableItems]).toEqual([snapshot.items.indexOf('p2')]);
  });

  test('errors and notes name these flags', async () => {
    const unnamed = await runScript('rebuild', small);
    expect([unnamed.code, unnamed.stderr]).toEqual([
      1,
      expect.stringContaining('Name the right one with --items-id-column'),
    ]);
    const wrong = await runScript('rebuild', [...small, '--items-id-column', 'nr', '--items-attributes', 'prize']);
    expect(wrong.stderr).toMatch(/no column "prize", which --items-attributes names/);
    const none = await runScript('rebuild', [...small, '--items-id-column', 'nr', '--items-attributes', 'none']);
    expect([none.code, none.stderr]).toEqual([0, expect.not.stringContaining('price')]);
  });
});
