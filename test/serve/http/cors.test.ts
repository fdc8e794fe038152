import express from 'express';
import { afterEach, expect, test } from 'vitest';
import { createRouter } from '../../../src/serve/http/router.js';
import type { ServeOptions } from '../../../src/serve/http/server.js';
import { sendRaw } from '../../support/raw-request.js';
import { asJson, hashOf, serveForTest } from '../../support/running.js';
import { liveWith, smallService } from '../../support/small-service.js';

const running: { close(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(one => one.close()));
});

async function start(options: Partial<ServeOptions>): Promise<string> {
  const server = await serveForTest(options);
  running.push(server);
  return server.url;
}

const SHOP = 'https://shop.example';
const corsOf = ({ headers }: Response) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control') || name === 'vary'));
const EXPOSED = 'ETag, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id';
const preflight = (origin: string) => ({
  method: 'OPTIONS',
  headers: {
    Origin: origin,
    'Access-Control-Request-Method': 'POST',
    'Access-Control-Request-Headers': 'content-type,x-api-key',
  },
});

test('without origins nothing is said of them', async () => {
  const url = await start({});
  const response = await fetch(`${url}/v1/popular`, { headers: { Origin: SHOP } });
  expect([response.status, corsOf(response)]).toEqual([200, {}]);
});

test('a page of an origin in the list may use the API, with its keys; one of another may not', async () => {
  const url = await start({
    corsOrigins: [SHOP, 'http://localhost:5173'],
    apiKeyHashes: [hashOf('k')],
    readsClosed: true,
  });
  for (const path of ['/v1/recommendations', '/v1/nothing', '/docs']) {
    const allowed = await fetch(url + path, preflight(SHOP));
    expect([allowed.status, corsOf(allowed)]).toEqual([
      204,
      {
        vary: 'Origin',
        'access-control-allow-origin': SHOP,
        'access-control-allow-methods': 'GET, HEAD, POST',
        'access-control-allow-headers':
          'Authorization, Content-Type, If-None-Match, X-Api-Key, X-Request-Id, traceparent, tracestate',
        'access-control-max-age': '7200',
      },
    ]);
  }
  const refused = await fetch(`${url}/v1/recommendations`, preflight('https://shop.example.evil.example'));
  expect(corsOf(refused)).toEqual({ vary: 'Origin' });
  const reply = await fetch(`${url}/v1/recommendations`, {
    ...asJson({ limit: 1 }),
    headers: { Origin: SHOP, 'Content-Type': 'application/json', 'X-Api-Key': 'k' },
  });
  expect([reply.status, corsOf(reply)]).toEqual([
    200,
    { vary: 'Origin', 'access-control-allow-origin': SHOP, 'access-control-expose-headers': EXPOSED },
  ]);
});

test('every error can be read by the page as well', async () => {
  const url = await start({ corsOrigins: ['*'], maxTurnMs: 0 });
  const shown = { 'access-control-allow-origin': '*', 'access-control-expose-headers': EXPOSED };
  const send = (path: string, init: RequestInit = {}) =>
    fetch(url + path, { ...init, headers: { Origin: SHOP, ...init.headers } });
  const replies = [
    await send('/v1/popular?limit=0'),
    await send('/nothing'),
    await send('/v1/popular', { method: 'DELETE' }),
    await send('/v1/admin/reload', { method: 'POST' }),
    await send(`/v1/popular?${'x'.repeat(20_000)}`),
  ];
  for (const reply of replies) expect([reply.status, corsOf(reply)]).toEqual([reply.status, shown]);
  expect(replies.map(({ status }) => status)).toEqual([400, 404, 405, 403, 414]);
  // Sent together, they are read in one turn of the event loop, whose time is spent after the first eight.
  const lines = (more: string) => `GET /v1/popular HTTP/1.1\r\nHost: a\r\nOrigin: ${SHOP}\r\n${more}\r\n`;
  const { body } = await sendRaw(url, lines('').repeat(8) + lines('Connection: close\r\n'));
  expect(body.split('HTTP/1.1 503')[1]).toContain('Access-Control-Allow-Origin: *\r\n');
});

test('OPTIONS without a question about origins tells the methods as ever', async () => {
  const url = await start({ corsOrigins: ['*'] });
  const response = await fetch(`${url}/v1/popular`, { method: 'OPTIONS', headers: { Origin: SHOP } });
  expect([response.status, response.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS']);
});

test('a router in another application takes origins of its own', async () => {
  const app = express();
  app.use('/rec', createRouter(liveWith(smallService()), { corsOrigins: [SHOP] }));
  const url = await new Promise<string>(resolve => {
    const server = app.listen(0, '127.0.0.1', () => {
      running.push(server);
      resolve(`http://127.0.0.1:${(server.address() as { port: number }).port}`);
    });
  });
  expect((await fetch(`${url}/rec/v1/recommendations`, preflight(SHOP))).status).toBe(204);
  expect((await fetch(`${url}/other`, preflight(SHOP))).headers.get('access-control-allow-origin')).toBeNull();
});
