import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, expect, test } from 'vitest';
import { rowOf } from '../../src/base/numeric/matrix.js';
import { openRecommender } from '../../src/recommend/open-recommender.js';
import { loadNewestSnapshot } from '../../src/snapshot/newest-snapshot.js';
import type { Snapshot } from '../../src/snapshot/snapshot.js';
import { SnapshotStore } from '../../src/snapshot/store.js';
import { runScript } from '../support/run-script.js';
import { buildSmallSnapshot, smallData } from '../support/small-snapshot.js';
import { writeRatingsCsv } from '../support/write-csv.js';

const directory = mkdtempSync(join(tmpdir(), 'shortlist-export-'));
const newest = (snapshots: string) => loadNewestSnapshot(new SnapshotStore(snapshots), message => expect.fail(message));
let snapshots: string;
let snapshot: Snapshot;

beforeAll(async () => {
  // A single source, so that the choice does not hang on timing; an approximate one, so that the cells matter.
  const { store } = await buildSmallSnapshot({ sources: ['clusters'] });
  snapshots = store.directory;
  snapshot = await newest(snapshots);
  writeRatingsCsv(join(directory, 'ratings.csv'), smallData.table);
});

async function exported(name: string): Promise<string> {
  const out = join(directory, name);
  const { code, stdout, stderr } = await runScript('export', ['--snapshots', snapshots, '--out', out, '--json']);
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    snapshot: snapshot.manifest.id,
    users: 120,
    items: 300,
    factors: 12,
    path: out,
  });
  return out;
}

/** What every user is recommended: ids, and scores to the last bit. */
async function listsOf(source: Snapshot) {
  const recommender = await openRecommender(source, message => expect.fail(message));
  return snapshot.users.ids.map(userId => {
    const { items } = recommender.recommend({ userId, limit: 20 });
    return { userId, items: items.map(({ itemId, score }) => ({ itemId, score })) };
  });
}

describe('export', () => {
  test.each(['factors.npz', 'factors'])('to %s and import again recommends the same to everybody', async name => {
    const out = await exported(name);
    const again = join(directory, `${name}-snapshots`);
    const sides = ['--user-factors', out, '--item-factors', out, '--ratings', join(directory, 'ratings.csv')];
    const run = await runScript('import', [...sides, '--snapshots', again, '--sources', 'clusters', '--json']);
    expect(run.code, run.stderr).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ users: 120, items: 300, ratings: 4000, outside: { ratings: 0 } });
    const imported = await newest(again);
    expect(imported.users.ids).toEqual(snapshot.users.ids);
    expect(imported.items.ids).toEqual(snapshot.items.ids);
    expect(imported.cells).toEqual(snapshot.cells);
    expect(await listsOf(imported)).toEqual(await listsOf(snapshot));
  });

  test('leaves out the items that were not trained', async () => {
    const catalogue = [...smallData.catalogue, { itemId: 'new', categories: smallData.catalogue[0]!.categories }];
    const { store } = await buildSmallSnapshot({ sources: ['exact'] }, { ...smallData, catalogue });
    expect((await newest(store.directory)).items.indexOf('new')).toBeDefined();
    const args = ['--snapshots', store.directory, '--out', join(directory, 'trained.npz'), '--json'];
    const { stdout } = await runScript('export', args);
    expect(JSON.parse(stdout)).toMatchObject({ users: 120, items: 300 });
  });

  test('the .npz holds what NumPy expects where it expects it', async () => {
    const bytes = readFileSync(await exported('layout.npz'));
    // Members in order, each with a header whose values begin at a multiple of 64 bytes.
    const text = bytes.toString('latin1');
    const headers = [...text.matchAll(/.NUMPY....(\{[^}]*\}) *\n/gs)];
    expect(headers.map(match => match[1])).toEqual([
      "{'descr': '<f4', 'fortran_order': False, 'shape': (120, 12), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (300, 12), }",
    ]);
    for (const [item, match] of headers.entries()) {
      expect(match[0].length % 64).toBe(0);
      const matrix = item === 0 ? snapshot.userFactors : snapshot.itemFactors;
      const start = match.index + match[0].length;
      expect(bytes.readFloatLE(start)).toBe(rowOf(matrix, 0)[0]);
      expect(bytes.readFloatLE(start + (matrix.rows * 12 - 1) * 4)).toBe(rowOf(matrix, matrix.rows - 1)[11]);
    }
    expect([...text.matchAll(/PK.{44}(\w+\.npy)/gs)].map(match => match[1])).toEqual([
      'user_factors.npy',
      'item_factors.npy',
      'user_ids.npy',
      'item_ids.npy',
    ]);
    expect(readFileSync(await exported('again.npz')).equals(bytes)).toBe(true);
  });

  test('the Parquet folders are shaped like those of Spark', async () => {
    const out = await exported('spark');
    expect(readdirSync(out).sort()).toEqual(['itemFactors', 'userFactors']);
    expect(readdirSync(join(out, 'userFactors')).sort()).toEqual(['_SUCCESS', 'part-00000.snappy.parquet']);
    const connection = await (await DuckDBInstance.create()).connect();
    const files = `read_parquet('${out}/itemFactors/*.parquet')`;
    const columns = await connection.runAndReadAll(`SELECT column_name, column_type FROM (DESCRIBE FROM ${files})`);
    expect(columns.getRows()).toEqual([
      ['id', 'VARCHAR'],
      ['features', 'FLOAT[]'],
    ]);
    const rows = await connection.runAndReadAll(`SELECT id, features FROM ${files}`);
    expect(rows.getRowsJS()).toEqual(snapshot.items.ids.map((id, i) => [id, [...rowOf(snapshot.itemFactors, i)]]));
  });

  test('refuses what it would have to guess or to overwrite, and leaves nothing behind', async () => {
    mkdirSync(join(directory, 'occupied'));
    writeFileSync(join(directory, 'occupied', 'file'), '');
    const before = readdirSync(directory);
    for (const [args, status, message] of [
      [['--out', join(directory, 'factors.zip')], 2, /must end in \.npz/],
      [[], 2, /--out PATH is required/],
      [['--out', join(directory, 'occupied')], 1, /error \[output-unwritable\].*not empty/],
      [['--out', join(directory, 'missing', 'x.npz')], 1, /error \[output-unwritable\]/],
      [['--out', join(directory, 'x.npz'), '--snapshots', directory], 1, /error \[no-snapshot\]/],
    ] as const) {
      const { code, stderr } = await runScript('export', ['--snapshots', snapshots, ...args]);
      expect({ args, code }).toEqual({ args, code: status });
      expect(stderr).toMatch(message);
    }
    expect(readdirSync(directory)).toEqual(before);
  });
});
