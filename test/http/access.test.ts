import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import type { RunningServer, ServeOptions } from '../../src/http/server.js';
import { serveForTest } from './running.js';

let server: RunningServer;
afterEach(() => server.close());

async function statuses(options: Partial<ServeOptions>, requests: [string, Record<string, string>?][]) {
  server = await serveForTest(options);
  const seen: number[] = [];
  for (const [path, headers = {}] of requests) seen.push((await fetch(server.url + path, { headers })).status);
  return seen;
}

describe('API keys', () => {
  const apiKeyHashes = ['one', 'two'].map(key => createHash('sha256').update(key).digest('hex'));

  test('only known keys may use /v1; health and documentation stay open', async () => {
    expect(
      await statuses({ apiKeyHashes }, [
        ['/v1/popular'],
        ['/v1/popular', { Authorization: 'Bearer three' }],
        ['/v1/popular', { Authorization: apiKeyHashes[0]! }],
        ['/v1/popular', { Authorization: 'Bearer one' }],
        ['/v1/popular', { 'X-Api-Key': 'two' }],
        ['/health/ready'],
        ['/docs'],
      ]),
    ).toEqual([401, 401, 401, 200, 200, 200, 200]);
  });

  test('the refusal says what is missing and repeats no key', async () => {
    server = await serveForTest({ apiKeyHashes });
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
    const apiKeyHashes = ['alice', 'bob'].map(key => createHash('sha256').update(key).digest('hex'));
    const seen = await statuses({ requestsPerMinute: 2, apiKeyHashes }, [
      ['/v1/popular', as('alice')],
      ['/v1/popular', as('alice')],
      ['/v1/popular', as('alice')],
      ['/v1/popular', as('bob')],
      ['/health/live', as('alice')],
    ]);
    expect(seen).toEqual([200, 200, 429, 200, 200]);
    const refused = await fetch(`${server.url}/v1/popular`, { headers: as('alice') });
    expect(await refused.json()).toMatchObject({ status: 429, code: 'rate-limited' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('without keys the address of the connection counts, whatever the headers claim', async () => {
    const seen = await statuses({ requestsPerMinute: 1 }, [
      ['/v1/popular', { ...as('alice'), 'X-Forwarded-For': '1.2.3.4' }],
      ['/v1/popular', { ...as('bob'), 'X-Forwarded-For': '5.6.7.8' }],
    ]);
    expect(seen).toEqual([200, 429]);
  });
});
