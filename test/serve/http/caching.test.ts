import { request as httpRequest, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import type { RecommendationService } from '../../../src/serve/http/endpoint.js';
import type { ServeOptions } from '../../../src/serve/http/server.js';
import { hashOf, serveForTest } from '../../support/running.js';
import { liveWith, SNAPSHOT_ID, smallService } from '../../support/small-service.js';

const running: { close(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(one => one.close()));
});

async function start(options: Partial<ServeOptions> = {}): Promise<string> {
  const server = await serveForTest(options);
  running.push(server);
  return server.url;
}

/** Unlike `fetch`, this adds no headers and unpacks nothing. */
async function get(url: string, headers: Record<string, string> = {}, method = 'GET') {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    httpRequest(url, { method, headers, agent: false }, resolve).on('error', reject).end();
  });
  return { status: response.statusCode, headers: response.headers, body: await buffer(response) };
}

const SHARED = [
  '/v1/popular',
  '/v1/items/a/similar',
  '/v1/items',
  '/v1/items/a',
  '/v1/snapshot',
  '/docs',
  '/openapi.json',
];

describe('replies that are the same for all', () => {
  test.each(SHARED)('%s may be kept, and is not sent again to whoever has it', async path => {
    const url = (await start()) + path;
    const first = await get(url);
    const etag = first.headers.etag!;
    expect(first.headers).toMatchObject({ etag: expect.stringMatching(/^W\/"[\w-]+"$/), 'cache-control': 'no-cache' });
    for (const known of [etag, etag.slice(2), `"x", ${etag}`, '*']) {
      const again = await get(url, { 'If-None-Match': known });
      expect([known, again.status, again.body.length]).toEqual([known, 304, 0]);
      expect(again.headers).toMatchObject({ etag, 'cache-control': 'no-cache' });
      expect(again.headers).not.toHaveProperty('content-length');
    }
    expect(await get(url, { 'If-None-Match': '"x"' })).toMatchObject({ status: 200, body: first.body });
    const head = await get(url, {}, 'HEAD');
    expect(head).toMatchObject({ status: 200, headers: { etag, 'content-length': String(first.body.length) } });
    expect(head.body.length).toBe(0);
    expect((await get(url, { 'If-None-Match': etag }, 'HEAD')).status).toBe(304);
  });

  test('another snapshot, or another request, is another reply', async () => {
    const service = smallService();
    const other = { ...service.manifest, id: '20270101T000000000Z-00000000' };
    let now: RecommendationService = service;
    const live = {
      ...liveWith(service),
      get recommender() {
        return now;
      },
      isReady: true,
    };
    const url = await start({ live });
    const tag = async (path: string) => (await get(url + path)).headers.etag!;
    const before = await tag('/v1/snapshot');
    expect(await tag('/v1/snapshot')).toBe(before);
    expect(await tag('/v1/popular?limit=1')).not.toBe(await tag('/v1/popular?limit=2'));
    now = { ...service, manifest: other };
    expect((await get(`${url}/v1/snapshot`, { 'If-None-Match': before })).status).toBe(200);
  });

  test('caches may keep them for the time that was set, and only those of one client where a key is needed', async () => {
    const keys = { apiKeyHashes: [hashOf('k')], readsClosed: true };
    const url = await start({ cacheSeconds: 60, ...keys });
    const key = { 'X-Api-Key': 'k' };
    expect((await get(`${url}/v1/popular`, key)).headers['cache-control']).toBe('private, max-age=60');
    expect((await get(`${await start({ cacheSeconds: 60 })}/v1/popular`)).headers['cache-control']).toBe('max-age=60');
    const { etag } = (await get(`${url}/v1/popular`, key)).headers;
    // Who has no key learns nothing, not even that nothing changed.
    expect(await get(`${url}/v1/popular`, { 'If-None-Match': etag! })).toMatchObject({
      status: 401,
      headers: { 'cache-control': 'no-store' },
    });
  });

  test('what is for one user, and every error, is kept by nobody', async () => {
    const url = await start({ cacheSeconds: 60 });
    for (const path of ['/v1/users/ann/recommendations', '/v1/popular?limit=0', '/v1/items/zzz', '/health/ready']) {
      const { headers } = await get(url + path, { 'If-None-Match': '*' });
      expect([path, headers['cache-control'], headers.etag]).toEqual([path, 'no-store', undefined]);
    }
  });
});

describe('compression', () => {
  const unpack = { br: brotliDecompressSync, gzip: gunzipSync };

  test.each([
    ['br', 'br'],
    ['gzip', 'gzip'],
    ['gzip;q=0.5, br', 'br'],
    ['gzip, br;q=0', 'gzip'],
    ['zstd, gzip', 'gzip'],
  ] as const)('of "%s" it takes %s, for what is large enough', async (accepted, coding) => {
    const url = await start({ compressFromBytes: 500 });
    for (const path of ['/v1/snapshot', '/openapi.json', '/docs']) {
      const plain = await get(url + path);
      const packed = await get(url + path, { 'Accept-Encoding': accepted });
      expect(packed.headers).toMatchObject({
        'content-encoding': coding,
        'content-length': String(packed.body.length),
        vary: 'Accept-Encoding',
        etag: plain.headers.etag,
      });
      expect(unpack[coding](packed.body)).toEqual(plain.body);
      expect(packed.body.length).toBeLessThan(plain.body.length);
      expect(plain.headers).toMatchObject({ vary: 'Accept-Encoding' });
    }
  });

  test.each([{}, { 'Accept-Encoding': 'identity' }, { 'Accept-Encoding': 'gzip;q=0' }])(
    'a client that says %j gets the reply as it is',
    async headers => {
      const url = await start({ compressFromBytes: 500 });
      const { headers: seen, body } = await get(`${url}/v1/snapshot`, headers);
      expect(seen).not.toHaveProperty('content-encoding');
      expect(JSON.parse(body.toString())).toMatchObject({ id: SNAPSHOT_ID });
    },
  );

  test('small replies, and all where it is not asked for, are sent as they are', async () => {
    const headers = { 'Accept-Encoding': 'br, gzip' };
    for (const [options, path] of [
      [{ compressFromBytes: 500 }, '/v1/items/a'],
      [{}, '/openapi.json'],
    ] as const) {
      const { headers: seen } = await get((await start(options)) + path, headers);
      expect([path, seen['content-encoding'], seen.vary]).toEqual([path, undefined, undefined]);
    }
  });

  test('both headers that replies may differ by are told', async () => {
    const url = await start({ compressFromBytes: 1, corsOrigins: ['https://a.example'] });
    const { headers, status } = await get(`${url}/v1/users/ann/recommendations`, { 'Accept-Encoding': 'gzip' });
    expect([status, headers.vary]).toEqual([200, 'Origin, Accept-Encoding']);
  });
});
