import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, expect, test } from 'vitest';
import { openRecommender } from '../../src/recommend/open-recommender.js';
import { loadNewestSnapshot } from '../../src/snapshot/newest-snapshot.js';
import { runScript } from '../support/run-script.js';
import { buildSmallSnapshot } from '../support/small-snapshot.js';

const directory = mkdtempSync(join(tmpdir(), 'shortlist-batch-'));
let snapshots: string;
let userIds: readonly string[];
let expected: unknown[][];

beforeAll(async () => {
  const { store } = await buildSmallSnapshot();
  snapshots = store.directory;
  const snapshot = await loadNewestSnapshot(store, message => expect.fail(message));
  const recommender = await openRecommender(snapshot, message => expect.fail(message));
  userIds = snapshot.users.ids;
  expected = userIds.flatMap(userId => {
    const { items, source } = recommender.recommend({ userId, limit: 3 });
    return items.map(({ itemId, score }, i) => [userId, i + 1, itemId, score, source]);
  });
});

async function rowsOf(path: string, reader: string): Promise<unknown[][]> {
  const connection = await (await DuckDBInstance.create()).connect();
  const select = 'SELECT "userId", "rank", "itemId", score::FLOAT, source';
  const rows = await connection.runAndReadAll(`${select} FROM ${reader.replace('FILE', `'${path}'`)}`);
  return rows.getRows() as unknown[][];
}

describe('batch', () => {
  test.each([
    ['top.parquet', 'read_parquet(FILE)'],
    ['top.csv', `read_csv(FILE, types = {'userId': 'VARCHAR', 'itemId': 'VARCHAR', 'rank': 'INTEGER'})`],
    [
      'top.jsonl',
      `read_json(FILE, columns = {userId: 'VARCHAR', rank: 'INTEGER', itemId: 'VARCHAR', score: 'FLOAT', source: 'VARCHAR'})`,
    ],
  ])('writes to %s what the service would answer', async (name, reader) => {
    const out = join(directory, name);
    const { code, stdout } = await runScript('batch', ['--snapshots', snapshots, '--k', '3', '--out', out, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ users: userIds.length, k: 3, path: out });
    expect(await rowsOf(out, reader)).toEqual(expected);
  });

  test('answers for the users of a file alone, the unknown ones with what is popular', async () => {
    const users = join(directory, 'users.txt');
    writeFileSync(users, `${userIds[4]}\nnobody\n${userIds[4]}\n`);
    const out = join(directory, 'some.csv');
    await runScript('batch', ['--snapshots', snapshots, '--k', '2', '--out', out, '--users', users]);
    const lines = readFileSync(out, 'utf8').trim().split('\n').slice(1);
    expect(lines.map(line => [line.split(',')[0], line.split(',')[4]])).toEqual([
      [userIds[4], 'model'],
      [userIds[4], 'model'],
      ['nobody', 'popularity'],
      ['nobody', 'popularity'],
    ]);
  });

  test.each([
    [['--out', 'top.xlsx'], 2, /must end in/],
    [['--out', join(directory, 'missing', 'top.csv')], 1, /error \[output-unwritable\]/],
    [['--out', join(directory, 'x.csv'), '--users', join(directory, 'missing.txt')], 1, /error \[file-unreadable\]/],
  ])('%j fails in words and leaves nothing behind', async (args, status, message) => {
    const before = readdirSync(directory);
    const { code, stderr } = await runScript('batch', ['--snapshots', snapshots, ...args]);
    expect(code).toBe(status);
    expect(stderr).toMatch(message);
    expect(readdirSync(directory)).toEqual(before);
  });

  test('says that there is no snapshot and how to build one', async () => {
    const { code, stderr } = await runScript('batch', ['--snapshots', directory, '--out', join(directory, 'x.csv')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/error \[no-snapshot\].*npm run rebuild/);
  });
});
