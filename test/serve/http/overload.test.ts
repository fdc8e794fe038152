import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { problem } from '../../../src/serve/http/replies.js';
import { serveForTest } from '../../support/running.js';

test('of requests that come at once, so many are answered, the others told to come back, and all is well after', async () => {
  const server = await serveForTest({ maxTurnMs: 0 });
  try {
    const { hostname, port } = new URL(server.url);
    // Pipelined on one connection, all of them are read in the same turn.
    const socket = connect(Number(port), hostname);
    const request = (path: string, extra = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${extra}\r\n`;
    socket.write(
      request('/v1/popular').repeat(10) + request('/health/live') + request('/v1/popular', 'Connection: close\r\n'),
    );
    const replies = await text(socket);
    expect([...replies.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status))).toEqual([
      ...Array(8).fill(200),
      ...[503, 503, 200, 503],
    ]);
    expect(replies.match(/Retry-After: 1\r\n/g)).toHaveLength(3);
    const refusals = replies.match(/\{"type":"[^}]*\}/g)!.map(body => problem.parse(JSON.parse(body)));
    expect(refusals.map(({ code }) => code)).toEqual(Array(3).fill('overloaded'));
    expect(replies).toContain(`X-Request-Id: ${refusals[0]!.requestId}\r\n`);
    expect((await fetch(`${server.url}/v1/popular`)).status).toBe(200);
    expect(await (await fetch(`${server.url}/metrics`)).text()).toContain('shortlist_overload_refusals_total 3\n');
  } finally {
    await server.close();
  }
});
