import { request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningServer } from '../../../src/serve/http/server.js';
import { asJson, serveForTest } from '../../support/running.js';

let server: RunningServer;
beforeAll(async () => {
  server = await serveForTest();
});
afterAll(() => server.close());

describe('problems', () => {
  const long = 'x'.repeat(10_000);
  const user = '/v1/users/ann/recommendations';
  const range = 'expected a whole number from 1 to 1000';
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
    { url: `${user}?match=some`, status: 400, errors: one('match', 'expected any or all') },
    ...['-0.1', '1.1', '.5', '1e-1', 'abc', ''].map(diversity => ({
      url: `${user}?diversity=${diversity}`,
      status: 400,
      errors: one('diversity', 'expected a number from 0 to 1'),
    })),
    { url: `${user}?coldShare=2`, status: 400, errors: one('coldShare', 'expected a number from 0 to 1') },
    ...['explain=true', 'diversity=0.01'].map(careful => ({
      url: `${user}?limit=51&${careful}`,
      status: 400,
      errors: one('limit', 'expected at most 50 with explain or diversity'),
    })),
    { url: `${user}?exclude=a,,b`, status: 400, errors: one('exclude[1]', 'expected at least one character') },
    {
      url: `${user}?limti=5&a=b`,
      status: 400,
      errors: ['limti', 'a'].map(field => ({
        in: 'query',
        field,
        message:
          'unknown name; known are limit, exclude, category, match, includeSeen, coldShare, diversity, explain, ranker, cursor, filter, attributes',
      })),
    },
    {
      url: `${user}?__proto__=x`,
      status: 400,
      errors: one(
        '__proto__',
        'unknown name; known are limit, exclude, category, match, includeSeen, coldShare, diversity, explain, ranker, cursor, filter, attributes',
      ),
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
      url: '/v1/items?query=a&query=b',
      status: 400,
      errors: one('query', 'expected one value, got several'),
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
    { url: '/v2', status: 404, code: 'not-found' },
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
    { body: '5', status: 400, errors: one('', 'expected an object, got 5', 'body') },
    { body: 'null', status: 400, errors: one('', 'expected an object, got null', 'body') },
    { body: '"text"', status: 400, errors: one('', 'expected an object, got "text"', 'body') },
    { body: '[]', status: 400, errors: one('', 'expected an object, got a list', 'body') },
    { body: undefined, status: 400, errors: one('', 'expected an object, got nothing', 'body') },
    {
      body: '{}',
      type: 'text/plain',
      status: 415,
      code: 'unsupported-media-type',
      errors: one('Content-Type', 'expected application/json', 'header'),
    },
    ...['utf-7000', 'utf-16', 'latin1', '"UTF-32"'].map(charset => ({
      body: '{}',
      type: `application/json; charset=${charset}`,
      status: 415,
      code: 'unsupported-media-type',
      errors: one('Content-Type', 'expected UTF-8, the only charset', 'header'),
    })),
    {
      body: '{}',
      encoding: 'zip',
      status: 415,
      code: 'unsupported-media-type',
      errors: one('Content-Encoding', 'expected gzip, deflate, br or none', 'header'),
    },
    { body: '{}', encoding: 'gzip', status: 400, code: 'malformed-request' },
    { body: `{"userId":"${'x'.repeat(20_000)}"}`, status: 413, code: 'body-too-large' },
    {
      body: `{"userId":"${long}"}`,
      status: 400,
      errors: one('userId', 'expected at most 1024 characters, got 10000', 'body'),
    },
    { body: '{"limit":"5"}', status: 400, errors: one('limit', `${range}, got "5"`, 'body') },
    { body: '{"limit":1e9}', status: 400, errors: one('limit', range, 'body') },
    { body: '{"userId":5}', status: 400, errors: one('userId', 'expected a string, got 5', 'body') },
    { body: '{"explain":"yes"}', status: 400, errors: one('explain', 'expected true or false, got "yes"', 'body') },
    { body: '{"match":1}', status: 400, errors: one('match', 'expected any or all, got 1', 'body') },
    {
      body: '{"history":{},"exclude":["a",null,["b"]]}',
      status: 400,
      errors: [
        ...one('history', 'expected a list, got an object', 'body'),
        ...one('exclude[1]', 'expected a string, got null', 'body'),
        ...one('exclude[2]', 'expected one value, got several', 'body'),
      ],
    },
    {
      body: '{"history":[{"itemId":"a"},{"value":1e999}]}',
      status: 400,
      errors: [
        ...one('history[1].itemId', 'expected a string, got nothing', 'body'),
        ...one('history[1].value', 'expected a number from -1000000 to 1000000, got null', 'body'),
      ],
    },
    {
      body: '{"__proto__":{"isAdmin":true},"limit":1}',
      status: 400,
      errors: one(
        '__proto__',
        'unknown name; known are userId, history, limit, exclude, only, categories, match, includeSeen, coldShare, diversity, explain, ranker, cursor, filters, attributes',
        'body',
      ),
    },
    {
      body: '{"history":[{"itemId":"a","__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}}]}',
      status: 400,
      errors: ['__proto__', 'constructor'].map(
        name => one(`history[0].${name}`, 'unknown name; known are itemId, value', 'body')[0],
      ),
    },
    {
      body: '{"userId":"\\ud83d"}',
      status: 400,
      errors: one('userId', 'expected valid Unicode, got half of a surrogate pair', 'body'),
    },
    {
      body: '{"categories":["Nope"]}',
      status: 400,
      code: 'unknown-category',
      errors: one('categories', 'No item is in "Nope".', 'body'),
    },
    { body: '['.repeat(19_000), status: 400, errors: one('', 'expected an object, got a list', 'body') },
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

  test('a batch that runs out of time stops, and says when to come back', async () => {
    const hasty = await serveForTest({ deadlineMs: 0 });
    const response = await fetch(
      `${hasty.url}/v1/recommendations/batch`,
      asJson({ userIds: Array.from({ length: 17 }, (_, i) => `user ${i}`) }),
    );
    await hasty.close();
    expect(await response.json()).toEqual(problem(503, 'deadline-exceeded'));
    expect(response.headers.get('retry-after')).toBe('1');
  });

  test.each([
    ['/v1/users/ann/recommendations', 200],
    ['/v1/nothing', 404],
    ['/v1/popular?limit=0', 400],
    [`/v1/popular?${long}${long}${long}${long}`, 431],
    ['/metrics', 200],
  ])('%s: nothing may keep it, and a browser takes it for nothing but data', async (path, status) => {
    const { statusCode, headers } = await send('GET', path);
    expect({ statusCode, ...headers }).toMatchObject({
      statusCode: status,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    });
    expect(headers).not.toHaveProperty('x-powered-by');
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
