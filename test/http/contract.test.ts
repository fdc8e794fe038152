import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endpoints } from '../../src/http/endpoints.js';
import type { RunningServer } from '../../src/http/server.js';
import { Serving } from '../../src/http/serving.js';
import { openRecommender } from '../../src/recommender/open-recommender.js';
import { loadNewestSnapshot } from '../../src/snapshot/snapshot.js';
import { buildSmallSnapshot, smallData } from '../small-snapshot.js';
import { serveForTest } from './running.js';

let server: RunningServer;
beforeAll(async () => {
  const { store } = await buildSmallSnapshot({ sources: ['exact'] });
  const recommender = await openRecommender(await loadNewestSnapshot(store, expect.fail), expect.fail);
  server = await serveForTest({ serving: new Serving(recommender) });
});
afterAll(() => server.close());

const user = encodeURIComponent(smallData.table.userIds[0]!);
const item = encodeURIComponent(smallData.table.itemIds[0]!);
const category = encodeURIComponent(smallData.catalogue[0]!.categories[0]!);
const history = smallData.table.itemIds.slice(0, 5).map((itemId, i) => ({ itemId, value: i }));

/** Requests that between them fill every optional part of a reply. */
const CASES: readonly { name: keyof typeof endpoints; url: string; body?: unknown }[] = [
  { name: 'recommendForUser', url: `/v1/users/${user}/recommendations?explain=true&category=${category}` },
  { name: 'recommendForUser', url: '/v1/users/nobody/recommendations?limit=1000' },
  { name: 'recommend', url: '/v1/recommendations', body: { history, explain: true, exclude: ['nothing'] } },
  {
    name: 'recommendBatch',
    url: '/v1/recommendations/batch',
    body: { userIds: [...smallData.table.userIds, 'nobody'] },
  },
  { name: 'similarItems', url: `/v1/items/${item}/similar` },
  { name: 'popularItems', url: `/v1/popular?ranker=trending&category=${category}` },
  { name: 'findItems', url: '/v1/items?query=' },
  { name: 'item', url: `/v1/items/${item}` },
  { name: 'snapshot', url: '/v1/snapshot' },
  { name: 'live', url: '/health/live' },
  { name: 'ready', url: '/health/ready' },
];

describe('replies of the real recommender', () => {
  test.each(CASES)('$name $url is as its schema promises', async ({ name, url, body }) => {
    const response = await fetch(
      server.url + url,
      body === undefined
        ? {}
        : { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) },
    );
    const reply = await response.json();
    expect(response.status).toBe(200);
    // The schemas are strict: a field that they do not know fails here as well.
    expect(endpoints[name].reply.parse(reply)).toEqual(reply);
  });

  test('there is a case for every endpoint', () => {
    expect(new Set(CASES.map(({ name }) => name))).toEqual(new Set(Object.keys(endpoints)));
  });
});
