import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createOpenApi, type OpenApiParameter } from '../../src/http/openapi.js';
import { problem } from '../../src/http/replies.js';
import type { RunningServer } from '../../src/http/server.js';
import { smallData } from '../small-snapshot.js';
import { startSmallService } from './running.js';

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
      includeSeen: fc.boolean(),
      explain: fc.boolean(),
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
    { seed: 1, numRuns: 600 },
  );
  // The requests are not all of one kind.
  expect([...seen].sort()).toEqual(expect.arrayContaining([200, 400, 404, 405]));
});
