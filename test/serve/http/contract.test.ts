import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endpoints } from '../../../src/serve/http/endpoints.js';
import type { RunningServer } from '../../../src/serve/http/server.js';
import { hashOf, startSmallService } from '../../support/running.js';
import { smallData } from '../../support/small-snapshot.js';

let server: RunningServer;
beforeAll(async () => {
  server = await startSmallService({ sources: ['exact'] }, { ADMIN_KEYS_SHA256: hashOf('admin') });
});
afterAll(() => server.close());

const user = encodeURIComponent(smallData.table.userIds[0]!);
const item = encodeURIComponent(smallData.table.itemIds[0]!);
const category = encodeURIComponent(smallData.catalogue[0]!.categories[0]!);
const history = smallData.table.itemIds.slice(0, 5).map((itemId, i) => ({ itemId, value: i + 1 }));

const admin = { 'X-Api-Key': 'admin' };
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
  {
    name: 'logEvents',
    url: '/v1/events',
    body: { events: [{ userId: 'u', itemId: 'i', value: 4, timestamp: '2026-01-31T12:00:00+01:00' }] },
  },
  { name: 'similarItems', url: `/v1/items/${item}/similar` },
  { name: 'similar', url: '/v1/similar', body: { itemId: smallData.table.itemIds[0]!, diversity: 0.5 } },
  { name: 'popularItems', url: `/v1/popular?ranker=trending&category=${category}` },
  { name: 'findItems', url: '/v1/items?query=' },
  { name: 'findCategories', url: '/v1/categories?limit=2' },
  { name: 'item', url: `/v1/items/${item}` },
  { name: 'snapshot', url: '/v1/snapshot' },
  { name: 'reload', url: '/v1/admin/reload', body: {} },
  { name: 'live', url: '/health/live' },
  { name: 'ready', url: '/health/ready' },
];

describe('replies of the real recommender', () => {
  test.each(CASES)('$name $url is as its schema promises', async ({ name, url, body }) => {
    const response = await fetch(
      server.url + url,
      body === undefined
        ? {}
        : { method: 'POST', headers: { 'Content-Type': 'application/json', ...admin }, body: JSON.stringify(body) },
    );
    const reply = await response.json();
    expect(response.status).toBe(200);
    // The schemas are strict: a field that they do not know fails here as well.
    expect(endpoints[name].reply.parse(reply)).toEqual(reply);
  });

  test('rollback: as its schema promises', async () => {
    const { id } = endpoints.snapshot.reply.parse(await (await fetch(`${server.url}/v1/snapshot`)).json());
    const response = await fetch(`${server.url}/v1/admin/rollback?to=${id}`, { method: 'POST', headers: admin });
    expect(endpoints.rollback.reply.parse(await response.json())).toEqual({ snapshot: id, previous: id });
  });

  test('there is a case for every endpoint', () => {
    expect(new Set(['rollback', ...CASES.map(({ name }) => name)])).toEqual(new Set(Object.keys(endpoints)));
  });
});
