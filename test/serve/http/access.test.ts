import { afterEach, describe, expect, test } from 'vitest';
import type { AccessOptions } from '../../../src/serve/http/access.js';
import { keysFor } from '../../../src/serve/http/access.js';
import type { Access } from '../../../src/serve/http/endpoint.js';
import { endpoints } from '../../../src/serve/http/endpoints.js';
import { holdersOf } from '../../../src/serve/http/keys.js';
import { createRouter } from '../../../src/serve/http/router.js';
import type { RunningServer, ServeOptions } from '../../../src/serve/http/server.js';
import { sendRaw } from '../../support/raw-request.js';
import { hashOf, serveForTest } from '../../support/running.js';
import { liveWith, smallService } from '../../support/small-service.js';

let server: RunningServer | undefined;
afterEach(() => server?.close());

async function statuses(options: Partial<ServeOptions>, requests: [string, Record<string, string>?, string?][]) {
  server = await serveForTest(options);
  const seen: number[] = [];
  for (const [path, headers = {}, method = 'GET'] of requests) {
    seen.push((await fetch(server.url + path, { headers, method })).status);
  }
  return seen;
}

describe('access', () => {
  const closed = {
    apiKeyHashes: [hashOf('api')],
    adminKeyHashes: [hashOf('admin')],
    readsClosed: true,
    monitoringClosed: true,
    allowedHosts: [],
  };
  const openReads = { ...closed, readsClosed: false };
  const openMonitoring = { ...closed, monitoringClosed: false };
  const noAdmin = { ...closed, adminKeyHashes: [] };
  const onlyAdmin = { ...openReads, apiKeyHashes: [] };
  const none = { ...closed, apiKeyHashes: [], adminKeyHashes: [], readsClosed: false, monitoringClosed: false };
  type Row = [
    string,
    AccessOptions,
    Access | 'monitoring',
    { readonly [key in 'nobody' | 'wrong' | 'api' | 'admin']: number },
  ];

  test.each<Row>([
    ['all closed', closed, 'open', { nobody: 200, wrong: 200, api: 200, admin: 200 }],
    ['all closed', closed, 'read', { nobody: 401, wrong: 401, api: 200, admin: 200 }],
    ['all closed', closed, 'write', { nobody: 401, wrong: 401, api: 200, admin: 200 }],
    ['all closed', closed, 'admin', { nobody: 401, wrong: 401, api: 401, admin: 200 }],
    ['reads open', openReads, 'read', { nobody: 200, wrong: 200, api: 200, admin: 200 }],
    ['reads open', openReads, 'monitoring', { nobody: 401, wrong: 401, api: 200, admin: 200 }],
    ['monitoring open', openMonitoring, 'monitoring', { nobody: 200, wrong: 200, api: 200, admin: 200 }],
    ['reads open', openReads, 'write', { nobody: 401, wrong: 401, api: 200, admin: 200 }],
    ['no admin keys', noAdmin, 'admin', { nobody: 401, wrong: 401, api: 200, admin: 401 }],
    ['only admin keys', onlyAdmin, 'read', { nobody: 200, wrong: 200, api: 200, admin: 200 }],
    ['only admin keys', onlyAdmin, 'write', { nobody: 200, wrong: 200, api: 200, admin: 200 }],
    ['only admin keys', onlyAdmin, 'admin', { nobody: 401, wrong: 401, api: 401, admin: 200 }],
    ['no keys', none, 'read', { nobody: 200, wrong: 200, api: 200, admin: 200 }],
    ['no keys', none, 'write', { nobody: 200, wrong: 200, api: 200, admin: 200 }],
    ['no keys', none, 'admin', { nobody: 403, wrong: 403, api: 403, admin: 403 }],
  ])('%s: %2$s', (_, options, access, expected) => {
    const keys = keysFor(access, options);
    const seen = Object.keys(expected).map(key => {
      if (keys?.length === 0) return [key, 403];
      return [key, keys === undefined || keys.includes(hashOf(key)) ? 200 : 401];
    });
    expect(Object.fromEntries(seen)).toEqual(expected);
  });

  test('on the wire: what each endpoint says it needs', async () => {
    const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });
    expect(
      await statuses(closed, [
        ['/v1/popular'],
        ['/v1/popular', bearer('three')],
        ['/v1/popular', { Authorization: closed.apiKeyHashes[0]! }],
        ['/v1/popular', bearer('api')],
        ['/v1/popular', { 'X-Api-Key': 'api' }],
        ['/v1/admin/reload', bearer('api'), 'POST'],
        ['/v1/admin/reload', bearer('admin'), 'POST'],
        ['/v1/admin/reload', { 'X-Api-Key': 'api', ...bearer('admin') }, 'POST'],
        ['/v1/admin/reload', { 'X-Api-Key': '', ...bearer('admin') }, 'POST'],
        ['/v1/popular', { 'X-Api-Key': '' }],
        ['/v1/popular', { Authorization: 'Bearer ' }],
        ['/v1/popular', { Authorization: 'bearer   api' }],
        ['/v1/popular', { 'X-Api-Key': 'x'.repeat(20_000) }],
        ['/health/ready'],
      ]),
    ).toEqual([401, 401, 401, 200, 200, 401, 503, 401, 503, 401, 401, 200, 401, 200]);
  });

  test.each(['/metrics', '/docs', '/openapi.json'])('%s needs a key that may read, or none', async path => {
    expect(await statuses(closed, [[path], [path, { 'X-Api-Key': 'x' }], [path, { 'X-Api-Key': 'api' }]])).toEqual([
      401, 401, 200,
    ]);
    await server?.close();
    expect(await statuses(openMonitoring, [[path], ['/v1/popular']])).toEqual([200, 401]);
  });

  test('who may read the metrics is known without Express', () => {
    const mayRead = holdersOf(keysFor('monitoring', closed));
    const headers = [{}, { 'x-api-key': '' }, { authorization: 'Bearer x' }, { authorization: 'Bearer api' }];
    expect(headers.map(mayRead)).toEqual([false, false, false, true]);
    expect(headers.map(holdersOf(keysFor('monitoring', openMonitoring)))).toEqual([true, true, true, true]);
  });

  test('admin endpoints are those under /v1/admin, and only health needs no key ever', () => {
    for (const { url, access, method } of Object.values(endpoints)) {
      expect([url, access === 'admin']).toEqual([url, url.startsWith('/v1/admin/')]);
      expect([url, access === 'open']).toEqual([url, url.startsWith('/health/')]);
      if (access === 'write') expect(method).toBe('post');
    }
  });

  test('where there are no keys, admin says how to set one', async () => {
    server = await serveForTest();
    const response = await fetch(`${server.url}/v1/admin/reload`, { method: 'POST' });
    expect(await response.json()).toMatchObject({
      status: 403,
      code: 'forbidden',
      detail: expect.stringContaining('ADMIN_KEYS_SHA256'),
    });
  });

  test('a key beyond ASCII is the bytes that were hashed', async () => {
    server = await serveForTest({ ...closed, apiKeyHashes: [hashOf('Schlüssel')] });
    const key = Buffer.from('Schlüssel').toString('latin1');
    const lines = ['GET /v1/popular HTTP/1.1', 'Host: a', `X-Api-Key: ${key}`, 'Connection: close', '', ''];
    expect((await sendRaw(server.url, lines.join('\r\n'))).status).toBe(200);
  });

  test('the refusal says what is missing and repeats no key', async () => {
    server = await serveForTest(closed);
    const response = await fetch(`${server.url}/v1/popular`, { headers: { Authorization: 'Bearer secret' } });
    const text = await response.text();
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(JSON.parse(text)).toMatchObject({
      code: 'unauthorized',
      errors: [{ in: 'header', field: 'Authorization' }],
    });
    expect(text).not.toContain('secret');
  });
});

describe('wrong keys', () => {
  const closed = { apiKeyHashes: [hashOf('right')], readsClosed: true };
  const as = (key: string) => ({ 'X-Api-Key': key });

  test('many of them from one address hear 429; a right one from there passes, and a missing one is no wrong one', async () => {
    const wrong = Array.from({ length: 21 }, (_, i): [string, Record<string, string>] => [
      '/v1/popular',
      as(`no-${i}`),
    ]);
    const seen = await statuses(closed, [...wrong, ['/v1/popular', as('right')], ['/v1/popular'], ['/health/live']]);
    expect(seen).toEqual([...Array(20).fill(401), 429, 200, 401, 200]);
    const refused = await fetch(`${server!.url}/v1/popular`, { headers: as('no') });
    expect(await refused.json()).toMatchObject({
      code: 'rate-limited',
      detail: expect.stringContaining('wrong API keys'),
    });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const metrics = await (await fetch(`${server!.url}/metrics`)).text();
    expect(metrics).toContain('shortlist_wrong_keys_total 22\n');
  });

  test('other addresses are not touched, where a proxy is trusted to tell them', async () => {
    const from = (address: string) => ({ ...as('no'), 'X-Forwarded-For': address });
    const many = Array.from({ length: 21 }, (_, i): [string, Record<string, string>] => [
      '/v1/popular',
      from(`2001:db8::${i}`),
    ]);
    const seen = await statuses({ ...closed, trustProxy: 1 }, [...many, ['/v1/popular', from('192.0.2.1')]]);
    expect(seen.slice(-2)).toEqual([429, 401]);
  });
});

describe('hashes that are not those of keys', () => {
  const live = liveWith(smallService());
  test.each([
    [{ apiKeyHashes: [''] }, '`apiKeyHashes`: expected SHA-256 hashes of 64 hexadecimal digits'],
    [{ adminKeyHashes: ['abc'] }, '`adminKeyHashes`: expected SHA-256 hashes'],
    [{ apiKeyHashes: [hashOf('')] }, 'this is the hash of an empty one'],
    [{ apiKeyHashes: [hashOf('\n').toUpperCase()] }, 'this is the hash of an empty one'],
    [{ apiKeyHashes: undefined as never }, '`apiKeyHashes`: expected a list'],
    [{ readsClosed: true }, '`readsClosed` needs `apiKeyHashes`'],
    [{ allowedHosts: ['https://a.example'] }, '`allowedHosts`: expected * or names of hosts'],
  ])('%j is refused at the start', (options, message) => {
    expect(() => createRouter(live, options)).toThrow(
      expect.objectContaining({ code: 'invalid-option', message: expect.stringContaining(message) }),
    );
  });
});

describe('the name that a request asks for', () => {
  const events = { append: () => Promise.resolve() };
  const event = JSON.stringify({ events: [{ userId: 'ann', itemId: 'a' }] });

  async function statusesFor(options: Partial<ServeOptions>, requests: [method: string, path: string, host: string][]) {
    server = await serveForTest({ live: { ...liveWith(smallService()), events }, ...options });
    const seen: number[] = [];
    for (const [method, path, host] of requests) {
      const body = method === 'POST' ? event : '';
      const head = [
        `${method} ${path} HTTP/1.1`,
        `Host: ${host}`,
        `Content-Length: ${body.length}`,
        'Connection: close',
      ];
      if (body !== '') head.push('Content-Type: application/json');
      seen.push((await sendRaw(server.url, [...head, '', body].join('\r\n'))).status);
    }
    return seen;
  }

  const ours = [
    '127.0.0.1:3000',
    '[::1]:3000',
    '[::ffff:127.0.0.1]',
    'localhost',
    'LOCALHOST.',
    'a.localhost:1',
    'shortlist:80',
  ];
  const others = [
    'rebound.example',
    'rebound.example.:80',
    '127.0.0.1.rebound.example',
    'localhost.example',
    'localhost.rebound',
  ];

  test('is none that anybody can point here, where nobody needs a key to write', async () => {
    const hosts = [...ours, ...others];
    const seen = await statusesFor({}, [
      ...hosts.map((host): [string, string, string] => ['POST', '/v1/events', host]),
      ['GET', '/v1/popular', others[0]!],
    ]);
    expect(seen).toEqual([...ours.map(() => 200), ...others.map(() => 403), 200]);
  });

  test('does not matter where writing needs a key, or where any is allowed', async () => {
    const keys = { apiKeyHashes: [hashOf('key')] };
    expect(await statusesFor(keys, [['POST', '/v1/events', others[0]!]])).toEqual([401]);
    await server?.close();
    expect(await statusesFor({ allowedHosts: ['*'] }, [['POST', '/v1/events', others[0]!]])).toEqual([200]);
  });

  test('is one of those that are allowed, where some are, for all but the health', async () => {
    const seen = await statusesFor({ allowedHosts: ['Shop.example'] }, [
      ['POST', '/v1/events', 'shop.example:8080'],
      ['GET', '/v1/popular', 'SHOP.example'],
      ['GET', '/v1/popular', 'localhost'],
      ['GET', '/v1/popular', 'other.example'],
      ['GET', '/metrics', 'other.example'],
      ['GET', '/docs', 'other.example'],
      ['GET', '/health/live', 'other.example'],
    ]);
    expect(seen).toEqual([200, 200, 200, 403, 403, 403, 200]);
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'nothing is written by what a page of another site may send unasked: %s',
    async type => {
      server = await serveForTest({ live: { ...liveWith(smallService()), events } });
      const sent = { method: 'POST', headers: { 'Content-Type': type, Origin: 'https://evil.example' }, body: event };
      expect((await fetch(`${server.url}/v1/events`, sent)).status).toBe(415);
      expect((await fetch(`${server.url}/v1/events`, { method: 'POST' })).status).toBe(400);
    },
  );
});

describe('rate limit', () => {
  const as = (key: string) => ({ 'X-Api-Key': key });

  test('one key gets so many requests a minute, then 429 with the time to wait; another one is not touched', async () => {
    const options = { requestsPerMinute: 2, apiKeyHashes: ['alice', 'bob'].map(hashOf), readsClosed: true };
    const seen = await statuses(options, [
      ['/v1/popular', as('alice')],
      ['/v1/items/a', as('alice')],
      ['/v1/popular', as('alice')],
      ['/v1/popular', as('bob')],
      ['/health/live', as('alice')],
    ]);
    expect(seen).toEqual([200, 200, 429, 200, 200]);
    const refused = await fetch(`${server!.url}/v1/popular`, { headers: as('alice') });
    expect(await refused.json()).toMatchObject({ status: 429, code: 'rate-limited' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test.each([{ apiKeyHashes: [] }, { apiKeyHashes: [hashOf('alice')] }])(
    'where no key is checked the address of the connection counts, whatever the headers claim',
    async keys => {
      const seen = await statuses({ requestsPerMinute: 1, ...keys }, [
        ['/v1/popular', { ...as('alice'), 'X-Forwarded-For': '1.2.3.4' }],
        ['/v1/popular', { ...as('bob'), 'X-Forwarded-For': '5.6.7.8' }],
      ]);
      expect(seen).toEqual([200, 429]);
    },
  );
});
