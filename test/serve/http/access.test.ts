import { afterEach, describe, expect, test } from 'vitest';
import type { AccessOptions } from '../../../src/serve/http/access.js';
import { guardsOf } from '../../../src/serve/http/access.js';
import type { Access } from '../../../src/serve/http/endpoint.js';
import { endpoints } from '../../../src/serve/http/endpoints.js';
import type { RunningServer, ServeOptions } from '../../../src/serve/http/server.js';
import { sendRaw } from '../../support/raw-request.js';
import { hashOf, serveForTest } from '../../support/running.js';

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
  const closed = { apiKeyHashes: [hashOf('api')], adminKeyHashes: [hashOf('admin')], readsClosed: true };
  const openReads = { ...closed, readsClosed: false };
  const noAdmin = { ...closed, adminKeyHashes: [] };
  const onlyAdmin = { ...openReads, apiKeyHashes: [] };
  const none = { apiKeyHashes: [], adminKeyHashes: [], readsClosed: false };
  type Row = [string, AccessOptions, Access, { readonly [key in 'nobody' | 'wrong' | 'api' | 'admin']: number }];

  test.each<Row>([
    ['all closed', closed, 'open', { nobody: 200, wrong: 200, api: 200, admin: 200 }],
    ['all closed', closed, 'read', { nobody: 401, wrong: 401, api: 200, admin: 200 }],
    ['all closed', closed, 'write', { nobody: 401, wrong: 401, api: 200, admin: 200 }],
    ['all closed', closed, 'admin', { nobody: 401, wrong: 401, api: 401, admin: 200 }],
    ['reads open', openReads, 'read', { nobody: 200, wrong: 200, api: 200, admin: 200 }],
    ['reads open', openReads, 'write', { nobody: 401, wrong: 401, api: 200, admin: 200 }],
    ['no admin keys', noAdmin, 'admin', { nobody: 401, wrong: 401, api: 200, admin: 401 }],
    ['only admin keys', onlyAdmin, 'read', { nobody: 200, wrong: 200, api: 200, admin: 200 }],
    ['only admin keys', onlyAdmin, 'write', { nobody: 200, wrong: 200, api: 200, admin: 200 }],
    ['only admin keys', onlyAdmin, 'admin', { nobody: 401, wrong: 401, api: 401, admin: 200 }],
    ['no keys', none, 'read', { nobody: 200, wrong: 200, api: 200, admin: 200 }],
    ['no keys', none, 'write', { nobody: 200, wrong: 200, api: 200, admin: 200 }],
    ['no keys', none, 'admin', { nobody: 403, wrong: 403, api: 403, admin: 403 }],
  ])('%s: %2$s', (_, options, access, expected) => {
    const seen = Object.keys(expected).map(key => {
      const headers = key === 'nobody' ? {} : { authorization: `Bearer ${key}` };
      let status = 200;
      for (const guard of guardsOf(access, options)) {
        try {
          guard({ headers } as never, { locals: {}, setHeader() {} } as never, () => {});
        } catch (error) {
          status = (error as { code: string }).code === 'forbidden' ? 403 : 401;
        }
      }
      return [key, status];
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
        ['/health/ready'],
        ['/docs'],
      ]),
    ).toEqual([401, 401, 401, 200, 200, 401, 503, 200, 200]);
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
