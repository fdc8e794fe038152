import { beforeAll, describe, expect, test } from 'vitest';
import { openRecommender } from '../../src/recommend/open-recommender.js';
import type { UserEvents } from '../../src/recommend/recommendation.js';
import { Recommender } from '../../src/recommend/recommender.js';
import { loadNewestSnapshot } from '../../src/snapshot/newest-snapshot.js';
import type { Snapshot } from '../../src/snapshot/snapshot.js';
import { openSimilarity, openSource } from '../../src/snapshot/sources.js';
import { buildSmallSnapshot, smallData } from '../support/small-snapshot.js';

const { categories } = smallData.catalogue[0]!;
const cold = Array.from({ length: 60 }, (_, i) => ({ itemId: `new-${i}`, title: `New ${i}`, categories }));
const catalogue = [...smallData.catalogue, ...cold];
const userId = smallData.table.userIds[3]!;
const itemId = smallData.table.itemIds[5]!;

let snapshot: Snapshot;
let exact: Recommender;
/** Searches one cell, and so finds more where more is wanted. */
let hasty: Recommender;
beforeAll(async () => {
  const { store } = await buildSmallSnapshot({ sources: ['exact', 'clusters'] }, { ...smallData, catalogue });
  snapshot = await loadNewestSnapshot(store, expect.fail);
  exact = await openRecommender(snapshot, expect.fail);
  const { algorithm } = snapshot.manifest.objective;
  hasty = new Recommender(snapshot, await openSource(snapshot, 'clusters'), 1, openSimilarity(snapshot, algorithm, 1));
});

interface Page {
  readonly items: readonly { readonly itemId: string }[];
  readonly next: string | null;
}
const idsOf = ({ items }: Pick<Page, 'items'>) => items.map(item => item.itemId);
/** The ids on each page of a list. */
function pagesOf(ask: (cursor?: string) => Page): string[][] {
  const pages: string[][] = [];
  for (let cursor: string | undefined; ; ) {
    const page = ask(cursor);
    pages.push(idsOf(page));
    if (page.next === null) return pages;
    cursor = page.next;
  }
}

const LISTS: readonly { name: string; ask(of: Recommender, limit: number, cursor?: string): Page }[] = [
  { name: 'a user', ask: (of, limit, cursor) => of.recommend({ userId, limit, cursor }) },
  {
    name: 'a user, with filters',
    ask: (of, limit, cursor) => of.recommend({ userId, limit, categories, exclude: [itemId], coldShare: 0.3, cursor }),
  },
  { name: 'a history', ask: (of, limit, cursor) => of.recommend({ history: [{ itemId, value: 5 }], limit, cursor }) },
  { name: 'nobody', ask: (of, limit, cursor) => of.recommend({ limit, cursor, ranker: 'count' }) },
  { name: 'an item', ask: (of, limit, cursor) => of.similar(itemId, limit, { cursor }) },
  { name: 'popular items', ask: (of, limit, cursor) => of.popular({ limit, cursor }) },
  { name: 'found items', ask: (of, limit, cursor) => of.searchItems('a', limit, { cursor }) },
];

describe.each(LISTS)('the list of $name', ({ name, ask }) => {
  test('comes page by page, nothing twice and nothing lost', () => {
    const whole = ask(exact, 1000);
    expect(whole.next).toBeNull();
    expect(pagesOf(cursor => ask(exact, 23, cursor)).flat()).toEqual(idsOf(whole));
    const pages = pagesOf(cursor => ask(hasty, 10, cursor)).flat();
    expect([...pages].sort()).toEqual(idsOf(ask(hasty, 1000)).sort());
    expect(new Set(pages).size).toBe(pages.length);
  });

  test('is how a longer list begins', () => {
    const whole = idsOf(ask(exact, 1000));
    for (const limit of [1, 5, 9, 10, 11, 20, 55, 130]) expect(idsOf(ask(exact, limit))).toEqual(whole.slice(0, limit));
  });

  test('goes on with another limit, and only of the same request and snapshot', () => {
    const { next } = ask(exact, 10);
    expect(idsOf(ask(exact, 3, next!))).toEqual(idsOf(ask(exact, 13)).slice(10));
    const others = LISTS.filter(other => other.name !== name);
    for (const other of others) {
      expect(() => other.ask(exact, 10, next!)).toThrow(expect.objectContaining({ code: 'invalid-cursor' }));
    }
    const older = next!.replace(snapshot.manifest.id, '20200101T000000000Z-00000000');
    expect(() => ask(exact, 10, older)).toThrow(
      expect.objectContaining({ code: 'cursor-expired', message: expect.stringContaining('Ask without `cursor`') }),
    );
    for (const cursor of ['', '0', 'x.y', `${next}0000000000`, `${next} `]) {
      expect(() => ask(exact, 10, cursor)).toThrow(expect.objectContaining({ code: 'invalid-cursor' }));
    }
  });
});

test('a diversified list has pages too, fifty items in all, of which nothing comes twice', () => {
  for (const ask of [
    (cursor?: string) => exact.recommend({ userId, limit: 20, diversity: 0.4, cursor }),
    (cursor?: string) => exact.similar(itemId, 20, { diversity: 0.4, cursor }),
    (cursor?: string) => exact.popular({ limit: 20, diversity: 0.4, cursor }),
  ]) {
    const pages = pagesOf(ask);
    expect(pages.map(page => page.length)).toEqual([20, 20, 10]);
    expect(new Set(pages.flat()).size).toBe(50);
  }
});

test('ranks count on from page to page', () => {
  const { next } = exact.recommend({ userId, limit: 10 });
  const page = exact.recommend({ userId, limit: 5, cursor: next!, explain: true });
  expect(page.items.map(({ explanation }) => explanation!.rank)).toEqual([11, 12, 13, 14, 15]);
  const popular = exact.recommend({ limit: 2, cursor: exact.recommend({ limit: 3 }).next!, explain: true });
  expect(popular.items.map(({ explanation }) => [explanation!.rank, explanation!.rankBefore])).toEqual([
    [4, 4],
    [5, 5],
  ]);
});

test('a thousand recommendations are the end, popular items go on to the last', () => {
  const invented = Array.from({ length: 1100 }, (_, i) => ({ itemId: `more-${i}`, categories }));
  return buildSmallSnapshot({ sources: ['exact'] }, { ...smallData, catalogue: [...catalogue, ...invented] })
    .then(({ store }) => loadNewestSnapshot(store, expect.fail))
    .then(large => openRecommender(large, expect.fail))
    .then(recommender => {
      expect(pagesOf(cursor => recommender.recommend({ userId, limit: 300, cursor })).map(page => page.length)).toEqual(
        [300, 300, 300, 100],
      );
      expect(pagesOf(cursor => recommender.popular({ limit: 1000, cursor })).flat()).toHaveLength(1460);
    });
});

test('new events of the user end the list: it would be another one', async () => {
  const events = new Map<string, ReturnType<UserEvents['of']>>();
  const recommender = await openRecommender(snapshot, expect.fail, undefined, undefined, { of: id => events.get(id) });
  const { next } = recommender.recommend({ userId, limit: 10 });
  expect(recommender.recommend({ userId, limit: 10, cursor: next! }).items).toHaveLength(10);
  events.set(userId, [{ itemId: 'no such item', timestamp: 0 }]);
  expect(recommender.recommend({ userId, limit: 10, cursor: next! }).items).toHaveLength(10);
  const unseen = recommender.recommend({ userId, limit: 1 }).items[0]!.itemId;
  events.set(userId, [{ itemId: unseen, value: 5, timestamp: 0 }]);
  expect(() => recommender.recommend({ userId, limit: 10, cursor: next! })).toThrow(
    expect.objectContaining({ code: 'cursor-expired' }),
  );
});

test('what is said of the search is true: no more candidates than items, and certified only what was proven here', () => {
  for (const recommender of [exact, hasty]) {
    for (const diversity of [0, 0.5]) {
      const request = { userId, limit: 50, coldShare: 0.02, diversity };
      const first = recommender.recommend(request);
      const second = recommender.recommend({ ...request, limit: 40, cursor: first.next ?? undefined });
      const similar = recommender.similar(itemId, 50, { diversity, coldShare: 0.02 });
      for (const { retrieval } of [first, second, similar]) {
        expect(retrieval.candidates).toBeLessThanOrEqual(snapshot.items.size);
        if (diversity > 0) expect(retrieval.certified).toBe(false);
      }
    }
  }
  expect(exact.recommend({ userId, limit: 50 }).retrieval.certified).toBe(true);
  expect(exact.recommend({ limit: 5 }).retrieval).toEqual({ source: 'popularity', candidates: 5, certified: true });
  expect(exact.recommend({ limit: 5, diversity: 0.5 }).retrieval.certified).toBe(false);
});
