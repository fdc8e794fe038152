import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate as loopTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { problem } from '../../../src/serve/http/replies.js';
import { Turns } from '../../../src/serve/http/turns.js';
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

test('in one turn of the event loop one part of one long request is done, and the first to come is finished first', async () => {
  const turns = new Turns();
  const log: string[] = [];
  const long = async (name: string, parts: number) => {
    const nextTurn = turns.forRequest(() => false);
    for (let part = 1; part <= parts; part++) {
      await nextTurn();
      log.push(`${name}${part}`);
    }
  };
  const all = Promise.all([long('a', 3), long('b', 2)]);
  const lengths: number[] = [];
  for (let i = 0; i < 8; i++) {
    lengths.push(log.length);
    await loopTurn();
  }
  await all;
  expect(log).toEqual(['a1', 'a2', 'a3', 'b1', 'b2']);
  expect(Math.max(...lengths.map((length, i) => length - (lengths[i - 1] ?? 0)))).toBe(1);
});

test('one that is over stops', async () => {
  await expect(new Turns().forRequest(() => true)()).rejects.toMatchObject({ code: 'deadline-exceeded' });
});

test('of too many at once the last are refused, and those under way are not', async () => {
  const turns = new Turns();
  const requests = Array.from({ length: 17 }, () => turns.forRequest(() => false));
  const results = await Promise.allSettled(requests.map(next => next().then(next)));
  expect(results.map(({ status }) => status)).toEqual([...Array(16).fill('fulfilled'), 'rejected']);
  expect(results[16]).toMatchObject({ reason: { code: 'overloaded' } });
});
