import type { IncomingMessage } from 'node:http';
import express from 'express';
import { pino } from 'pino';
import { afterEach, describe, expect, test } from 'vitest';
import { Proxies } from '../../../src/serve/http/proxies.js';
import { createRouter } from '../../../src/serve/http/router.js';
import type { ServeOptions } from '../../../src/serve/http/server.js';
import { sendRaw } from '../../support/raw-request.js';
import { startProxy } from '../../support/reverse-proxy.js';
import { serveForTest } from '../../support/running.js';
import { liveWith, smallService } from '../../support/small-service.js';

const running: { close(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(one => one.close()));
});

function kept<One extends { close(): unknown }>(one: One): One {
  running.unshift(one);
  return one;
}

const start = async (options: Partial<ServeOptions>) => kept(await serveForTest(options)).url;
const proxied = async (...parts: Parameters<typeof startProxy>) => kept(await startProxy(...parts)).url;

describe('the address of a client', () => {
  const addressOf = (trustProxy: number | string[], remoteAddress: string, forwarded?: string) =>
    new Proxies({ trustProxy, basePath: '' }).addressOf({
      socket: { remoteAddress },
      headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
    } as IncomingMessage);

  test.each<[number | string[], string, string | undefined, string]>([
    [0, '10.0.0.1', '1.1.1.1', '10.0.0.1'],
    [1, '10.0.0.1', undefined, '10.0.0.1'],
    [1, '10.0.0.1', '1.1.1.1', '1.1.1.1'],
    [1, '10.0.0.1', '6.6.6.6, 1.1.1.1', '1.1.1.1'],
    [2, '10.0.0.1', '6.6.6.6, 1.1.1.1, 10.0.0.2', '1.1.1.1'],
    [5, '10.0.0.1', '6.6.6.6, 1.1.1.1', '6.6.6.6'],
    [['10.0.0.0/8'], '10.0.0.1', '6.6.6.6, 1.1.1.1, 10.0.0.2', '1.1.1.1'],
    [['10.0.0.0/8'], '192.0.2.1', '1.1.1.1', '192.0.2.1'],
    [['loopback'], '::ffff:127.0.0.1', '2001:db8::7', '2001:db8::7'],
    [1, '10.0.0.1', '1.1.1.1:4711', '1.1.1.1'],
    [1, '10.0.0.1', '[2001:db8::7]:4711', '2001:db8::7'],
    [1, '10.0.0.1', '1.1.1.1, unknown', '10.0.0.1'],
    [1, '10.0.0.1', '', '10.0.0.1'],
  ])('with %j trusted, of %s and %s it is %s', (trustProxy, remote, forwarded, address) => {
    expect(addressOf(trustProxy, remote, forwarded)).toBe(address);
  });
});

describe('behind a proxy', () => {
  const from = (address: string) => ({ headers: { 'X-Forwarded-For': address } });

  test.each([
    // What the client itself claims is the second address from the right, whom nobody trusts.
    { trustProxy: 1, statuses: [200, 429, 429] },
    { trustProxy: 2, statuses: [200, 200, 429] },
    { trustProxy: 0, statuses: [200, 429, 429] },
  ])(
    '$trustProxy trusted: the limit of requests counts by the address of the client',
    async ({ trustProxy, statuses }) => {
      const url = await proxied(await start({ trustProxy, requestsPerMinute: 1 }));
      const seen: number[] = [];
      for (const address of ['1.1.1.1', '2.2.2.2', '2.2.2.2']) {
        seen.push((await fetch(`${url}/v1/popular`, from(address))).status);
      }
      expect(seen).toEqual(statuses);
    },
  );

  test('the log has the address of the client, and the trace that the request is part of', async () => {
    const lines: string[] = [];
    const logger = pino({ level: 'debug' }, { write: line => void lines.push(line) });
    const url = await proxied(await start({ trustProxy: 2, logger }));
    const headers = {
      'X-Forwarded-For': '1.1.1.1',
      'X-Request-Id': 'r1',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    };
    await fetch(`${url}/v1/popular?limit=1`, { headers });
    await fetch(`${url}/v1/popular?limit=0`, { headers });
    const shared = {
      requestId: 'r1',
      client: '1.1.1.1',
      method: 'GET',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      parentId: 'b7ad6b7169203331',
    };
    expect(lines.map(line => JSON.parse(line))).toMatchObject([
      { ...shared, operation: 'popularItems', url: '/v1/popular?limit=1', msg: 'answered' },
      { ...shared, status: 400, code: 'invalid-request', url: '/v1/popular?limit=0', msg: 'refused' },
    ]);
  });
});

describe('below a prefix', () => {
  const strip = (path: string) => path.replace(/^\/shop\/rec/, '');
  const ways: [string, () => Promise<string>][] = [
    ['BASE_PATH, taken off by the proxy', async () => proxied(await start({ basePath: '/shop/rec' }), {}, strip)],
    ['BASE_PATH, left by the proxy', async () => proxied(await start({ basePath: '/shop/rec' }))],
    [
      'X-Forwarded-Prefix of a trusted proxy',
      async () => proxied(await start({ trustProxy: ['loopback'] }), { 'X-Forwarded-Prefix': '/shop/rec/' }, strip),
    ],
    [
      'X-Forwarded-Prefix of two proxies',
      async () => proxied(await start({ trustProxy: 2 }), { 'X-Forwarded-Prefix': '/shop, /rec' }, strip),
    ],
    [
      'a router below a part of it, and X-Forwarded-Prefix for the rest',
      async () => {
        const app = express().use('/rec', createRouter(liveWith(smallService()), { trustProxy: 1 }));
        const url = await new Promise<string>(resolve => {
          const server = kept(
            app.listen(0, '127.0.0.1', () => {
              const { port } = server.address() as { port: number };
              resolve(`http://127.0.0.1:${port}`);
            }),
          );
        });
        return proxied(url, { 'X-Forwarded-Prefix': '/shop' }, path => path.replace(/^\/shop/, ''));
      },
    ],
  ];

  test.each(ways)('%s: every link, path and problem begins with it', async (_, begin) => {
    const url = `${await begin()}/shop/rec`;
    expect((await fetch(`${url}/v1/popular`)).status).toBe(200);
    expect((await fetch(`${url}/`)).url).toBe(`${url}/docs`);
    expect(await (await fetch(`${url}/openapi.json`)).json()).toMatchObject({ servers: [{ url: '/shop/rec' }] });
    expect(await (await fetch(`${url}/v1/popular?limit=0`)).json()).toMatchObject({
      type: '/shop/rec/docs#problem-invalid-request',
    });
    expect(await (await fetch(`${url}/nothing`)).json()).toMatchObject({
      detail: 'There is nothing at /shop/rec/nothing. See /shop/rec/docs for what there is.',
    });
    const page = await (await fetch(`${url}/docs`)).text();
    for (const [, link = ''] of page.matchAll(/ href="([^"#]+)"/g)) {
      expect([link, (await fetch(new URL(link, `${url}/docs`))).status]).toEqual([link, 200]);
    }
  });

  test('a base path is whole segments, and the paths without it answer as well', async () => {
    const url = await start({ basePath: '/rec' });
    const paths = ['/rec', '/rec/', '/rec?x', '/health/live', '/rec/health/live', '/record', '/rec/rec/health/live'];
    const statuses = paths.map(async path => (await fetch(url + path, { redirect: 'manual' })).status);
    expect(await Promise.all(statuses)).toEqual([302, 302, 302, 200, 200, 404, 404]);
  });

  test('a refusal for load carries it', async () => {
    const url = await start({ basePath: '/rec', maxTurnMs: 0 });
    // Sent together, they are read in one turn of the event loop, whose time is spent after the first eight.
    const lines = (more: string) => `GET /rec/v1/popular HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
    const { body } = await sendRaw(url, lines('').repeat(8) + lines('Connection: close\r\n'));
    const refused = body.slice(body.lastIndexOf('\r\n\r\n'));
    expect(JSON.parse(refused)).toMatchObject({ type: '/rec/docs#problem-overloaded', code: 'overloaded' });
  });

  test.each(['//evil.example', 'https://evil.example', '/a b', '/"><script>', '/%2e', '/a,//b'])(
    'X-Forwarded-Prefix: %s leads nowhere',
    async prefix => {
      const url = await proxied(await start({ trustProxy: 1 }), { 'X-Forwarded-Prefix': prefix });
      expect((await fetch(url, { redirect: 'manual' })).headers.get('location')).toBe('/docs');
    },
  );

  test('X-Forwarded-Prefix of whoever is not trusted is ignored', async () => {
    const url = await start({ trustProxy: ['192.0.2.1'] });
    const init = { headers: { 'X-Forwarded-Prefix': '/evil' }, redirect: 'manual' } as const;
    expect((await fetch(url, init)).headers.get('location')).toBe('/docs');
  });
});
