import { beforeAll, describe, expect, test } from 'vitest';
import { rowOf } from '../../src/base/numeric/matrix.js';
import { rowIndices } from '../../src/base/numeric/sparse.js';
import type { ItemIndex, UserIndex } from '../../src/learn/dataset/id-map.js';
import { recommendForAll } from '../../src/recommend/batch.js';
import { openRecommender } from '../../src/recommend/open-recommender.js';
import type { RecommendRequest } from '../../src/recommend/recommendation.js';
import { Recommender } from '../../src/recommend/recommender.js';
import { DEFAULT_RANKER } from '../../src/recommend/request-options.js';
import type { CandidateSource } from '../../src/retrieve/candidate-source.js';
import { loadNewestSnapshot } from '../../src/snapshot/newest-snapshot.js';
import type { Snapshot } from '../../src/snapshot/snapshot.js';
import { buildSmallSnapshot, smallData } from '../support/small-snapshot.js';

let snapshot: Snapshot;
let recommender: Recommender;

beforeAll(async () => {
  const { store } = await buildSmallSnapshot();
  snapshot = await loadNewestSnapshot(store, message => expect.fail(message));
  recommender = await openRecommender(snapshot, message => expect.fail(message));
});

/** Item ids by plain dot product, best first, without those that `drop` names. */
function slowly(vector: Float32Array, drop: (item: ItemIndex) => boolean): string[] {
  const { items, itemFactors } = snapshot;
  return items.ids
    .map((id, item) => ({ id, item, score: rowOf(itemFactors, item).reduce((sum, q, f) => sum + q * vector[f]!, 0) }))
    .filter(({ item }) => !drop(item as ItemIndex))
    .sort((a, b) => b.score - a.score)
    .map(({ id }) => id);
}

function userVector(id: string): Float32Array {
  return rowOf(snapshot.userFactors, snapshot.users.indexOf(id)!);
}

function seenBy(id: string): Set<number> {
  return new Set(rowIndices(snapshot.seen, snapshot.users.indexOf(id)!));
}

const idsOf = (reply: { items: readonly { itemId: string }[] }) => reply.items.map(item => item.itemId);

describe('a known user', () => {
  test('gets the ten best unseen items, with titles', () => {
    for (const userId of snapshot.users.ids) {
      const reply = recommender.recommend({ userId, limit: 10 });
      const seen = seenBy(userId);
      expect(idsOf(reply)).toEqual(slowly(userVector(userId), item => seen.has(item)).slice(0, 10));
      expect(reply).toMatchObject({ userId, source: 'model', snapshot: snapshot.manifest.id });
      expect(reply.items.every(item => item.title)).toBe(true);
    }
  });

  test('may ask for seen items too', () => {
    const userId = snapshot.users.ids[3]!;
    const reply = recommender.recommend({ userId, limit: 20, includeSeen: true });
    expect(idsOf(reply)).toEqual(slowly(userVector(userId), () => false).slice(0, 20));
  });

  test('gets as many as there are when more are wanted, never a filler', () => {
    const userId = snapshot.users.ids[0]!;
    const reply = recommender.recommend({ userId, limit: 1000 });
    expect(reply.items).toHaveLength(snapshot.items.size - seenBy(userId).size);
    expect(new Set(idsOf(reply)).size).toBe(reply.items.length);
  });

  test('filters by category, by list and by exclusion, still the best of what is left', () => {
    const userId = snapshot.users.ids[5]!;
    const seen = seenBy(userId);
    const [category] = snapshot.catalogue.categories;
    const members = new Set(snapshot.catalogue.inCategory(category!));
    const inCategory = slowly(userVector(userId), item => seen.has(item) || !members.has(item));
    expect(idsOf(recommender.recommend({ userId, limit: 5, categories: [category!] }))).toEqual(inCategory.slice(0, 5));
    const exclude = inCategory.slice(0, 2);
    expect(idsOf(recommender.recommend({ userId, limit: 5, categories: [category!], exclude }))).toEqual(
      inCategory.slice(2, 7),
    );
    const only = [...inCategory.slice(4, 7), 'no such item', snapshot.items.idOf([...seen][0] as ItemIndex)];
    expect(idsOf(recommender.recommend({ userId, limit: 5, only }))).toEqual(inCategory.slice(4, 7));
    expect(recommender.recommend({ userId, limit: 5, only: [] }).items).toEqual([]);
    expect(() => recommender.recommend({ userId, limit: 5, categories: ['no such category'] })).toThrow(/There are: /);
  });

  test('is told why, when asked: items of their own history', () => {
    const userId = snapshot.users.ids[2]!;
    const seen = seenBy(userId);
    for (const item of recommender.recommend({ userId, limit: 5, explain: true }).items) {
      const because = item.explanation!.because;
      expect(because).toHaveLength(3);
      expect(because.every(reason => seen.has(snapshot.items.indexOf(reason.itemId)!))).toBe(true);
      const contributions = because.map(reason => reason.contribution);
      expect(contributions).toEqual([...contributions].sort((a, b) => b - a));
      expect(contributions.at(-1)).toBeGreaterThan(0);
    }
  });

  test('is told so in steps, between which others are answered; a plain list is there at once', () => {
    const [userId, other] = snapshot.users.ids;
    const history = snapshot.items.ids.slice(0, 40).map(itemId => ({ itemId, value: 4 }));
    for (const request of [
      { userId: userId!, limit: 20, explain: true },
      { limit: 20, explain: true, history, diversity: 0.3 },
    ]) {
      const others = { userId: other!, limit: 30, explain: true, exclude: [history[0]!.itemId] };
      const steps = recommender.recommendInSteps(request);
      let count = 0;
      for (let step = steps.next(); ; step = steps.next(), count++) {
        if (!step.done) recommender.recommend(others);
        else {
          expect(step.value).toEqual(recommender.recommend(request));
          break;
        }
      }
      expect(count).toBeGreaterThan(20);
    }
    expect(recommender.recommendInSteps({ userId: userId!, limit: 20 }).next().done).toBe(true);
  });

  test('is told how each item came into the list', () => {
    const userId = snapshot.users.ids[2]!;
    const { starts } = snapshot.cells;
    for (const diversity of [0, 0.4]) {
      const { items } = recommender.recommend({ userId, limit: 10, explain: true, diversity });
      items.forEach(({ itemId, explanation }, i) => {
        const item = snapshot.items.indexOf(itemId)!;
        const { cell, rank, rankBefore, stage } = explanation!;
        expect({ stage, rank }).toEqual({ stage: 'candidates', rank: i + 1 });
        expect(starts[cell!]).toBeLessThanOrEqual(item);
        expect(starts[cell! + 1]).toBeGreaterThan(item);
        if (diversity === 0) expect(rankBefore).toBe(rank);
      });
      const plain = idsOf(recommender.recommend({ userId, limit: 50 }));
      expect(items.map(item => item.explanation!.rankBefore)).toEqual(
        items.map(({ itemId }) => plain.indexOf(itemId) + 1),
      );
    }
  });

  test('gets items that differ more with diversity, each with its exact score, the best one still first', () => {
    const userId = snapshot.users.ids[4]!;
    const vector = userVector(userId);
    const cosine = (a: Float32Array, b: Float32Array) =>
      a.reduce((sum, x, f) => sum + x * b[f]!, 0) / (Math.hypot(...a) * Math.hypot(...b));
    const likeness = [0, 0.3, 0.7].map(diversity => {
      const { items } = recommender.recommend({ userId, limit: 10, diversity });
      expect(items).toHaveLength(10);
      expect(items[0]!.itemId).toBe(slowly(vector, item => seenBy(userId).has(item))[0]);
      const rows = items.map(({ itemId }) => rowOf(snapshot.itemFactors, snapshot.items.indexOf(itemId)!));
      rows.forEach((row, i) => {
        expect(items[i]!.score).toBeCloseTo(
          row.reduce((sum, q, f) => sum + q * vector[f]!, 0),
          5,
        );
      });
      return rows.reduce((sum, a) => sum + rows.reduce((total, b) => total + cosine(a, b), 0), 0);
    });
    expect(likeness).toEqual([...likeness].sort((a, b) => b - a));
  });

  test('may ask for items in all of some categories', () => {
    const [first, second] = snapshot.catalogue
      .categoriesOf(
        snapshot.items.ids.findIndex(
          (_, item) => snapshot.catalogue.categoriesOf(item as ItemIndex).length > 1,
        ) as ItemIndex,
      )
      .slice(0, 2);
    const members = (name: string) => [...snapshot.catalogue.inCategory(name)!];
    const lists = (['any', 'all'] as const).map(match => {
      const request = { userId: 'nobody', limit: 300, categories: [first!, second!], match };
      return idsOf(recommender.recommend(request)).map(id => snapshot.items.indexOf(id)! as number);
    });
    const ascending = (items: Iterable<number>) => [...new Set(items)].sort((a, b) => a - b);
    expect(ascending(lists[0]!)).toEqual(ascending([...members(first!), ...members(second!)]));
    expect(ascending(lists[1]!)).toEqual(members(first!).filter(item => members(second!).includes(item)));
  });
});

describe('an unknown user', () => {
  test('gets the popularity list, which says so', () => {
    const reply = recommender.recommend({ userId: 'nobody', limit: 7 });
    const { order } = snapshot.popularity[DEFAULT_RANKER];
    expect(idsOf(reply)).toEqual(Array.from(order.subarray(0, 7), item => snapshot.items.idOf(item as ItemIndex)));
    expect(reply).toMatchObject({ userId: 'nobody', source: 'popularity', retrieval: { source: 'popularity' } });
  });

  test('with a history gets what a user of that history would get, without what is in it', () => {
    let agreeing = 0;
    for (const userId of snapshot.users.ids) {
      const history = [...seenBy(userId)].map(item => ({ itemId: snapshot.items.idOf(item as ItemIndex) }));
      const folded = recommender.recommend({ history, limit: 10 });
      expect(folded).toMatchObject({ userId: null, source: 'fold-in' });
      const known = new Set(idsOf(recommender.recommend({ userId, limit: 10 })));
      agreeing += idsOf(folded).filter(id => known.has(id)).length;
    }
    // Not all: five iterations leave the trained vectors somewhat short of the minimum that folding in finds.
    expect(agreeing / (10 * snapshot.users.size)).toBeGreaterThan(0.85);
  });

  test('is told why they get what they get', () => {
    const reason = (request: Partial<RecommendRequest>) => {
      const { source, reason } = recommender.recommend({ limit: 3, ...request });
      return `${source}: ${reason}`;
    };
    const history = (value: number) => [{ itemId: snapshot.items.ids[0]!, value }];
    const userId = snapshot.users.ids.find(id => seenBy(id).size >= 10);
    expect(reason({})).toBe('popularity: no-user');
    expect(reason({ userId: 'nobody' })).toBe('popularity: unknown-user');
    expect(reason({ userId: 'nobody', history: [{ itemId: 'no such item' }] })).toBe('popularity: history-unknown');
    expect(reason({ history: history(-1) })).toBe('popularity: history-without-likes');
    expect(reason({ history: history(4) })).toBe('fold-in: history');
    expect(reason({ userId: userId!, history: history(-1) })).toBe('fold-in: history');
    expect(reason({ userId: userId! })).toBe('model: trained');
    expect(reason({ userId: userId!, history: [{ itemId: 'no such item' }] })).toBe('model: trained');
  });

  test('with popularity alone, an explanation says so', () => {
    const [first] = recommender.recommend({ limit: 3, explain: true }).items;
    expect(first!.explanation).toEqual({
      stage: 'popularity',
      cell: null,
      rank: 1,
      rankBefore: 1,
      base: first!.score,
      because: [],
    });
  });

  test('with a history of unknown items is as unknown as before', () => {
    expect(recommender.recommend({ history: [{ itemId: 'no such item' }], limit: 3 }).source).toBe('popularity');
  });
});

test.each([undefined, 0, -1, 1.5, Number.NaN, 1001, '3'])('a limit of %s is refused', wrong => {
  const limit = wrong as number;
  const asked = [
    () => recommender.recommend({ userId: 'nobody', limit }),
    () => recommender.similar('nothing', limit),
    () => recommender.popular({ limit }),
    () => recommender.findItems('', limit),
  ];
  const refusal = { code: 'invalid-option', message: expect.stringMatching(/^`limit` must be a whole number from 1/) };
  for (const ask of asked) expect(ask).toThrow(expect.objectContaining(refusal));
});

test.each(['diversity', 'coldShare'])('a %s out of 0 … 1 is refused', option => {
  for (const wrong of [-0.1, 1.1, Number.NaN]) {
    const ask = () => recommender.recommend({ limit: 10, [option]: wrong });
    expect(ask).toThrow(expect.objectContaining({ code: 'invalid-option', message: expect.stringContaining(option) }));
  }
});

describe('popular and similar items', () => {
  test('popular items come by ranker and category', () => {
    const [category] = snapshot.catalogue.categories;
    const members = new Set(snapshot.catalogue.inCategory(category!));
    const reply = recommender.popular({ limit: 4, ranker: 'count', category: category! });
    const expected = [...snapshot.popularity.count.order].filter(item => members.has(item)).slice(0, 4);
    expect(idsOf(reply)).toEqual(expected.map(item => snapshot.items.idOf(item as ItemIndex)));
    expect(reply).toMatchObject({ ranker: 'count', category });
  });

  test('similar items are those of largest cosine, without the item itself', () => {
    const norm = (v: Float32Array) => Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
    const { items, itemFactors } = snapshot;
    const item = 17 as ItemIndex;
    const vector = rowOf(itemFactors, item);
    const cosines = items.ids.map((id, other) => {
      const row = rowOf(itemFactors, other);
      return { id, cosine: row.reduce((sum, q, f) => sum + q * vector[f]!, 0) / (norm(row) * norm(vector)) };
    });
    const expected = cosines.filter(({ id }) => id !== items.idOf(item)).sort((a, b) => b.cosine - a.cosine);
    const reply = recommender.similar(items.idOf(item), 6);
    expect(idsOf(reply)).toEqual(expected.slice(0, 6).map(({ id }) => id));
    reply.items.forEach(({ score }, i) => {
      expect(score).toBeCloseTo(expected[i]!.cosine, 5);
    });
    expect(() => recommender.similar('no such item', 6)).toThrow(/no item "no such item"/);
  });

  test('items are found by a part of their title, most rated first', () => {
    const title = snapshot.catalogue.titleOf(11 as ItemIndex)!;
    const found = recommender.findItems(title.slice(2, 8).toUpperCase(), 50);
    expect(found.map(item => item.title)).toContain(title);
    const ratings = found.map(item => item.ratings);
    expect(ratings).toEqual([...ratings].sort((a, b) => b - a));
    expect(recommender.item(snapshot.items.idOf(11 as ItemIndex))).toEqual(found.find(item => item.title === title));
  });
});

test('recall is the share of the exact list that the tuned effort finds', () => {
  const { ids } = snapshot.users;
  const search: CandidateSource['search'] = (_query, k, { effort } = {}) => {
    const scores = Float32Array.from([9, 8, 7, 6], (score, i) => (effort === 'exact' || i < 2 ? score : 1)).slice(0, k);
    return { items: Uint32Array.from(scores, (_, i) => i), scores, certified: false, scanned: 4 };
  };
  const source: CandidateSource = { kind: 'clusters', items: snapshot.items.size, bytes: 0, defaultEffort: 1, search };
  const half = new Recommender(snapshot, source, 1, source);
  expect(half.recallOf({ userId: ids[0]!, limit: 4 })).toBe(0.5);
  expect(half.recallOf({ userId: ids[0]!, limit: 2 })).toBe(1);
  expect(ids.map(userId => recommender.recallOf({ userId, limit: 10 })).every(recall => recall > 0.9)).toBe(true);
});

test('batch and online answers are the same', () => {
  const ids = [...snapshot.users.ids.slice(0, 30), 'nobody'];
  const batch = [...recommendForAll(recommender, ids, 10)];
  expect(batch).toEqual(ids.map(userId => recommender.recommend({ userId, limit: 10 })));
});

test('no request leaves a trace in the next one', () => {
  const userId = snapshot.users.ids[1]!;
  const first = recommender.recommend({ userId, limit: 10 });
  recommender.recommend({ userId: 'nobody', limit: 10, only: [snapshot.items.ids[0]!] });
  recommender.similar(snapshot.items.ids[0]!, 5);
  expect(recommender.recommend({ userId, limit: 10 })).toEqual(first);
  expect(snapshot.users.indexOf(userId) as UserIndex).toBe(1);
});

test('users of few interactions are blended with the average one, as if they were folded in', async () => {
  const { table } = smallData;
  // The first user keeps one rating, the second nine; the third has ratings below the threshold only.
  const left = [1, 9];
  const kept = table.users.reduce<number[]>((rows, user, row) => {
    const rating = table.values[row]!;
    if (user > 1 || (rating >= 2 && left[user]!-- > 0)) rows.push(row);
    return rows;
  }, []);
  const pick = (column: ArrayLike<number>) => kept.map(row => column[row]!);
  const values = Float32Array.from(pick(table.values));
  const users = Uint32Array.from(pick(table.users));
  users.forEach((user, row) => {
    values[row] = user === 2 ? 1 : Math.max(2, values[row]!);
  });
  const sparse = { ...table, users, items: Uint32Array.from(pick(table.items)), values, timestamps: null };
  const training = { algorithm: 'als' as const, options: { factors: 12, iterations: 40, minRating: 2 } };
  const { store } = await buildSmallSnapshot({ training, sources: ['exact'] }, { ...smallData, table: sparse });
  const built = await loadNewestSnapshot(store, message => expect.fail(message));
  const service = await openRecommender(built, message => expect.fail(message));

  const counts = table.userIds.map((_, user) => rowIndices(built.seen, user).length);
  const busy = counts.findIndex((count, user) => user > 2 && count > 40);
  const reasons = [0, 1, 2, busy].map(user => service.recommend({ userId: table.userIds[user]!, limit: 1 }).reason);
  expect(reasons).toEqual(['few-interactions', 'few-interactions', 'not-trained', 'trained']);
  expect(built.averageUser!.some(value => value !== 0)).toBe(true);
  for (const user of [0, 1, busy]) {
    const trained = service.recommend({ userId: table.userIds[user]!, limit: 10 });
    const history = Array.from(rowIndices(built.seen, user), item => ({
      itemId: built.items.idOf(item as ItemIndex),
      value: 5,
    }));
    const folded = service.recommend({ history, limit: 10 });
    trained.items.forEach(({ score }, i) => {
      expect(folded.items[i]!.score).toBeCloseTo(score, 2);
    });
  }
});
