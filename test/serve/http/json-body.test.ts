import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import express from 'express';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRouter } from '../../../src/serve/http/router.js';
import type { RunningServer } from '../../../src/serve/http/server.js';
import { asJson, hashOf, serveForTest } from '../../support/running.js';
import { liveWith, SNAPSHOT_ID, smallService } from '../../support/small-service.js';

const changes: (string | undefined)[] = [];
const live = {
  ...liveWith(smallService()),
  recommender: smallService(),
  reload: () => Promise.resolve({ snapshot: SNAPSHOT_ID, previous: SNAPSHOT_ID }),
  rollback(to?: string) {
    changes.push(to);
    return Promise.resolve({ snapshot: to ?? 'before', previous: SNAPSHOT_ID });
  },
};

let server: RunningServer;
beforeAll(async () => {
  server = await serveForTest({ live, adminKeyHashes: [hashOf('admin')] });
});
afterAll(() => server.close());

async function post(path: string, body: string | Uint8Array, headers: Record<string, string> = {}) {
  const init = { 'Content-Type': 'application/json', 'X-Api-Key': 'admin', ...headers };
  const response = await fetch(server.url + path, { method: 'POST', headers: init, body });
  return { status: response.status, reply: (await response.json()) as Record<string, unknown> };
}

const recommend = (body: string | Uint8Array, headers?: Record<string, string>) =>
  post('/v1/recommendations', body, headers);

describe('the bytes of a body', () => {
  test.each([
    ['a byte that is none of UTF-8', [0xff]],
    ['a character that is cut off', [0xe2, 0x82]],
    ['an overlong form', [0xc0, 0xaf]],
    ['half a surrogate pair', [0xed, 0xa0, 0x80]],
  ])('%s is refused and never replaced', async (_, bytes) => {
    const body = Buffer.concat([Buffer.from('{"userId":"a'), Buffer.from(bytes), Buffer.from('"}')]);
    for (const sent of [body, gzipSync(body)]) {
      const headers: Record<string, string> = sent === body ? {} : { 'Content-Encoding': 'gzip' };
      expect(await recommend(sent, headers)).toMatchObject({
        status: 400,
        reply: { code: 'malformed-request', detail: 'The body is not valid UTF-8, the only encoding of JSON.' },
      });
    }
  });

  test('a byte order mark is passed over', async () => {
    expect(await recommend('\ufeff{"userId":"ann"}')).toMatchObject({ status: 200, reply: { userId: 'ann' } });
  });

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('%s is read, up to the size that the body has without it', async (coding, compress) => {
    const headers = { 'Content-Encoding': coding };
    expect(await recommend(compress('{"userId":"ann"}'), headers)).toMatchObject({ reply: { userId: 'ann' } });
    const bomb = compress(Buffer.alloc(20_000_000, ' '));
    expect(bomb.length).toBeLessThan(20_000);
    expect(await recommend(bomb, headers)).toMatchObject({ status: 413, reply: { code: 'body-too-large' } });
  });

  test('one coding upon another is refused', async () => {
    const body = gzipSync(gzipSync('{}'));
    expect(await recommend(body, { 'Content-Encoding': 'gzip, gzip' })).toMatchObject({ status: 415 });
  });

  test('lists of lists of lists are refused like any other list', async () => {
    const deep = `${'['.repeat(9_000)}${']'.repeat(9_000)}`;
    expect(await recommend(`{"limit":${deep}}`)).toMatchObject({
      status: 400,
      reply: { errors: [{ field: 'limit', message: 'expected a whole number from 1 to 1000, got a list' }] },
    });
  });
});

describe('a name that comes twice in one object', () => {
  test.each([
    ['{"limit":1,"limit":2}', 'limit'],
    ['{"limit":1,"userId":"a","limit":1}', 'limit'],
    ['{"limit" : 1 , "\\u006cimit" : 2}', 'limit'],
    ['{"history":[{"itemId":"a"},{"itemId":"b","value":1,"itemId":"c"}]}', 'itemId'],
  ])('%s is refused', async (body, name) => {
    const { status, reply } = await recommend(body);
    expect([status, reply.code]).toEqual([400, 'malformed-request']);
    expect(reply.detail).toContain(`"${name}" twice`);
  });

  test.each([
    '{"userId":"limit","limit":1}',
    '{"history":[{"itemId":"a"},{"itemId":"b"}]}',
    '{"userId":"{\\"a\\":1,\\"a\\":2}"}',
  ])('%s has none', async body => {
    expect((await recommend(body)).status).toBe(200);
  });

  test('whatever JSON is written from a value is never refused for it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async value => {
        const { reply } = await recommend(JSON.stringify({ value }, null, 1));
        expect(reply).toMatchObject({ code: 'invalid-request', errors: [{ field: 'value' }] });
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test('text that only looks like JSON is read once, however many quotes it has', async () => {
    const big = await serveForTest({ maxBodyBytes: 2 ** 20 });
    for (const body of ['"\\'.repeat(400_000), `"${'\\"'.repeat(400_000)}\\`, '"'.repeat(1_000_000)]) {
      const response = await fetch(`${big.url}/v1/recommendations`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body,
      });
      expect(await response.json()).toMatchObject({ code: 'invalid-request', errors: [{ field: '' }] });
    }
    await big.close();
  });
});

describe('a body for an endpoint that has only a query', () => {
  test('is read as the query', async () => {
    changes.length = 0;
    await post('/v1/admin/rollback', '{"to":"x"}');
    await post('/v1/admin/rollback?to=y', '{"to":"y"}');
    await post('/v1/admin/rollback?to=z', '{}');
    await post('/v1/admin/rollback', '');
    expect(changes).toEqual(['x', 'y', 'z', undefined]);
  });

  test('is refused where it says something else than the query, or something unknown', async () => {
    changes.length = 0;
    expect(await post('/v1/admin/rollback?to=x', '{"to":"y"}')).toMatchObject({
      status: 400,
      reply: { code: 'invalid-request', errors: [{ in: 'body', field: 'to' }] },
    });
    expect(await post('/v1/admin/rollback', '{"too":"x"}')).toMatchObject({
      reply: { errors: [{ in: 'body', field: 'too', message: 'unknown name; known are to' }] },
    });
    expect(await post('/v1/admin/rollback', '{"to":5}')).toMatchObject({
      reply: { errors: [{ in: 'body', field: 'to', message: 'expected a string, got 5' }] },
    });
    expect(await post('/v1/admin/reload', '{"force":true}')).toMatchObject({
      status: 400,
      reply: { errors: [{ in: 'body', field: 'force', message: 'unknown name' }] },
    });
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    expect(await post('/v1/admin/rollback', 'to=x', form)).toMatchObject({ status: 415 });
    expect(changes).toEqual([]);
    expect(await post('/v1/admin/reload', '{}')).toMatchObject({ status: 200 });
  });
});

test.each([
  ['"text"', 'got "text"'],
  ['5', 'got 5'],
  ['null', 'got null'],
  ['[]', 'got a list'],
])('behind an express.json() that reads any JSON, %s is told from an object', async (body, got) => {
  const app = express().use(express.json({ strict: false }), createRouter(liveWith(smallService())));
  const host = createServer(app);
  await new Promise<void>(resolve => host.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(host.address() as AddressInfo).port}/v1/recommendations`;
  const response = await fetch(url, { ...asJson({}), body });
  host.close();
  expect(await response.json()).toMatchObject({
    errors: [{ in: 'body', field: '', message: `expected an object, ${got}` }],
  });
});
