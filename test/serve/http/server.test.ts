import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { pino } from 'pino';
import { afterEach, describe, expect, test } from 'vitest';
import type { RunningServer, ServeOptions } from '../../../src/serve/http/server.js';
import { serveForTest } from '../../support/running.js';
import { liveWith, smallService } from '../../support/small-service.js';

const running: RunningServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(server => server.close()));
});

async function start(options: Partial<ServeOptions> = {}): Promise<RunningServer> {
  const server = await serveForTest(options);
  running.push(server);
  return server;
}

function open(server: RunningServer, ...lines: string[]): Socket {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.write(lines.join('\r\n'));
  return socket;
}

const live = async (server: RunningServer) => (await fetch(`${server.url}/health/live`)).status;

describe('listening', () => {
  test('a port that is taken is named, with what to do', async () => {
    const first = await start();
    const port = Number(new URL(first.url).port);
    await expect(start({ port })).rejects.toMatchObject({
      code: 'port-in-use',
      message: `Port ${port} on 127.0.0.1 is taken by another process. Stop that one, or choose another \`port\`.`,
    });
  });

  test('an address of another machine is named', async () => {
    await expect(start({ host: '192.0.2.1' })).rejects.toMatchObject({
      code: 'cannot-listen',
      fields: { host: '192.0.2.1', port: 0, cause: 'EADDRNOTAVAIL' },
    });
  });
});

describe('readiness', () => {
  test('without a recommender the process lives but is not ready, until there is one', async () => {
    let current = liveWith();
    const { reload, rollback } = current;
    const live = {
      get recommender() {
        return current.recommender;
      },
      isReady: false,
      reload,
      rollback,
    };
    const { url } = await start({ live });
    const statuses = async () =>
      Promise.all(['/health/live', '/health/ready', '/v1/popular'].map(async path => (await fetch(url + path)).status));
    expect(await statuses()).toEqual([200, 503, 503]);
    expect((await fetch(`${url}/v1/popular`)).headers.get('retry-after')).toBe('1');
    current = liveWith(smallService());
    expect(await statuses()).toEqual([200, 200, 200]);
  });
});

describe('what goes wrong', () => {
  test('an unexpected error is a 500 that tells nothing, and a log line that tells all', async () => {
    const lines: string[] = [];
    const broken = {
      ...smallService(),
      popular() {
        throw new TypeError('secret detail');
      },
    };
    const { url } = await start({
      live: liveWith(broken),
      logger: pino({ level: 'error' }, { write: line => void lines.push(line) }),
    });
    const response = await fetch(`${url}/v1/popular`, { headers: { 'X-Request-Id': 'r1' } });
    expect(await response.json()).toEqual({
      type: '/docs#problem-internal-error',
      title: 'Internal error',
      status: 500,
      detail: 'The request failed for a reason of the server’s own. The log tells more under this request id.',
      code: 'internal-error',
      requestId: 'r1',
    });
    expect(lines.map(line => JSON.parse(line))).toMatchObject([
      { requestId: 'r1', method: 'GET', url: '/v1/popular', err: { message: 'secret detail' } },
    ]);
  });

  test.each([
    { bytes: 'hello\r\n\r\n', status: 400, code: 'malformed-request' },
    { bytes: 'GET /v1/popular HTTP/1.1\r\nConnection: close\r\n\r\n', status: 400, code: 'malformed-request' },
    { bytes: `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`, status: 431, code: 'headers-too-large' },
    {
      bytes: 'POST /v1/recommendations HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
      status: 400,
      code: 'malformed-request',
    },
  ])(
    'bytes that are no request are answered with $status, and the next client is served',
    async ({ bytes, status, code }) => {
      const server = await start();
      const reply = await text(open(server, bytes));
      expect(reply.split(' ')[1]).toBe(String(status));
      expect(JSON.parse(reply.split('\r\n\r\n')[1]!)).toMatchObject({ status, code });
      expect(await live(server)).toBe(200);
    },
  );

  test('a client that goes away in the middle of its body hurts nobody', async () => {
    const server = await start();
    const socket = open(server, ...post(100), '{"limit"');
    await new Promise(resolve => socket.write(':', resolve));
    socket.destroy();
    expect(await live(server)).toBe(200);
  });

  test('a client that never ends its headers is told so and dropped', async () => {
    const server = await start({ requestTimeoutMs: 100 });
    const reply = await text(open(server, 'GET / HTTP/1.1', 'Host: a'));
    expect(reply).toContain('HTTP/1.1 408 Request Timeout');
    expect(await live(server)).toBe(200);
  });
});

describe('closing', () => {
  test('a request under way is finished, the connection ended, and no other accepted', async () => {
    const server = await start({ shutdownTimeoutMs: 60_000 });
    const body = '{"limit":1}';
    const socket = open(server, ...post(body.length), body.slice(0, 4));
    const reply = text(socket);
    await live(server);
    const closed = server.close();
    socket.write(body.slice(4));
    expect(await reply).toMatch(/^HTTP\/1\.1 200 OK\r\n(.*\r\n)*Connection: close\r\n/);
    await closed;
    await expect(live(server)).rejects.toThrow();
  });

  test('a request that does not end is cut off after the time given', async () => {
    const server = await start({ shutdownTimeoutMs: 50 });
    const reply = text(open(server, ...post(100), '{'));
    await live(server);
    await server.close();
    expect(await reply).toBe('');
  });
});

function post(length: number): string[] {
  return [
    'POST /v1/recommendations HTTP/1.1',
    'Host: a',
    'Content-Type: application/json',
    `Content-Length: ${length}`,
    '',
  ];
}
