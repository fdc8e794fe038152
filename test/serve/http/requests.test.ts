import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LoggedEvent } from '../../../src/recommend/events/event-store.js';
import type { RecommendRequest } from '../../../src/recommend/recommendation.js';
import type { RunningServer } from '../../../src/serve/http/server.js';
import { asJson, serveForTest } from '../../support/running.js';
import { liveWith, SNAPSHOT_ID, smallService } from '../../support/small-service.js';

let server: RunningServer;
const asked: RecommendRequest[] = [];
const logged: LoggedEvent[] = [];
beforeAll(async () => {
  server = await serveForTest({
    maxBodyBytes: 50_000,
    live: liveWith(smallService(asked), { append: async events => void logged.push(...events) }),
  });
});
afterAll(() => server.close());
beforeEach(() => {
  asked.length = 0;
});

const items = (count: number) =>
  [
    { itemId: 'a', score: 1, title: 'Alien' },
    { itemId: 'b', score: 0.75, title: 'Brazil' },
    { itemId: 'c', score: 0.5, title: 'Casablanca' },
  ].slice(0, count);
const retrieval = { source: 'exact', candidates: 3, certified: true };
const film = { itemId: 'b', title: 'Brazil', categories: ['Film'], ratings: 2, meanRating: 4 };
const forUser = (userId: string | null, source: string, count = 3) => ({
  userId,
  items: items(count),
  next: null,
  source,
  reason: source === 'model' ? 'trained' : 'unknown-user',
  snapshot: SNAPSHOT_ID,
  retrieval,
});

describe('events', () => {
  beforeEach(() => {
    logged.length = 0;
  });

  test('are logged with their time in seconds, and with the mean rating where they have none', async () => {
    const events = [
      { userId: 'ann', itemId: 'a', value: -2.5, timestamp: '2026-01-31T12:00:00.999+01:00' },
      { userId: 'bob', itemId: 'new', timestamp: '1970-01-01T00:00:00Z' },
      { userId: 'bob', itemId: 'new', value: 0 },
    ];
    const before = Math.floor(Date.now() / 1000);
    const response = await fetch(`${server.url}/v1/events`, asJson({ events }));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ accepted: 3, unknownItems: 1, snapshot: SNAPSHOT_ID });
    expect(logged).toEqual([
      { userId: 'ann', itemId: 'a', value: -2.5, timestamp: Date.parse('2026-01-31T11:00:00Z') / 1000 },
      { userId: 'bob', itemId: 'new', value: 4, timestamp: 0 },
      { userId: 'bob', itemId: 'new', value: 0, timestamp: expect.any(Number) },
    ]);
    expect(logged[2]!.timestamp).toBeGreaterThanOrEqual(before);
    expect(logged[2]!.timestamp).toBeLessThanOrEqual(Date.now() / 1000);
  });

  const event = { userId: 'ann', itemId: 'a' };
  test.each([
    ['events', []],
    ['events', Array(1001).fill(event)],
    ['events[0].itemId', [{ userId: 'ann' }]],
    ['events[1].userId', [event, { ...event, userId: 'two\nlines' }]],
    ['events[0].itemId', [{ ...event, itemId: '\u0000' }]],
    ['events[0].itemId', [{ ...event, itemId: 'half \ud83d' }]],
    ['events[0].value', [{ ...event, value: 1e7 }]],
    ['events[0].timestamp', [{ ...event, timestamp: 1_700_000_000 }]],
    ['events[0].timestamp', [{ ...event, timestamp: '2026-01-31' }]],
    ['events[0].timestamp', [{ ...event, timestamp: '1969-12-31T23:59:59Z' }]],
    ['events[0].timestamp', [{ ...event, timestamp: '9999-01-01T00:00:00Z' }]],
    ['events[0].timestamp', [{ ...event, timestamp: new Date(Date.now() + 400_000).toISOString() }]],
    ['events[0].rating', [{ ...event, rating: 5 }]],
  ])('%s is named when it is wrong, and nothing is logged', async (field, events) => {
    const response = await fetch(`${server.url}/v1/events`, asJson({ events }));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'invalid-request', errors: [{ in: 'body', field }] });
    expect(logged).toEqual([]);
  });

  test('with a value outside of the scale of the data are refused, with the field and what is expected', async () => {
    const service = smallService();
    const dataset = { ...service.manifest.dataset, valueKind: 'ratings' as const, scale: { min: 1, max: 5 } };
    const rated = { ...service, manifest: { ...service.manifest, dataset } };
    const append = async (events: readonly LoggedEvent[]) => void logged.push(...events);
    const scaled = await serveForTest({ live: liveWith(rated, { append }) });
    const events = [event, { ...event, value: 1_000_000 }];
    const response = await fetch(`${scaled.url}/v1/events`, asJson({ events }));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      code: 'value-out-of-scale',
      errors: [{ in: 'body', field: 'events[1].value', message: expect.stringContaining('1 to 5') }],
    });
    expect(logged).toEqual([]);
    await scaled.close();
  });

  test('are refused where they are off, with how to turn them on', async () => {
    const without = await serveForTest();
    const response = await fetch(`${without.url}/v1/events`, asJson({ events: [event] }));
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'events-off', detail: expect.stringContaining('EVENTS') });
    await without.close();
  });
});

describe('replies', () => {
  test.each([
    { url: '/v1/users/ann/recommendations', reply: forUser('ann', 'model') },
    { url: '/v1/users/nobody/recommendations?limit=1', reply: forUser('nobody', 'popularity', 1) },
    { url: '/v1/users/a%2Fb%20%C3%A4%25/recommendations', reply: forUser('a/b ä%', 'popularity') },
    { url: '/v1/users/__proto__/recommendations', reply: forUser('__proto__', 'popularity') },
    { url: '/v1/recommendations', body: {}, reply: forUser(null, 'popularity') },
    { url: '/v1/recommendations', body: { userId: 'ann', limit: 2 }, reply: forUser('ann', 'model', 2) },
    {
      url: '/v1/recommendations/batch',
      body: { userIds: ['ann', 'bob', 'ann'], limit: 1 },
      reply: {
        recommendations: [forUser('ann', 'model', 1), forUser('bob', 'popularity', 1), forUser('ann', 'model', 1)],
        snapshot: SNAPSHOT_ID,
      },
    },
    {
      url: '/v1/items/b/similar?limit=2',
      reply: { itemId: 'b', title: 'Brazil', items: items(2), next: null, snapshot: SNAPSHOT_ID, retrieval },
    },
    {
      url: '/v1/popular',
      reply: { ranker: 'damped-mean', category: null, items: items(3), next: null, snapshot: SNAPSHOT_ID },
    },
    {
      url: '/v1/popular?limit=1&category=Film&ranker=trending',
      reply: { ranker: 'trending', category: 'Film', items: items(1), next: null, snapshot: SNAPSHOT_ID },
    },
    {
      url: '/v1/similar',
      body: { itemId: 'b', limit: 2, only: ['a', 'c'] },
      reply: { itemId: 'b', title: 'Brazil', items: items(2), next: null, snapshot: SNAPSHOT_ID, retrieval },
    },
    {
      url: '/v1/categories',
      reply: { categories: [{ name: 'Film', items: 3 }], next: null, snapshot: SNAPSHOT_ID },
    },
    { url: '/v1/items/b', reply: film },
    { url: '/v1/items?query=BRA&limit=5', reply: { items: [film], next: null, snapshot: SNAPSHOT_ID } },
    { url: '/v1/snapshot', reply: smallService().manifest },
    { url: '/health/live', reply: { status: 'ok' } },
    { url: '/health/ready', reply: { status: 'ok' } },
  ])('$url', async ({ url, body, reply }) => {
    const response = await fetch(server.url + url, body ? asJson(body) : {});
    expect(await response.json()).toEqual(reply);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  });

  test('a HEAD request gets the headers of the GET and no body', async () => {
    const get = await fetch(`${server.url}/v1/popular`);
    const head = await fetch(`${server.url}/v1/popular`, { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'));
    expect(await head.text()).toBe('');
  });

  test('every request gets an id of its own, or keeps the harmless one it came with', async () => {
    const ids = await Promise.all(
      [{}, {}, { 'X-Request-Id': 'abc-1' }, { 'X-Request-Id': 'a b' }].map(async headers => {
        const response = await fetch(`${server.url}/health/live`, { headers: headers as Record<string, string> });
        return response.headers.get('x-request-id');
      }),
    );
    expect(new Set(ids).size).toBe(4);
    expect(ids[2]).toBe('abc-1');
    expect(ids[3]).not.toBe('a b');
  });
});

describe('what the recommender is asked', () => {
  const defaults = { limit: 10, match: 'any', includeSeen: false, coldShare: 0.1, diversity: 0, explain: false };

  test.each([
    { query: '', request: defaults },
    {
      query: '?exclude=1,2&exclude=3&category=Film',
      request: { ...defaults, exclude: ['1', '2', '3'], categories: ['Film'] },
    },
    { query: '?ranker=count&cursor=a.b', request: { ...defaults, ranker: 'count', cursor: 'a.b' } },
    { query: '?exclude=%C3%A4%20b%2B', request: { ...defaults, exclude: ['ä b+'] } },
    { query: '?limit=1000&includeSeen=true', request: { ...defaults, limit: 1000, includeSeen: true } },
    {
      query: '?limit=50&match=all&coldShare=0.25&diversity=1&explain=true',
      request: { ...defaults, limit: 50, match: 'all', coldShare: 0.25, diversity: 1, explain: true },
    },
  ])('GET $query', async ({ query, request }) => {
    expect((await fetch(`${server.url}/v1/users/ann/recommendations${query}`)).status).toBe(200);
    expect(asked).toEqual([{ userId: 'ann', ...request }]);
  });

  test('POST: all of the body', async () => {
    const body = {
      userId: 'ann',
      history: [{ itemId: 'a', value: -2.5 }, { itemId: 'b' }],
      limit: 7,
      exclude: ['x,y'],
      only: ['a', 'b'],
      categories: ['Film'],
      match: 'all',
      includeSeen: true,
      coldShare: 0,
      diversity: 0.5,
      explain: true,
      ranker: 'trending',
      cursor: 'a.b',
    };
    expect((await fetch(`${server.url}/v1/recommendations`, asJson(body))).status).toBe(200);
    expect(asked).toEqual([body]);
  });
});

describe('filters of other lists', () => {
  const called: unknown[][] = [];
  const service = smallService();
  const spy = {
    ...service,
    similar: (...given: Parameters<typeof service.similar>) => {
      called.push(given);
      return service.similar(...given);
    },
    popular: (...given: Parameters<typeof service.popular>) => {
      called.push(given);
      return service.popular(...given);
    },
  };
  const defaults = { match: 'any', diversity: 0 };

  test.each([
    { url: '/v1/items/b/similar', given: ['b', 10, { ...defaults, coldShare: 0.1 }] },
    {
      url: '/v1/items/b/similar?exclude=x,y&category=A,%20B&category=C&match=all&coldShare=0&diversity=0.5&cursor=c',
      given: [
        'b',
        10,
        { exclude: ['x', 'y'], categories: ['A, B', 'C'], match: 'all', coldShare: 0, diversity: 0.5, cursor: 'c' },
      ],
    },
    {
      url: '/v1/popular?exclude=x&category=Film&ranker=mean&cursor=c',
      given: [{ ...defaults, limit: 10, exclude: ['x'], categories: ['Film'], ranker: 'mean', cursor: 'c' }],
    },
  ])('GET $url', async ({ url, given }) => {
    called.length = 0;
    const spied = await serveForTest({ live: liveWith(spy) });
    expect((await fetch(spied.url + url)).status).toBe(200);
    expect(called).toEqual([given]);
    await spied.close();
  });

  test.each([
    ['/v1/items/b/similar?limit=51&diversity=0.1', 'limit'],
    ['/v1/popular?limit=51&diversity=0.1', 'limit'],
    ['/v1/popular?category=', 'category'],
    ['/v1/popular?category=Film&category=', 'category[1]'],
    ['/v1/users/ann/recommendations?category=', 'category[0]'],
    ['/v1/users/ann/recommendations?exclude=', 'exclude[0]'],
    ['/v1/users/ann/recommendations?ranker=best', 'ranker'],
    ['/v1/users/ann/recommendations?cursor=', 'cursor'],
    ['/v1/categories?limit=0', 'limit'],
  ])('%s is refused', async (url, field) => {
    const response = await fetch(server.url + url);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'invalid-request', errors: [{ in: 'query', field }] });
  });

  test('a batch takes ranker and exclude', async () => {
    const body = { userIds: ['ann', 'bob'], limit: 2, exclude: ['x'], ranker: 'count' };
    expect((await fetch(`${server.url}/v1/recommendations/batch`, asJson(body))).status).toBe(200);
    const common = { limit: 2, exclude: ['x'], ranker: 'count' };
    expect(asked).toEqual(['ann', 'bob'].map(userId => ({ userId, ...common })));
  });
});
