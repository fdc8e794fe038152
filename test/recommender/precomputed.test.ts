import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadInBackground } from '../../src/recommender/load-in-background.js';
import type { Recommender } from '../../src/recommender/recommender.js';
import type { SnapshotStore } from '../../src/snapshot/store.js';
import { runScript } from '../scripts/run-script.js';
import { buildSmallSnapshot, smallData } from '../small-snapshot.js';

const K = 5;
const { userIds } = smallData.table;
const scratch = mkdtempSync(join(tmpdir(), 'shortlist-precomputed-'));
const file = join(scratch, 'lists.jsonl');

let store: SnapshotStore;
let online: Recommender;
let lookup: Recommender;

const load = (precomputed: string | undefined, warn: (text: string) => void = expect.fail) =>
  loadInBackground({ directory: store.directory, id: undefined, precomputed }, warn);

beforeAll(async () => {
  ({ store } = await buildSmallSnapshot({ sources: ['clusters'] }));
  const batch = ['--snapshots', store.directory, '--k', String(K), '--out', file];
  expect(await runScript('batch', batch)).toMatchObject({ code: 0 });
  online = await load(undefined);
  lookup = await load(file);
});

describe('lists that a batch made', () => {
  test('answer every known user with the same reply as online', () => {
    for (const userId of userIds) {
      for (const limit of [1, K]) {
        const reply = lookup.recommend({ userId, limit });
        const { retrieval, ...computed } = online.recommend({ userId, limit });
        expect(reply).toEqual({
          ...computed,
          retrieval: { source: 'precomputed', candidates: limit, certified: retrieval.certified },
        });
      }
    }
  });

  test('leave to the online way whoever is not in them, and all that they cannot know', () => {
    const userId = userIds[0]!;
    for (const request of [
      { userId: 'nobody', limit: K },
      { limit: K },
      { userId, limit: K + 1 },
      { userId, limit: K, includeSeen: true },
      { userId, limit: K, explain: true },
      { userId, limit: K, exclude: [] },
      { userId, limit: K, history: [{ itemId: smallData.table.itemIds[0]! }] },
    ]) {
      expect(lookup.recommend(request)).toEqual(online.recommend(request));
    }
  });
});

describe('a file that cannot be used is said so, and everybody is answered online', () => {
  const lines = () => readFileSync(file, 'utf8').trimEnd().split('\n');
  test.each([
    { name: 'missing', content: () => undefined, why: 'it cannot be read (ENOENT' },
    { name: 'empty', content: () => [], why: 'it is empty' },
    { name: 'cut off', content: () => [...lines().slice(0, 2), lines()[2]!.slice(0, 9)], why: 'line 3 is not JSON' },
    {
      name: 'of another snapshot',
      content: () => lines().map(line => line.replace(/"snapshot":"[^"]*"/, '"snapshot":"older"')),
      why: 'it was made with snapshot older',
    },
    { name: 'out of order', content: () => lines().toReversed(), why: `line 1 has rank ${K} where 1 should follow` },
    { name: 'of something else', content: () => ['{"a":1}'], why: 'line 1: ✖ Invalid input' },
  ])('$name', async ({ name, content, why }) => {
    const path = join(scratch, `${name}.jsonl`);
    const text = content()?.join('\n');
    if (text !== undefined) writeFileSync(path, text);
    const warnings: string[] = [];
    const recommender = await load(path, text => warnings.push(text));
    expect(warnings).toEqual([expect.stringContaining(`The precomputed lists in ${path} cannot be used: ${why}`)]);
    const request = { userId: userIds[0]!, limit: K };
    expect(recommender.recommend(request)).toEqual(online.recommend(request));
  });
});
