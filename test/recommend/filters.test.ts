import { beforeAll, describe, expect, test } from 'vitest';
import type { ItemIndex } from '../../src/learn/dataset/id-map.js';
import type { RankerName } from '../../src/learn/model/popularity.js';
import { openRecommender } from '../../src/recommend/open-recommender.js';
import type { Recommender } from '../../src/recommend/recommender.js';
import type { Filters } from '../../src/recommend/request-options.js';
import { loadNewestSnapshot } from '../../src/snapshot/newest-snapshot.js';
import type { Snapshot } from '../../src/snapshot/snapshot.js';
import { buildSmallSnapshot, smallData } from '../support/small-snapshot.js';

const NAMES = ['Crime', 'Crime, Thriller', 'Thriller', 'Drama', 'Élan'];
const catalogue = smallData.catalogue.map((item, i) => ({
  ...item,
  categories: [NAMES[i % 5]!, ...(i % 3 === 0 ? ['Third'] : [])],
  ...(i % 11 === 0 && { available: false as const }),
}));
const categoriesOf = new Map(catalogue.map(({ itemId, categories }) => [itemId, categories]));

let snapshot: Snapshot;
let recommender: Recommender;
beforeAll(async () => {
  const { store } = await buildSmallSnapshot({ sources: ['exact'] }, { ...smallData, catalogue });
  snapshot = await loadNewestSnapshot(store, expect.fail);
  recommender = await openRecommender(snapshot, expect.fail);
});

const userId = smallData.table.userIds[0]!;
const itemId = smallData.table.itemIds[1]!;
const limit = 1000;
const LISTS: readonly [string, (filters: Filters) => string[]][] = [
  ['recommendations', filters => idsOf(recommender.recommend({ userId, limit, ...filters }))],
  ['recommendations by popularity', filters => idsOf(recommender.recommend({ limit, ...filters }))],
  ['similar items', filters => idsOf(recommender.similar(itemId, limit, filters))],
  ['popular items', filters => idsOf(recommender.popular({ limit, ...filters }))],
];
const idsOf = ({ items }: { items: readonly { itemId: string }[] }) => items.map(item => item.itemId);

describe.each(LISTS)('filters of %s', (_, ask) => {
  const isIn = (id: string, ...names: string[]) => names.some(name => categoriesOf.get(id)!.includes(name));

  test.each<[Filters, (id: string) => boolean]>([
    [{ categories: ['Drama'] }, id => isIn(id, 'Drama')],
    [{ categories: ['Drama', 'Third'] }, id => isIn(id, 'Drama', 'Third')],
    [{ categories: ['Drama', 'Third'], match: 'all' }, id => isIn(id, 'Drama') && isIn(id, 'Third')],
    // A whole name goes before what its commas would separate.
    [{ categories: ['Crime, Thriller'] }, id => isIn(id, 'Crime, Thriller')],
    [{ categories: ['Crime,Thriller'] }, id => isIn(id, 'Crime', 'Thriller')],
    [{ categories: ['Drama,Crime, Thriller,Élan'] }, id => isIn(id, 'Drama', 'Crime, Thriller', 'Élan')],
    [{ exclude: ['1', '2', '3', 'no such item'] }, id => !['1', '2', '3'].includes(id)],
    [{ only: ['1', '2', '3', 'no such item'] }, id => ['1', '2', '3'].includes(id)],
    [{ exclude: [] }, () => true],
    [{ only: [] }, () => false],
    [{ categories: [] }, () => false],
    [{ categories: [], match: 'all' }, () => false],
  ])('%j', (filters, isWanted) => {
    expect(ask(filters)).toEqual(ask({}).filter(isWanted));
  });

  test.each(['Western', 'Drama,Western', 'Crime, Western', 'drama', ''])('the category %j is unknown', name => {
    expect(() => ask({ categories: [name] })).toThrow(expect.objectContaining({ code: 'unknown-category' }));
  });
});

test('popularity answers with the ranker that is wanted', () => {
  for (const ranker of ['count', 'trending', 'mean', 'damped-mean'] as const) {
    const { items } = recommender.recommend({ userId: 'nobody', limit: 7, ranker });
    expect(items).toEqual(recommender.popular({ limit: 7, ranker }).items);
    expect(items[0]!.score).toBe(snapshot.popularity[ranker].scores[snapshot.items.indexOf(items[0]!.itemId)!]);
  }
});

test('words that are none of an option are refused', () => {
  const ranker = 'best' as RankerName;
  for (const ask of [
    () => recommender.popular({ limit: 5, ranker }),
    () => recommender.recommend({ limit: 5, ranker }),
  ]) {
    const message = expect.stringContaining('`ranker` must be one of damped-mean');
    expect(ask).toThrow(expect.objectContaining({ code: 'invalid-option', message }));
  }
  expect(() => recommender.similar(itemId, 5, { match: 'some' as 'any' })).toThrow('`match` must be one of any, all');
});

test('popular items differ from one another where that is wanted', () => {
  const plain = idsOf(recommender.popular({ limit: 10 }));
  const diverse = idsOf(recommender.popular({ limit: 10, diversity: 0.8 }));
  expect(diverse[0]).toBe(plain[0]);
  expect(diverse).not.toEqual(plain);
  expect(idsOf(recommender.recommend({ limit: 10, diversity: 0.8 }))).toEqual(diverse);
});

describe('categories', () => {
  const available = (name: string) =>
    catalogue.filter(item => item.categories.includes(name) && item.available !== false && isKnown(item.itemId)).length;
  const isKnown = (id: string) => snapshot.items.indexOf(id) !== undefined;

  test('come in alphabetical order with the number of their available items, page by page', () => {
    const names = ['Crime', 'Crime, Thriller', 'Drama', 'Third', 'Thriller', 'Élan'];
    const all = names.map(name => ({ name, items: available(name) }));
    expect(recommender.categories('', 10)).toEqual({ categories: all, next: null, snapshot: snapshot.manifest.id });
    const first = recommender.categories('', 4);
    expect(first.categories).toEqual(all.slice(0, 4));
    expect(recommender.categories('', 4, { cursor: first.next! })).toMatchObject({
      categories: all.slice(4),
      next: null,
    });
    for (const { name, items } of all) expect(recommender.popular({ limit, category: name }).items).toHaveLength(items);
  });

  test('are found as items are', () => {
    const found = (query: string) => recommender.categories(query, 10).categories.map(({ name }) => name);
    expect(found('thrill')).toEqual(['Crime, Thriller', 'Thriller']);
    expect(found('elan')).toEqual(['Élan']);
    expect(found('trhiller')).toEqual(['Crime, Thriller', 'Thriller']);
    expect(found('western')).toEqual([]);
  });

  test('belong to the reply of popular items where one was asked for', () => {
    const category = (filters: object) => recommender.popular({ limit: 1, ...filters }).category;
    expect([{ category: 'Drama' }, { categories: ['Drama'] }].map(category)).toEqual(['Drama', 'Drama']);
    expect(
      [{}, { categories: ['Drama', 'Third'] }, { category: 'Drama', categories: ['Third'] }].map(category),
    ).toEqual([null, null, null]);
  });
});

test('an item that nobody knows is found by no filter', () => {
  expect(() => recommender.similar('no such item', 5, { only: [snapshot.items.idOf(0 as ItemIndex)] })).toThrow(
    expect.objectContaining({ code: 'unknown-item' }),
  );
});
