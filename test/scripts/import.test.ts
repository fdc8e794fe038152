import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { openRecommender } from '../../src/recommend/open-recommender.js';
import { loadNewestSnapshot } from '../../src/snapshot/newest-snapshot.js';
import { SnapshotStore } from '../../src/snapshot/store.js';
import { npyBytes, npyMatrix, zipBytes } from '../support/factor-bytes.js';
import { runScript } from '../support/run-script.js';

const directory = mkdtempSync(join(tmpdir(), 'shortlist-import-'));
const file = (name: string, content: string | Uint8Array) => {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
};

/** User u likes item i as much as the two lie close on a circle: the order of every list is known. */
const onCircle = (count: number, length: number, turn = 0) =>
  Array.from({ length: count }, (_, i) => {
    const angle = (2 * Math.PI * i) / count + turn;
    return [length * Math.cos(angle), length * Math.sin(angle), 0.25];
  });
// Turned by a little, so that no two items are equally close.
const USERS = onCircle(6, 1, 0.02);
const ITEMS = onCircle(60, 2);
const model = file(
  'model.npz',
  zipBytes({ 'user_factors.npy': npyMatrix(USERS), 'item_factors.npy': npyMatrix(ITEMS) }, true),
);
const userIds = file('users.txt', USERS.map((_, u) => `user ${u}\n`).join(''));
const itemIds = file('items.csv', `index,itemId\n${ITEMS.map((_, i) => `${i},film ${i}\n`).join('')}`);
const both = ['--user-factors', model, '--item-factors', model];
const expectedOf = (user: number, seen: readonly number[] = []) =>
  ITEMS.map((item, i) => ({ id: `film ${i}`, i, score: item.reduce((sum, q, f) => sum + q * USERS[user]![f]!, 0) }))
    .filter(({ i }) => !seen.includes(i))
    .sort((a, b) => b.score - a.score)
    .map(({ id }) => id);

async function served(snapshots: string) {
  const snapshot = await loadNewestSnapshot(new SnapshotStore(snapshots), message => expect.fail(message));
  return { snapshot, recommender: await openRecommender(snapshot, message => expect.fail(message)) };
}

describe('import', () => {
  const snapshots = join(directory, 'snapshots');
  let report: Record<string, unknown> & { seconds: object; bytes: object; notes: string[]; snapshot: string };
  let stderr: string;

  beforeAll(async () => {
    const ratings = file(
      'ratings.csv',
      'userId,itemId,rating\nuser 1,film 10,5\nuser 1,film 11,3\nstranger,film 3,4\nuser 2,x,1\n',
    );
    const items = file('titles.csv', 'itemId,title,genres\nfilm 12,The Twelfth,Drama|Comedy\n');
    const ids = ['--user-ids', userIds, '--item-ids', itemIds];
    const args = [...both, ...ids, '--ratings', ratings, '--items', items, '--snapshots', snapshots];
    const run = await runScript('import', [...args, '--regularization', '0.5', '--unobserved-weight', '1', '--json']);
    expect(run.code, run.stderr).toBe(0);
    expect(run.stdout.trim().split('\n')).toHaveLength(1);
    report = JSON.parse(run.stdout);
    stderr = run.stderr;
  });

  test('describes the snapshot as rebuild does, and what the ratings name beyond the factors', async () => {
    const { snapshot } = await served(snapshots);
    expect(report).toMatchObject({
      snapshot: snapshot.manifest.id,
      path: join(snapshots, report.snapshot),
      users: 6,
      items: 60,
      ratings: 2,
      operatingPoint: snapshot.manifest.retrieval.operatingPoint,
      recall: expect.any(Number),
      outside: { ratings: 2, users: 1, items: 1 },
    });
    expect(Object.keys(report.seconds).sort()).toEqual(['clusters', 'hnsw', 'read', 'total', 'tune', 'write']);
    expect(Object.keys(report.bytes)).toEqual(expect.arrayContaining(['user-factors.f32', 'hnsw.bin', 'total']));
    expect(stderr).toContain('2 ratings are left out: 1 users and 1 items of the ratings have no factors.');
    expect(snapshot.manifest).toMatchObject({
      parameters: { algorithm: 'import', userFactors: model, itemFactors: model },
      objective: { algorithm: 'als', regularization: 0.5, unobservedWeight: 1 },
      model: { columns: 3, loss: null },
    });
  });

  test('recommends by the dot product of what was imported, without what was seen', async () => {
    const { recommender } = await served(snapshots);
    for (const user of [0, 1, 4]) {
      const { items, source } = recommender.recommend({ userId: `user ${user}`, limit: 5 }, 'exact');
      expect(source).toBe('model');
      expect(items.map(({ itemId }) => itemId)).toEqual(expectedOf(user, user === 1 ? [10, 11] : []).slice(0, 5));
    }
    expect(recommender.recommend({ userId: 'user 1', limit: 5 }, 'exact').items).toContainEqual(
      expect.objectContaining({ itemId: 'film 12', title: 'The Twelfth' }),
    );
    expect(recommender.recommend({ history: [{ itemId: 'film 30' }], limit: 3 }).source).toBe('fold-in');
    expect(
      recommender
        .popular({ limit: 2, ranker: 'count' })
        .items.map(({ itemId }) => itemId)
        .sort(),
    ).toEqual(['film 10', 'film 11']);
  });

  test('serves factors alone, and says what is missing', async () => {
    const bare = join(directory, 'bare');
    const run = await runScript('import', [...both, '--snapshots', bare, '--sources', 'exact']);
    expect(run.code, run.stderr).toBe(0);
    expect(run.stdout).toMatch(/is current: 6 users, 60 items, 0 ratings/);
    expect(run.stderr).toMatch(/ids are row numbers from 0/);
    expect(run.stderr).toMatch(/Without --ratings nothing counts as seen, and all items are equally popular/);
    const { recommender } = await served(bare);
    expect(recommender.recommend({ userId: '1', limit: 3 }).items.map(({ itemId }) => `film ${itemId}`)).toEqual(
      expectedOf(1).slice(0, 3),
    );
    expect(recommender.recommend({ userId: 'nobody', limit: 3 })).toMatchObject({
      source: 'popularity',
      items: { length: 3 },
    });
  });

  test.each([
    [
      'a transposed matrix',
      [
        '--user-factors',
        file('t.npy', npyMatrix(onCircle(3, 1)[0]!.map((_, f) => USERS.map(row => row[f]!)))),
        '--item-factors',
        model,
      ],
      'factors-transposed',
    ],
    [
      'Fortran order',
      [
        '--user-factors',
        file('f.npy', npyBytes({ fortran: true, shape: [2, 1], values: Float32Array.of(1, 2) })),
        '--item-factors',
        model,
      ],
      'factors-unsupported',
    ],
    ['ratings of others', [...both, '--ratings', file('others.csv', 'userId,itemId\nx,y\n')], 'ids-mismatched'],
    ['a missing file', ['--user-factors', join(directory, 'no.npz'), '--item-factors', model], 'file-unreadable'],
  ])('%s stops with a named error on one line and publishes nothing', async (_, args, name) => {
    const target = mkdtempSync(join(directory, 'none-'));
    const run = await runScript('import', [...args, '--snapshots', target]);
    expect({ code: run.code, stdout: run.stdout }).toEqual({ code: 1, stdout: '' });
    expect(run.stderr.trim().split('\n').at(-1)).toMatch(new RegExp(`^error \\[${name}\\]: .{20,}`));
    expect(readdirSync(target)).toEqual([]);
  });

  test.each([
    [['--user-factors', model], /--item-factors FILE is required/],
    [[...both, '--factors', '8'], /--factors/],
    [[...both, '--unobserved-weight', '0'], /--unobserved-weight/],
  ])('wrong usage %j exits with 2', async (args, message) => {
    const { code, stderr: text } = await runScript('import', args);
    expect(code).toBe(2);
    expect(text).toMatch(message);
  });
});
