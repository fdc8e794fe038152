import { afterAll, beforeAll, expect, test } from 'vitest';
import { LiveSnapshot } from '../../../src/recommend/live-snapshot.js';
import { ShortlistClient } from '../../../src/serve/client/shortlist-client.js';
import type { RunningServer } from '../../../src/serve/http/server.js';
import { serveForTest } from '../../support/running.js';
import { buildSmallSnapshot, smallData } from '../../support/small-snapshot.js';

let server: RunningServer;
let client: ShortlistClient;
beforeAll(async () => {
  const items = smallData.catalogue.map((item, i) => ({
    ...item,
    attributes: { price: i / 10, brand: ['Smith, Jones', 'Acme', 'A|B'][i % 3]! },
  }));
  const { store } = await buildSmallSnapshot({ items });
  server = await serveForTest({ live: await LiveSnapshot.open({ store }) });
  client = new ShortlistClient(server.url);
});
afterAll(() => server.close());

const userId = smallData.table.userIds[0]!;
const itemId = smallData.table.itemIds[0]!;
const attributes = ['price', 'brand'];

test('every list takes conditions and shows attributes, in a query string and in a body', async () => {
  const filter = ['price<=20', 'brand=Smith, Jones|Acme'];
  const lists = [
    client.recommendForUser(userId, { limit: 5, filter, attributes }),
    client.recommend({ userId, limit: 5, filters: filter, attributes }),
    client.similarItems(itemId, { limit: 5, filter, attributes }),
    client.popularItems({ limit: 5, filter, attributes }),
    client.findItems({ limit: 5, filter }),
    client
      .recommendBatch({ userIds: [userId], limit: 5, filters: filter, attributes })
      .then(all => all.recommendations[0]!),
  ];
  for (const list of lists) {
    const { items } = await list;
    expect(items).toHaveLength(5);
    for (const item of items) {
      expect(item.attributes!.price).toBeLessThanOrEqual(20);
      expect(['Smith, Jones', 'Acme']).toContain(item.attributes!.brand);
    }
  }
  const { items } = await client.recommend({
    userId,
    filters: [
      { attribute: 'brand', op: '=', value: ['A|B'] },
      { attribute: 'price', op: '>', value: 3 },
    ],
    attributes: ['brand'],
  });
  expect(items.map(item => item.attributes)).toEqual(items.map(() => ({ brand: 'A|B' })));
  expect((await client.recommendForUser(userId)).items[0]).not.toHaveProperty('attributes');
  expect((await client.item(itemId)).attributes).toEqual({ price: expect.any(Number), brand: expect.any(String) });
});

test('a list of so many attributes that it is sent piece by piece reads as a shorter one does', async () => {
  const tierCount = async () => {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    return Number(metrics.match(/^shortlist_recommendations_total\{source="model"\} (\d+)/m)![1]);
  };
  const before = await tierCount();
  const ask = async (path: string, limit: number, body?: object) => {
    const init = body && {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...body, limit }),
    };
    const response = await fetch(server.url + (body ? path : `${path}?attributes=price,brand&limit=${limit}`), init);
    expect(response.status).toBe(200);
    return { etag: response.headers.get('etag'), text: await response.text() };
  };
  for (const [path, body] of [
    [`/v1/users/${userId}/recommendations`],
    ['/v1/recommendations', { userId, attributes }],
    [`/v1/items/${itemId}/similar`],
    ['/v1/similar', { itemId, attributes }],
    ['/v1/popular'],
    // One of them twice, whose text is kept.
    ['/v1/recommendations/batch', { userIds: [...smallData.table.userIds.slice(0, 20), userId], attributes }],
  ] as const) {
    const [short, long] = [await ask(path, 999, body), await ask(path, 1000, body)];
    expect(long.text).toBe(short.text);
    expect(long.etag).toBe(short.etag);
    expect(long.text).toContain('"attributes":{"price":');
  }
  expect(await tierCount()).toBe(before + 4);
});

test.each([
  [
    '/v1/popular?filter=prce<1',
    'invalid-filter',
    'filter',
    /no attribute "prce"; there are: price \(a number\), brand \(a text\)/,
  ],
  [`/v1/items/${itemId}/similar?filter=price<x`, 'invalid-filter', 'filter', /price is a number/],
  ['/v1/items?filter=price', 'invalid-filter', 'filter', /is no condition/],
  [`/v1/users/${userId}/recommendations?attributes=prce`, 'unknown-attribute', 'attributes', /no attribute "prce"/],
  [`/v1/popular?${'filter=price<1&'.repeat(21)}`, 'invalid-request', 'filter', /at most 20 values/],
])('%s is a problem', async (path, code, field, message) => {
  const response = await fetch(server.url + path.replaceAll('<', '%3C'));
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    code,
    errors: [{ in: 'query', field, message: expect.stringMatching(message) }],
  });
});

test.each([
  [{ filters: 'price<1' }, 'filters', /expected a list/],
  [
    { filters: [{ attribute: 'price', op: '<' }] },
    'filters[0].value',
    /expected a number, true or false, a string, or a list/,
  ],
  [{ filters: [{ attribute: 'price', op: '<', value: true }] }, 'filters', /price is a number; .* got true/],
  [{ attributes: ['x'] }, 'attributes', /no attribute "x"/],
])('%j is a problem', async (body, field, message) => {
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(`${server.url}/v1/recommendations`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    errors: [{ in: 'body', field, message: expect.stringMatching(message) }],
  });
});
