import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadInBackground } from '../../src/recommend/load-in-background.js';
import { openRecommender } from '../../src/recommend/open-recommender.js';
import { PrecomputedLists } from '../../src/recommend/precomputed.js';
import type { Recommender } from '../../src/recommend/recommender.js';
import { loadNewestSnapshot } from '../../src/snapshot/newest-snapshot.js';
import type { SnapshotStore } from '../../src/snapshot/store.js';
import { runScript } from '../support/run-script.js';
import { newDirectory } from '../support/scratch-directory.js';
import { buildSmallSnapshot, smallData } from '../support/small-snapshot.js';

const K = 5;
const { userIds } = smallData.table;
const scratch = newDirectory();
const file = join(scratch, 'lists.jsonl');

let store: SnapshotStore;
let online: Recommender;
let lookup: Recommender;

const load = (precomputed: string | undefined, warn: (text: string) => void = expect.fail) =>
  loadInBackground({ store, precomputed }, warn);

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
        const { retrieval: _, ...computed } = online.recommend({ userId, limit });
        expect(reply).toEqual({
          ...computed,
          // Whatever was proven, it was not proven here.
          retrieval: { source: 'precomputed', candidates: limit, certified: false },
        });
      }
    }
  });

  test('answer a request that says what is said by default anyway', () => {
    const defaults = { match: 'any', includeSeen: false, coldShare: 0.1, diversity: 0, explain: false } as const;
    const reply = lookup.recommend({ userId: userIds[0]!, limit: K, ...defaults });
    expect(reply).toEqual(lookup.recommend({ userId: userIds[0]!, limit: K }));
    expect(reply.retrieval.source).toBe('precomputed');
  });

  test('answer for any shorter list too, with items without ratings among them', async () => {
    const { categories } = smallData.catalogue[0]!;
    const cold = Array.from({ length: 60 }, (_, i) => ({ itemId: `new-${i}`, categories }));
    const data = { ...smallData, catalogue: [...smallData.catalogue, ...cold] };
    const built = await buildSmallSnapshot({ sources: ['exact'] }, data);
    const snapshot = await loadNewestSnapshot(built.store, expect.fail);
    const computing = await openRecommender(snapshot, expect.fail);
    const length = 40;
    const lists = userIds.map(userId => computing.recommend({ userId, limit: length }).items);
    const listing = await openRecommender(
      snapshot,
      expect.fail,
      undefined,
      new PrecomputedLists({
        users: lists.length,
        starts: Uint32Array.from(lists, (_, user) => user * length),
        lengths: Uint32Array.from(lists, list => list.length),
        items: Uint32Array.from(lists.flat(), ({ itemId }) => snapshot.items.indexOf(itemId)!),
        scores: Float32Array.from(lists.flat(), ({ score }) => score),
      }),
    );
    const sources = new Set<string>();
    for (const userId of userIds) {
      for (const limit of [1, 5, 9, 10, 15, 25, length]) {
        const reply = listing.recommend({ userId, limit });
        expect(reply.items).toEqual(computing.recommend({ userId, limit }).items);
        sources.add(reply.retrieval.source);
      }
    }
    expect([...sources]).toEqual(['precomputed']);
    expect(lists.flat().some(({ itemId }) => itemId.startsWith('new-'))).toBe(true);
  });

  test('leave to the online way whoever is not in them, and all that they cannot know', () => {
    const userId = userIds[0]!;
    for (const request of [
      { userId: 'nobody', limit: K },
      { limit: K },
      { userId, limit: K + 1 },
      { userId, limit: K, includeSeen: true },
      { userId, limit: K, explain: true },
      { userId, limit: K, coldShare: 0.5 },
      { userId, limit: K, diversity: 0.5 },
      { userId, limit: K, categories: smallData.catalogue[0]!.categories.slice(0, 1) },
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
    {
      name: 'with an item twice',
      content: () => [lines()[0]!, lines()[0]!.replace('"rank":1', '"rank":2')],
      why: 'line 2 has an item that is in the list already',
    },
    {
      name: 'with a list in two parts',
      content: () => [lines()[0]!, lines()[K]!, lines()[1]!],
      why: 'line 3 goes on with a list that has ended',
    },
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
