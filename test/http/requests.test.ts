import { request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RunningServer } from '../../src/http/server.js';
import { Serving } from '../../src/http/serving.js';
import type { RecommendRequest } from '../../src/recommender/recommendation.js';
import { serveForTest } from './running.js';
import { SNAPSHOT_ID, smallService } from './small-service.js';

let server: RunningServer;
const asked: RecommendRequest[] = [];
beforeAll(async () => {
  server = await serveForTest({ serving: new Serving(smallService(asked)) });
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
  source,
  snapshot: SNAPSHOT_ID,
  retrieval,
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
      reply: { itemId: 'b', title: 'Brazil', items: items(2), snapshot: SNAPSHOT_ID, retrieval },
    },
    {
      url: '/v1/popular',
      reply: { ranker: 'damped-mean', category: null, items: items(3), snapshot: SNAPSHOT_ID },
    },
    {
      url: '/v1/popular?limit=1&category=Film&ranker=trending',
      reply: { ranker: 'trending', category: 'Film', items: items(1), snapshot: SNAPSHOT_ID },
    },
    { url: '/v1/items/b', reply: film },
    { url: '/v1/items?query=BRA&limit=5', reply: { items: [film], snapshot: SNAPSHOT_ID } },
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
  const defaults = { limit: 10, includeSeen: false, explain: false };

  test.each([
    { query: '', request: defaults },
    {
      query: '?exclude=1,2&exclude=3&category=Film',
      request: { ...defaults, exclude: ['1', '2', '3'], categories: ['Film'] },
    },
    { query: '?exclude=%C3%A4%20b%2B', request: { ...defaults, exclude: ['ä b+'] } },
    { query: '?limit=1000&includeSeen=true&explain=true', request: { limit: 1000, includeSeen: true, explain: true } },
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
      includeSeen: true,
      explain: true,
    };
    expect((await fetch(`${server.url}/v1/recommendations`, asJson(body))).status).toBe(200);
    expect(asked).toEqual([body]);
  });
});

describe('problems', () => {
  const long = 'x'.repeat(10_000);
  const user = '/v1/users/ann/recommendations';
  const range = 'expected an integer from 1 to 1000';
  const one = (field: string, message: string, part = 'query') => [{ in: part, field, message }];

  test.each<{
    url: string;
    method?: string;
    status: number;
    code?: string;
    errors?: unknown;
    headers?: Record<string, string>;
  }>([
    ...['0', '-1', '1e9', 'abc', '', '1.5', '1001', '99999999999999999999', '+5', '0x10'].map(limit => ({
      url: `${user}?limit=${encodeURIComponent(limit)}`,
      status: 400,
      errors: one('limit', range),
    })),
    { url: `${user}?limit=1&limit=2`, status: 400, errors: one('limit', 'expected one value, got several') },
    { url: `${user}?explain=yes`, status: 400, errors: one('explain', 'expected true or false') },
    { url: `${user}?exclude=a,,b`, status: 400, errors: one('exclude[1]', 'expected at least one character') },
    {
      url: `${user}?limti=5&a=b`,
      status: 400,
      errors: ['limti', 'a'].map(field => ({
        in: 'query',
        field,
        message: 'unknown name; known are limit, exclude, category, includeSeen, explain',
      })),
    },
    {
      url: `${user}?__proto__=x`,
      status: 400,
      errors: one('__proto__', 'unknown name; known are limit, exclude, category, includeSeen, explain'),
    },
    { url: '/v1/snapshot?x=1', status: 400, errors: one('x', 'unknown name') },
    {
      url: `${user}?category=Nope`,
      status: 400,
      code: 'unknown-category',
      errors: one('category', 'No item is in "Nope".'),
    },
    {
      url: `/v1/users/${long}/recommendations`,
      status: 400,
      errors: one('userId', 'expected at most 1024 characters, got 10000', 'path'),
    },
    {
      url: `/v1/items?query=${long}`,
      status: 400,
      errors: one('query', 'expected at most 1024 characters, got 10000'),
    },
    {
      url: '/v1/popular?category=a&category=b',
      status: 400,
      errors: one('category', 'expected one value, got several'),
    },
    {
      url: '/v1/popular?ranker=best',
      status: 400,
      errors: one('ranker', 'expected one of damped-mean, mean, count, trending'),
    },
    {
      url: '/v1/items/zzz/similar',
      status: 404,
      code: 'unknown-item',
      errors: one('itemId', 'There is no item "zzz" in this snapshot.', 'path'),
    },
    {
      url: '/v1/items/zzz',
      status: 404,
      code: 'unknown-item',
      errors: one('itemId', 'There is no item "zzz" in this snapshot.', 'path'),
    },
    { url: '/v1/users/%E0%A4%A/recommendations', status: 400, code: 'malformed-request' },
    { url: `${user}?exclude=%ff`, status: 400, code: 'malformed-request' },
    { url: `${user}?exclude=${'x'.repeat(17_000)}`, status: 414, code: 'url-too-long' },
    { url: `${user}?exclude=${'x'.repeat(40_000)}`, status: 431, code: 'headers-too-large' },
    { url: '/v1/nothing', status: 404, code: 'not-found' },
    { url: '/', status: 404, code: 'not-found' },
    { url: '/v1/users//recommendations', status: 404, code: 'not-found' },
    { url: '/../../etc/passwd', status: 404, code: 'not-found' },
    { url: user, method: 'DELETE', status: 405, code: 'method-not-allowed', headers: { allow: 'GET, HEAD, OPTIONS' } },
    {
      url: '/v1/recommendations',
      method: 'GET',
      status: 405,
      code: 'method-not-allowed',
      headers: { allow: 'POST, OPTIONS' },
    },
  ])(
    '$method $url: $status',
    async ({ url, method = 'GET', status, code = 'invalid-request', errors, headers = {} }) => {
      const response = await send(method, url);
      expect(JSON.parse(await text(response))).toEqual(problem(status, code, errors));
      expect(response.statusCode).toBe(status);
      expect(response.headers).toMatchObject({ 'content-type': 'application/problem+json; charset=utf-8', ...headers });
    },
  );

  test.each([
    { body: '{"limit":', status: 400, code: 'malformed-request' },
    { body: 'hello', status: 400, code: 'malformed-request' },
    { body: '5', status: 400, code: 'malformed-request' },
    { body: '[]', status: 400, errors: one('', 'expected an object, got a list', 'body') },
    { body: undefined, status: 400, errors: one('', 'expected an object, got nothing', 'body') },
    {
      body: '{}',
      type: 'text/plain',
      status: 415,
      code: 'unsupported-media-type',
      errors: one('Content-Type', 'expected application/json', 'header'),
    },
    { body: '{}', type: 'application/json; charset=utf-7000', status: 415, code: 'unsupported-media-type' },
    { body: '{}', encoding: 'zip', status: 415, code: 'unsupported-media-type' },
    { body: '{}', encoding: 'gzip', status: 400, code: 'malformed-request' },
    { body: `{"userId":"${'x'.repeat(20_000)}"}`, status: 413, code: 'body-too-large' },
    {
      body: `{"userId":"${long}"}`,
      status: 400,
      errors: one('userId', 'expected at most 1024 characters, got 10000', 'body'),
    },
    { body: '{"limit":"5"}', status: 400, errors: one('limit', range, 'body') },
    { body: '{"limit":1e9}', status: 400, errors: one('limit', range, 'body') },
    { body: '{"userId":5}', status: 400, errors: one('userId', 'expected a string', 'body') },
    {
      body: '{"history":[{"itemId":"a"},{"value":1e999}]}',
      status: 400,
      errors: [
        ...one('history[1].itemId', 'expected a string', 'body'),
        ...one('history[1].value', 'expected a number from -1000000 to 1000000', 'body'),
      ],
    },
    {
      body: '{"__proto__":{"isAdmin":true},"limit":1}',
      status: 400,
      errors: one(
        '__proto__',
        'unknown name; known are userId, history, limit, exclude, only, categories, includeSeen, explain',
        'body',
      ),
    },
    {
      body: '{"categories":["Nope"]}',
      status: 400,
      code: 'unknown-category',
      errors: one('categories', 'No item is in "Nope".', 'body'),
    },
    { body: '['.repeat(19_000), status: 400, code: 'malformed-request' },
  ])(
    'POST $body: $status',
    async ({ body, type = 'application/json', encoding, status, code = 'invalid-request', errors }) => {
      const headers = { 'Content-Type': type, ...(encoding && { 'Content-Encoding': encoding }) };
      const response = await send('POST', '/v1/recommendations', body, headers);
      expect(JSON.parse(await text(response))).toEqual(problem(status, code, errors));
      expect(response.statusCode).toBe(status);
      expect('isAdmin' in {}).toBe(false);
    },
  );

  test.each([
    { body: { userIds: [] }, errors: one('userIds', 'expected at least one user id', 'body') },
    { body: { userIds: Array(1001).fill('a') }, errors: one('userIds', 'expected at most 1000 entries', 'body') },
    {
      body: { userIds: Array(101).fill('a'), limit: 1000 },
      errors: one(
        'limit',
        'expected userIds × limit to be at most 100000; ask for fewer users or fewer items at a time',
        'body',
      ),
    },
  ])('a batch that is too small or too large is refused', async ({ body, errors }) => {
    const response = await fetch(`${server.url}/v1/recommendations/batch`, asJson(body));
    expect(await response.json()).toEqual(problem(400, 'invalid-request', errors));
  });

  test('a body of a thousand mistakes gets a short reply', async () => {
    const body = JSON.stringify({ exclude: Array(5000).fill(1) });
    const response = await send('POST', '/v1/recommendations', body, { 'Content-Type': 'application/json' });
    expect((await text(response)).length).toBeLessThan(5000);
    expect(response.statusCode).toBe(400);
  });

  test('OPTIONS tells the methods', async () => {
    const response = await send('OPTIONS', user);
    expect(response.statusCode).toBe(204);
    expect(response.headers.allow).toBe('GET, HEAD, OPTIONS');
  });
});

function problem(status: number, code: string, errors?: unknown) {
  return {
    type: `/docs#problem-${code}`,
    title: expect.any(String),
    status,
    detail: expect.any(String),
    code,
    requestId: expect.any(String),
    ...(errors !== undefined && { errors }),
  };
}

function asJson(body: unknown): RequestInit {
  return { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
}

/** A request as it is written: `fetch` would tidy up the URL and refuse some of what clients send. */
function send(
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<IncomingMessage> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { hostname, port, method, path, headers: body === undefined ? {} : headers, agent: false },
      resolve,
    );
    request.on('error', reject);
    request.end(body);
  });
}
