import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createRandom } from '../../src/base/numeric/random.js';
import { rowIndices, rowValues } from '../../src/base/numeric/sparse.js';
import type { ItemIndex, UserIndex } from '../../src/learn/dataset/id-map.js';
import { VALUE_KINDS, type ValueKind } from '../../src/learn/ratings/ratings-table.js';
import { openRecommender } from '../../src/recommend/open-recommender.js';
import { PrecomputedLists } from '../../src/recommend/precomputed.js';
import type { Recommendation } from '../../src/recommend/recommendation.js';
import type { Recommender } from '../../src/recommend/recommender.js';
import { defaultRankerOf } from '../../src/recommend/request-options.js';
import { UserVectors } from '../../src/recommend/user-vectors.js';
import { loadNewestSnapshot } from '../../src/snapshot/newest-snapshot.js';
import type { Snapshot } from '../../src/snapshot/snapshot.js';
import { buildSmallSnapshot } from '../support/small-snapshot.js';

let snapshot: Snapshot;
let plain: Recommender;
let recommender: Recommender;
const events = new Map<string, { itemId: string; value?: number | undefined; timestamp: number }[]>();
/** A known user, what the snapshot has of them, and items that they have not rated. */
let userId: string;
let rated: { itemId: string; value: number }[];
let unrated: string[];
/** Seconds of the last rating of the snapshot. */
let newest: number;

beforeAll(async () => {
  const { store } = await buildSmallSnapshot({ sources: ['exact'] });
  snapshot = await loadNewestSnapshot(store, expect.fail);
  plain = await openRecommender(snapshot, expect.fail);
  recommender = await openRecommender(snapshot, expect.fail, undefined, undefined, { of: id => events.get(id) });
  const { users, items, seen } = snapshot;
  const user = 4 as UserIndex;
  const values = rowValues(seen, user);
  userId = users.idOf(user);
  rated = Array.from(rowIndices(seen, user), (item, i) => ({
    itemId: items.idOf(item as ItemIndex),
    value: values[i]!,
  }));
  unrated = [...items.ids].filter(id => rated.every(({ itemId }) => itemId !== id));
  newest = Date.parse(snapshot.manifest.dataset.to!) / 1000;
});
beforeEach(() => events.clear());

/** What the same events give that stood in the history of a request; how the lists go on is a matter of the request. */
const asFromEvents = ({ next: _, ...reply }: Recommendation) => ({ ...reply, reason: 'events' });

describe('events', () => {
  test('of known and unknown users count like a history in the request', () => {
    const history = unrated.slice(0, 3).map(itemId => ({ itemId, value: 4 }));
    for (const id of [userId, 'nobody']) {
      events.set(
        id,
        [...history, { itemId: 'no such item' }].map(event => ({ ...event, timestamp: newest - 1 })),
      );
      const request = { userId: id, limit: 10, explain: true };
      const reply = recommender.recommend(request);
      expect(reply).toMatchObject(asFromEvents(plain.recommend({ ...request, history })));
      expect(reply.source).toBe('fold-in');
      const everything = recommender.recommend({ userId: id, limit: 1000 }).items.map(({ itemId }) => itemId);
      expect(everything.filter(itemId => history.some(event => event.itemId === itemId))).toEqual([]);
    }
    expect(recommender.recommend({ userId: 'other', limit: 10 }).source).toBe('popularity');
  });

  test('give way to the history of the request', () => {
    const itemId = unrated[0]!;
    events.set('nobody', [{ itemId, value: -1, timestamp: 0 }]);
    expect(recommender.recommend({ userId: 'nobody', limit: 5 }).source).toBe('popularity');
    const history = [{ itemId, value: 5 }];
    // All that the list goes on after is another state of the user.
    const { next: _, ...reply } = plain.recommend({ userId: 'nobody', history, limit: 5 });
    expect(recommender.recommend({ userId: 'nobody', history, limit: 5 })).toMatchObject(reply);
  });

  test('that the snapshot has, or has something later for, make no difference', () => {
    const [first, second] = rated as [(typeof rated)[0], (typeof rated)[0]];
    events.set(userId, [
      { ...first, timestamp: newest + 10 },
      { itemId: second.itemId, value: second.value + 1, timestamp: newest },
      { itemId: 'no such item', value: 1, timestamp: newest + 10 },
    ]);
    const reply = recommender.recommend({ userId, limit: 10 });
    expect(reply).toEqual(plain.recommend({ userId, limit: 10 }));
    expect(reply.source).toBe('model');
  });

  test('that are later than the ratings of the snapshot replace them', () => {
    const changed = { itemId: rated[0]!.itemId, value: -1 };
    events.set(userId, [{ ...changed, timestamp: newest + 1 }]);
    const reply = recommender.recommend({ userId, limit: 10 });
    expect(reply).toMatchObject(asFromEvents(plain.recommend({ userId, history: [changed], limit: 10 })));
    expect(reply.source).toBe('fold-in');
  });

  test.each(['with versions', 'without'])(
    'in a store %s are all in the next list, though users are kept',
    async kind => {
      const random = createRandom(5);
      const versions = new Map<string, number>();
      let asked = 0;
      const of = (id: string) => {
        asked++;
        return events.get(id);
      };
      const store = kind === 'without' ? { of } : { of, versionOf: (id: string) => versions.get(id) };
      const keeping = await openRecommender(snapshot, expect.fail, undefined, undefined, store);
      for (let round = 0; round < 150; round++) {
        const id = [userId, 'nobody', 'other'][random.below(3)]!;
        const told = events.get(id) ?? [];
        const event = { itemId: unrated[random.below(5)]!, value: random.below(6) || -1, timestamp: newest };
        const place = told.findIndex(({ itemId }) => itemId === event.itemId);
        // In place, as stores may do it.
        if (place < 0) told.push(event);
        else if (random.below(2) === 0) told.splice(place, 1, event);
        else told.splice(place, 1);
        if (told.length > 0) events.set(id, told);
        else events.delete(id);
        versions.set(id, round);
        if (told.length === 0) versions.delete(id);
        for (const request of [
          { userId: id, limit: 5 },
          { userId: id, limit: 5, includeSeen: true },
        ]) {
          const reply = keeping.recommend(request);
          const expected = plain.recommend({ ...request, history: told });
          expect(reply.items).toEqual(expected.items);
          expect(reply.source).toBe(expected.source);
        }
      }
      expect(keeping.recommend({ userId, limit: 5 }).source).toBe('fold-in');
      const before = asked;
      const [one, other] = [userId, userId].map(id => keeping.recommend({ userId: id, limit: 5 }));
      expect(one).toEqual(other);
      expect(asked - before).toBe(kind === 'without' ? 2 : 0);
    },
  );

  test('go before a precomputed list', async () => {
    const { users } = snapshot;
    const lists = new PrecomputedLists({
      users: users.size,
      starts: new Uint32Array(users.size),
      lengths: new Uint32Array(users.size).fill(1),
      items: Uint32Array.of(7),
      scores: Float32Array.of(1),
    });
    const listing = await openRecommender(snapshot, expect.fail, undefined, lists, { of: id => events.get(id) });
    expect(listing.recommend({ userId, limit: 1 }).retrieval.source).toBe('precomputed');
    events.set(userId, [{ itemId: unrated[0]!, value: 4, timestamp: 0 }]);
    expect(listing.recommend({ userId, limit: 1 })).toEqual(recommender.recommend({ userId, limit: 1 }));
  });
});

describe('events among other values than ratings', () => {
  /** What a user's events say to a snapshot whose values are of this kind. */
  const eventsOf = (valueKind: ValueKind, told: { itemId: string; value: number; total?: number }) => {
    const { manifest } = snapshot;
    const other = { ...snapshot, manifest: { ...manifest, dataset: { ...manifest.dataset, valueKind } } };
    const vectors = new UserVectors(other, { of: () => [{ ...told, timestamp: newest + 1 }] });
    return vectors.eventsOf(userId, 4 as UserIndex).map(({ value }) => value);
  };

  test('add up, with each other and with the quantity that the snapshot has', () => {
    expect(eventsOf('quantities', { itemId: unrated[0]!, value: 1, total: 6 })).toEqual([6]);
    const { itemId, value } = rated[0]!;
    expect(eventsOf('quantities', { itemId, value: 2, total: 9 })).toEqual([value + 2]);
    expect(eventsOf('ratings', { itemId: unrated[0]!, value: 1, total: 6 })).toEqual([1]);
  });

  test('are dislikes where a label says no', () => {
    expect(eventsOf('labels', { itemId: unrated[0]!, value: 0 })).toEqual([-1]);
    expect(eventsOf('labels', { itemId: unrated[0]!, value: 1 })).toEqual([1]);
    expect(eventsOf('ratings', { itemId: unrated[0]!, value: 0 })).toEqual([0]);
  });

  test('leave people that nobody knows the most common items, not the best rated', () => {
    const of = (valueKind: ValueKind) => defaultRankerOf({ dataset: { ...snapshot.manifest.dataset, valueKind } });
    expect(VALUE_KINDS.map(of)).toEqual(['count', 'damped-mean', 'count', 'damped-mean']);
    expect(defaultRankerOf(snapshot.manifest)).toBe('damped-mean');
  });
});
