import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, expectTypeOf, test } from 'vitest';
import type { RecommendRequest } from '../../../src/recommend/recommendation.js';
import { ProblemError, ShortlistClient } from '../../../src/serve/client/shortlist-client.js';
import type { RunningServer } from '../../../src/serve/http/server.js';
import { hashOf, serveForTest } from '../../support/running.js';
import { liveWith, smallService } from '../../support/small-service.js';

const asked: RecommendRequest[] = [];
const service = smallService(asked);
let server: RunningServer;
let client: ShortlistClient;
beforeAll(async () => {
  server = await serveForTest({ live: liveWith(service, { append: async () => {} }) });
  client = new ShortlistClient(`${server.url}/`);
});
afterAll(() => server.close());
beforeEach(() => {
  asked.length = 0;
});

describe('ShortlistClient', () => {
  test('is what the package exports', async () => {
    const exported = await import('shortlist/client');
    expect(await new exported.ShortlistClient(server.url).live()).toEqual({ status: 'ok' });
    expectTypeOf(exported.ShortlistClient).toEqualTypeOf(ShortlistClient);
  });

  test('every method brings what the service said', async () => {
    const request = { userId: 'ann', limit: 2 };
    const recommendation = service.recommend(request);
    const { id: snapshot } = service.manifest;
    expect(await client.recommendForUser('ann', { limit: 2 })).toEqual(recommendation);
    expect(await client.recommend(request)).toEqual(recommendation);
    expect(await client.recommendBatch({ userIds: ['ann'], limit: 2 })).toEqual({
      recommendations: [recommendation],
      snapshot,
    });
    expect(await client.logEvents({ events: [{ userId: 'ann', itemId: 'z' }] })).toEqual({
      accepted: 1,
      unknownItems: 1,
      snapshot,
    });
    expect(await client.similarItems('b', { limit: 1 })).toEqual(service.similar('b', 1));
    expect(await client.popularItems({ limit: 1, ranker: 'mean' })).toEqual(
      service.popular({ limit: 1, ranker: 'mean' }),
    );
    expect(await client.similar({ itemId: 'b', limit: 1, only: ['a'] })).toEqual(service.similar('b', 1));
    expect(await client.findItems({ query: 'bra' })).toEqual({ items: [service.item('b')], next: null, snapshot });
    expect(await client.findCategories({ query: 'fi' })).toEqual(service.categories('fi', 100));
    expect(await client.item('b')).toEqual(service.item('b'));
    expect(await client.snapshot()).toEqual(service.manifest);
    expect(await client.ready()).toEqual({ status: 'ok' });
  });

  test('ids and lists arrive as they were given', async () => {
    await client.recommendForUser('a/b ?&ä%', { exclude: ['1 2', '3&4'], explain: true });
    expect(asked).toEqual([
      {
        userId: 'a/b ?&ä%',
        limit: 10,
        exclude: ['1 2', '3&4'],
        match: 'any',
        includeSeen: false,
        coldShare: 0.1,
        diversity: 0,
        explain: true,
      },
    ]);
  });

  test('an id with a comma is refused where it would be taken apart', async () => {
    expect(() => client.recommendForUser('ann', { exclude: ['a,b'] })).toThrow('contains a comma');
    await client.recommend({ exclude: ['a,b'] });
    expect(asked).toMatchObject([{ exclude: ['a,b'] }]);
  });

  test('a problem becomes an error that carries it', async () => {
    const failure = await client.item('zzz').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ProblemError);
    expect(failure).toMatchObject({
      status: 404,
      message: 'There is no item "zzz" in this snapshot.',
      problem: { code: 'unknown-item', errors: [{ in: 'path', field: 'itemId' }] },
    });
  });

  test('the key is sent, and other headers beside it', async () => {
    const key = 'k3y-of/the+shop=';
    const closed = await serveForTest({ apiKeyHashes: [hashOf(key)], readsClosed: true });
    try {
      const requestIds: unknown[] = [];
      const seen = (error: unknown) => requestIds.push((error as ProblemError).problem?.requestId);
      await new ShortlistClient(closed.url, { headers: { 'X-Request-Id': 'mine' } }).popularItems().catch(seen);
      expect(requestIds).toEqual(['mine']);
      const withKey = new ShortlistClient(closed.url, { apiKey: key, headers: { 'X-Request-Id': 'mine' } });
      expect(await withKey.popularItems({ limit: 1 })).toEqual(service.popular({ limit: 1, ranker: 'damped-mean' }));
    } finally {
      await closed.close();
    }
  });

  test.each(['', 'two words', 'línea', 'a\r\nb'])('the key %j is refused, and not shown', apiKey => {
    const construct = () => new ShortlistClient(server.url, { apiKey });
    expect(construct).toThrow(new TypeError('apiKey has to be printable ASCII without spaces.'));
  });

  test.each(['', '.', '..'])('the id %j is refused, because it would reach another endpoint', id => {
    expect(() => client.recommendForUser(id)).toThrow(TypeError);
    expect(() => client.similarItems(id)).toThrow(`The id "${id}" cannot be part of a URL's path.`);
    expect(() => client.item(id)).toThrow(TypeError);
  });

  test('what is no id at all is refused', () => {
    expect(() => client.item(undefined as unknown as string)).toThrow('An id is a string, got undefined (undefined).');
    expect(() => client.item('half \ud83d')).toThrow('half of a surrogate pair');
  });

  test('all other ids arrive as they were given', async () => {
    const anyId = fc.string({ unit: 'binary', minLength: 1 }).filter(id => !['.', '..'].includes(id));
    const odd = fc.constantFrom(
      '...',
      './.',
      '%2e%2e',
      '.%00',
      '\\',
      '//',
      '?',
      '#',
      '\n',
      '~',
      "'",
      '*',
      '\u{10FFFF}',
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyId, odd), async id => {
        asked.length = 0;
        await client.recommendForUser(id);
        expect(asked).toMatchObject([{ userId: id }]);
      }),
    );
  });

  test('a body that the schema would refuse does not compile', () => {
    // @ts-expect-error: there is no field of this name
    void (() => client.recommendBatch({ users: ['ann'] }));
  });
});
