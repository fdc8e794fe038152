import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createOpenApi, type OpenApiParameter } from '../../../src/serve/http/openapi.js';
import { problem } from '../../../src/serve/http/replies.js';
import type { RunningServer } from '../../../src/serve/http/server.js';
import { startSmallService } from '../../support/running.js';
import { smallData } from '../../support/small-snapshot.js';

/** `FUZZ_RUNS=20000 npx vitest run --config .vitest.config.ts test/http/fuzz.test.ts` takes a minute or two. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 600);

let server: RunningServer;
beforeAll(async () => {
  server = await startSmallService({ sources: ['clusters'] });
});
afterAll(() => server.close());

const operations = Object.entries(createOpenApi().paths).flatMap(([url, methods]) =>
  Object.entries(methods).map(([method, { parameters }]) => ({ url, method, parameters })),
);
const knownIds = [...smallData.table.userIds.slice(0, 5), ...smallData.table.itemIds.slice(0, 5)];
const nasty = [
  '',
  '0',
  '-1',
  '1e9',
  'NaN',
  '__proto__',
  'constructor',
  '%',
  '%00',
  '../..',
  'null',
  'true',
  '\u0000',
  '💥',
  'a,b',
];
const anyText = fc.oneof(fc.constantFrom(...knownIds, ...nasty), fc.string({ unit: 'binary', maxLength: 40 }));

/** Parameters as documented, left out, doubled or wrong, and some that nobody documented. */
const queryOf = (parameters: readonly OpenApiParameter[]) =>
  fc
    .array(
      fc.tuple(
        fc.constantFrom('x', '__proto__', ...parameters.map(({ name }) => name), ...parameters.map(({ name }) => name)),
        anyText,
      ),
      { maxLength: 4 },
    )
    .map(pairs => pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&'));

const listOfIds = fc.array(anyText, { maxLength: 5 });
const body = fc.oneof(
  fc.record(
    {
      userId: anyText,
      userIds: listOfIds,
      history: fc.array(fc.record({ itemId: anyText, value: fc.double() }, { requiredKeys: ['itemId'] }), {
        maxLength: 5,
      }),
      limit: fc.oneof(fc.integer({ min: -1, max: 1001 }), fc.double()),
      exclude: listOfIds,
      only: listOfIds,
      categories: listOfIds,
      events: fc.array(
        fc.record(
          { userId: anyText, itemId: anyText, value: fc.double(), timestamp: fc.oneof(anyText, fc.date().map(String)) },
          { requiredKeys: ['userId', 'itemId'] },
        ),
        { maxLength: 3 },
      ),
      includeSeen: fc.boolean(),
      explain: fc.boolean(),
      match: fc.constantFrom('any', 'all', 'some'),
      coldShare: fc.double(),
      diversity: fc.double({ min: 0, max: 1 }),
    },
    { requiredKeys: [] },
  ),
  fc.jsonValue(),
);

const request = fc.constantFrom(...operations).chain(({ url, method, parameters }) =>
  fc.record({
    method: fc.constantFrom(method.toUpperCase(), method.toUpperCase(), 'DELETE'),
    url: fc
      .tuple(anyText, queryOf(parameters.filter(({ in: part }) => part === 'query')))
      .map(([id, query]) => `${url.replace(/\{\w+\}/, encodeURIComponent(id))}?${query}`),
    body: fc.oneof(
      body.map(value => JSON.stringify(value)),
      fc.string(),
    ),
  }),
);

test('whatever comes, nothing fails on our side, and every error is a problem document that says what is wrong', async () => {
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(request, async ({ method, url, body }) => {
      const response = await fetch(server.url + url, {
        method,
        ...(method === 'POST' && { headers: { 'Content-Type': 'application/json' }, body }),
      });
      const reply = await response.json();
      seen.add(response.status);
      expect(response.status).toBeLessThan(500);
      if (response.status === 200) return;
      const { status, code, errors } = problem.parse(reply);
      expect(status).toBe(response.status);
      if (code === 'invalid-request') expect(errors?.[0]?.message).toMatch(/./);
    }),
    { seed: 1, numRuns: RUNS },
  );
  // The requests are not all of one kind.
  expect([...seen].sort()).toEqual(expect.arrayContaining([200, 400, 404, 405]));
});

const junk = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    'GET',
    'POST',
    'PRI * HTTP/2.0',
    ' /v1/popular ',
    '/v1/recommendations',
    ' HTTP/1.1',
    ' HTTP/1.0',
    ' HTTP/9.9',
    '\r\n',
    '\r\n\r\n',
    '\n',
    '\0',
    'Host: a',
    'Host: a\r\nHost: b',
    'Content-Length: 5',
    'Content-Length: -1',
    'Content-Length: 99999999999999999999',
    'Transfer-Encoding: chunked',
    'Content-Type: application/json',
    'Content-Encoding: gzip',
    'Expect: 100-continue',
    'Upgrade: websocket\r\nConnection: Upgrade',
    'FFFFFFFFFFFFFFFFF\r\n',
    '5\r\n{"a":\r\n0\r\n\r\n',
    '{"limit":1}',
    'X: '.padEnd(40_000, 'x'),
  ),
);

test('whatever bytes come on a connection, what is answered is a 4xx, and the others are served on', async () => {
  const { hostname, port } = new URL(server.url);
  const request = fc.oneof(
    fc.array(junk, { minLength: 1, maxLength: 12 }).map(parts => parts.join('')),
    fc.array(junk, { maxLength: 8 }).map(parts => `POST /v1/recommendations HTTP/1.1\r\n${parts.join('\r\n')}\r\n\r\n`),
  );
  await fc.assert(
    fc.asyncProperty(request, async bytes => {
      const socket = connect(Number(port), hostname);
      // A connection that is reset is an answer as well.
      socket.on('error', () => {});
      socket.end(bytes);
      const reply = await text(socket).catch(() => '');
      for (const [, status] of reply.matchAll(/^HTTP\/1\.1 (\d+)/gm)) expect(status).toMatch(/^(100|200|204|4\d\d)$/);
      expect(reply).not.toMatch(/\.js:\d+|node_modules/);
    }),
    { seed: 2, numRuns: RUNS / 2 },
  );
  expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
});
