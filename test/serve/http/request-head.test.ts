import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRouter } from '../../../src/serve/http/router.js';
import type { RunningServer } from '../../../src/serve/http/server.js';
import { sendRaw } from '../../support/raw-request.js';
import { serveForTest } from '../../support/running.js';
import { liveWith, smallService } from '../../support/small-service.js';

let server: RunningServer;
const host = createServer(
  { requireHostHeader: false },
  express().use('/mounted', createRouter(liveWith(smallService()), { maxUrlLength: 16_384 })),
);
beforeAll(async () => {
  server = await serveForTest();
  await new Promise<void>(resolve => host.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await server.close();
  host.close();
});

describe.each([
  ['a server of its own', '', () => server.url],
  ['a router in another application', '/mounted', () => `http://127.0.0.1:${(host.address() as AddressInfo).port}`],
])('%s', (_, prefix, urlOf) => {
  const request = (line: string, ...headers: string[]) =>
    sendRaw(urlOf(), [line, ...headers, 'Connection: close', '', ''].join('\r\n'));

  test.each([
    ['HTTP/1.1', 'Host: a'],
    ['HTTP/1.1', 'host:example.org:80'],
    ['HTTP/1.1', 'Host: [2001:db8::1]:3000'],
    ['HTTP/1.1', 'Host: 127.0.0.1'],
    ['HTTP/1.1', 'Host: m_y.host%41'],
    ['HTTP/1.1', 'Host:'],
    ['HTTP/1.0', 'Host: a'],
    ['HTTP/1.0', 'X-Nothing: a'],
  ])('%s with "%s" is a request', async (version, header) => {
    expect((await request(`GET ${prefix}/v1/popular ${version}`, header)).status).toBe(200);
  });

  test.each([
    ['none', [], 'none'],
    ['two', ['Host: a', 'Host: b'], '2'],
    ['two that are equal', ['Host: a', 'HOST: a'], '2'],
    ['one with a blank', ['Host: a b'], '"a b"'],
    ['one with a user', ['Host: me@a'], '"me@a"'],
    ['one with a path', ['Host: a/b'], '"a/b"'],
    ['one with a port that is none', ['Host: a:http'], '"a:http"'],
    ['one with broken escapes', ['Host: a%4'], '"a%4"'],
    ['an address without brackets', ['Host: 2001:db8::1'], '"2001:db8::1"'],
    ['one with bytes beyond ASCII', ['Host: caf\xc3\xa9'], '"caf\xc3\xa9"'],
  ])('of Host headers, %s is refused, wherever the request goes', async (_case, headers, got) => {
    for (const path of ['/v1/popular', '/docs', '/nothing']) {
      const { status, body } = await request(`GET ${prefix}${path} HTTP/1.1`, ...headers);
      expect([path, status]).toEqual([path, 400]);
      expect(JSON.parse(body)).toMatchObject({
        code: 'malformed-request',
        errors: [{ in: 'header', field: 'Host', message: `expected one host, such as example.org:3000, got ${got}` }],
      });
    }
  });

  test.each(['http://other.example', 'HTTPS://a:443'])('%s and a path is that path', async base => {
    const { status, body } = await request(`GET ${base}${prefix}/v1/popular?limit=1 HTTP/1.1`, 'Host: a');
    expect([status, JSON.parse(body)]).toMatchObject([200, { items: [{ itemId: 'a' }] }]);
  });

  test.each([`ftp://a${prefix}/docs`, `http://me@a${prefix}/docs`, `${prefix}/docs#top`])(
    'the target %s is refused',
    async target => {
      const { status, body } = await request(`GET ${target} HTTP/1.1`, 'Host: a');
      expect([status, JSON.parse(body)]).toMatchObject([400, { code: 'malformed-request' }]);
    },
  );

  test.each(['/v1/popular', '/docs', '/health/live'])('GET %s with a body is refused', async path => {
    for (const framing of ['Content-Length: 2', 'Transfer-Encoding: chunked']) {
      const bytes = framing.startsWith('C') ? '{}' : '2\r\n{}\r\n0\r\n\r\n';
      const lines = [`GET ${prefix}${path} HTTP/1.1`, 'Host: a', 'Connection: close', framing, '', bytes];
      const { status, body } = await sendRaw(urlOf(), lines.join('\r\n'));
      expect([status, JSON.parse(body)]).toMatchObject([
        400,
        { code: 'invalid-request', errors: [{ in: 'body', field: '', message: 'expected no body' }] },
      ]);
    }
    expect((await request(`GET ${prefix}${path} HTTP/1.1`, 'Host: a', 'Content-Length: 0')).status).toBe(200);
  });

  test.each(['path', 'query'])('invalid UTF-8 in the %s is refused, written as it is or escaped', async part => {
    for (const text of ['a%FF', 'a%C3', 'a%ED%A0%80', 'a\xff', 'a\xc3']) {
      const target = part === 'path' ? `/v1/items/${text}` : `/v1/items?query=${text}`;
      const { status, body } = await request(`GET ${prefix}${target} HTTP/1.1`, 'Host: a');
      expect([text, status]).toEqual([text, 400]);
      // Of raw bytes Node complains before it knows of any application.
      if (prefix === '' || text.includes('%')) expect(JSON.parse(body)).toMatchObject({ code: 'malformed-request' });
    }
  });
});

test('raw bytes in a URL: the answer says how to write them', async () => {
  const { body } = await sendRaw(server.url, 'GET /v1/items?query=caf\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(JSON.parse(body).detail).toContain('percent-encoded UTF-8: %C3%A9 for é');
});

test('an expectation that nobody knows is passed over, and a tunnel refused', async () => {
  const lines = ['GET /v1/popular HTTP/1.1', 'Host: a', 'Expect: wonders', 'Connection: close', '', ''];
  expect((await sendRaw(server.url, lines.join('\r\n'))).status).toBe(200);
  const { status, body } = await sendRaw(server.url, 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n');
  expect([status, JSON.parse(body)]).toMatchObject([405, { code: 'method-not-allowed' }]);
});

test.each([
  ['both lengths', 'Content-Length: 5\r\nTransfer-Encoding: chunked', '0\r\n\r\n'],
  ['two lengths', 'Content-Length: 2\r\nContent-Length: 3', '{}'],
  ['a negative length', 'Content-Length: -1', ''],
  ['a chunk without a size', 'Transfer-Encoding: chunked', 'zz\r\n{}\r\n0\r\n\r\n'],
  ['a coding that does not end', 'Transfer-Encoding: gzip', '{}'],
])('a body with %s is answered with a problem, and ends the connection', async (_case, framing, bytes) => {
  const head = `POST /v1/recommendations HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${framing}\r\n\r\n`;
  const { status, body, head: reply } = await sendRaw(server.url, head + bytes);
  expect([status, JSON.parse(body)]).toMatchObject([400, { code: 'malformed-request' }]);
  expect(reply).toContain('Connection: close');
});
