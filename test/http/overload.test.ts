import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { serveForTest } from './running.js';

test('of requests that come at once, so many are answered, the others told to come back, and all is well after', async () => {
  const server = await serveForTest({ maxRequestsPerTurn: 2 });
  try {
    const { hostname, port } = new URL(server.url);
    // Pipelined on one connection, all of them are read in the same turn.
    const socket = connect(Number(port), hostname);
    const request = (path: string, extra = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${extra}\r\n`;
    socket.write(
      request('/v1/popular').repeat(4) + request('/health/live') + request('/v1/popular', 'Connection: close\r\n'),
    );
    const replies = await text(socket);
    expect([...replies.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual([
      '200',
      '200',
      '503',
      '503',
      '200',
      '503',
    ]);
    expect(replies).toContain('"code":"overloaded"');
    expect(replies.match(/Retry-After: 1/g)).toHaveLength(3);
    expect((await fetch(`${server.url}/v1/popular`)).status).toBe(200);
    expect(await (await fetch(`${server.url}/metrics`)).text()).toContain('shortlist_overload_refusals_total 3\n');
  } finally {
    await server.close();
  }
});
