import { beforeAll, describe, expect, test } from 'vitest';
import { rowOf } from '../../src/base/numeric/matrix.js';
import { median } from '../../src/base/numeric/statistics.js';
import type { ItemIndex } from '../../src/learn/dataset/id-map.js';
import { gramOf } from '../../src/learn/model/fold-in.js';
import { RANKER_NAMES } from '../../src/learn/model/popularity.js';
import type { CatalogueItem } from '../../src/learn/ratings/ratings-table.js';
import { openRecommender } from '../../src/recommend/open-recommender.js';
import type { Recommender } from '../../src/recommend/recommender.js';
import { loadNewestSnapshot } from '../../src/snapshot/newest-snapshot.js';
import type { Snapshot } from '../../src/snapshot/snapshot.js';
import { buildSmallSnapshot, smallData } from '../support/small-snapshot.js';

const [category, another] = [...new Set(smallData.catalogue.flatMap(item => item.categories))].sort();
const isOut = (itemId: string) => Number(itemId) % 7 === 0;
const catalogue: CatalogueItem[] = [
  ...smallData.catalogue.map(item => (isOut(item.itemId) ? { ...item, available: false as const } : item)),
  ...Array.from({ length: 40 }, (_, i) => ({ itemId: `new-${i}`, title: `New ${i}`, categories: [category!] })),
  { itemId: 'new-both', categories: [category!, another!] },
  { itemId: 'new-out', categories: [category!], available: false as const },
  { itemId: 'without-category', title: 'Nowhere', categories: [] },
  { itemId: 'unheard-of', categories: ['a category of its own'] },
];

describe.each([
  { algorithm: 'als' as const, options: { factors: 12, iterations: 5 } },
  { algorithm: 'sgd' as const, options: { factors: 8, iterations: 10 } },
])('a catalogue with items that nobody has rated or that are not available, $algorithm', training => {
  let snapshot: Snapshot;
  let recommender: Recommender;
  const idsOf = (reply: { items: readonly { itemId: string }[] }) => reply.items.map(item => item.itemId);
  const coldIn = (ids: readonly string[]) => ids.filter(id => id.startsWith('new-'));

  beforeAll(async () => {
    const { store } = await buildSmallSnapshot(
      { training, sources: ['exact', 'clusters'] },
      { ...smallData, catalogue },
    );
    snapshot = await loadNewestSnapshot(store, message => expect.fail(message));
    recommender = await openRecommender(snapshot, message => expect.fail(message));
  });

  test('the snapshot has those that share a category with rated ones, apart from the trained figures', () => {
    const cold = Array.from(snapshot.coldItems, item => snapshot.items.idOf(item as ItemIndex));
    expect(cold.sort()).toEqual(catalogue.flatMap(({ itemId }) => (itemId.startsWith('new-') ? [itemId] : [])).sort());
    expect(snapshot.manifest.dataset).toMatchObject({ items: 300, coldItems: 42 });
    expect(snapshot.items.size).toBe(342);
    const isCold = new Set(snapshot.coldItems);
    expect(snapshot.gram).toEqual(gramOf(snapshot.itemFactors, item => !isCold.has(item)));
    expect(snapshot.seen.indices.some(item => isCold.has(item))).toBe(false);
  });

  test('their vectors are those of their categories', () => {
    const vector = (id: string) => rowOf(snapshot.itemFactors, snapshot.items.indexOf(id)!);
    expect(vector('new-1')).toEqual(vector('new-0'));
    expect(vector('new-both')).not.toEqual(vector('new-0'));
    const norms = snapshot.items.ids.filter(id => !id.startsWith('new-')).map(id => Math.hypot(...vector(id)));
    if (training.algorithm === 'als') expect(Math.hypot(...vector('new-both'))).toBeCloseTo(median(norms), 4);
    else expect(vector('new-both').at(-2)).toBeCloseTo(1, 6);
  });

  test('they take no more of a list than their share, and the list says which they are', () => {
    let met = 0;
    for (const userId of snapshot.users.ids.slice(0, 40)) {
      const all = recommender.recommend({ userId, limit: 100, coldShare: 1 });
      for (const coldShare of [0, 0.05, 0.1]) {
        const reply = recommender.recommend({ userId, limit: 100, coldShare, explain: true });
        expect(reply.items).toHaveLength(100);
        expect(coldIn(idsOf(reply)).length).toBe(Math.min(100 * coldShare, coldIn(idsOf(all)).length));
        for (const { itemId, explanation } of reply.items) {
          expect(explanation!.stage).toBe(itemId.startsWith('new-') ? 'cold' : 'candidates');
        }
      }
      met += coldIn(idsOf(all)).length;
    }
    expect(met).toBeGreaterThan(0);
  });

  test('where there are not enough others they fill the list', () => {
    const userId = snapshot.users.ids[0]!;
    const only = [
      ...Array.from({ length: 40 }, (_, i) => `new-${i}`),
      'new-out',
      ...smallData.table.itemIds.slice(0, 3),
    ];
    const reply = recommender.recommend({ userId, limit: 30, only, includeSeen: true });
    expect(reply.items).toHaveLength(30);
    const others = smallData.table.itemIds.slice(0, 3).filter(id => !isOut(id));
    expect(coldIn(idsOf(reply))).toHaveLength(30 - others.length);
    const diverse = recommender.recommend({ userId, limit: 30, only, includeSeen: true, diversity: 0.3 });
    expect(coldIn(idsOf(diverse))).toHaveLength(30 - others.length);
  });

  test('in popularity rankings they come last', () => {
    for (const ranker of RANKER_NAMES) {
      const ids = idsOf(recommender.popular({ limit: 1000, ranker }));
      const available = catalogue.filter(
        ({ itemId, available }) => available !== false && snapshot.items.indexOf(itemId) !== undefined,
      );
      expect(ids).toHaveLength(available.length);
      expect(coldIn(ids.slice(-41))).toHaveLength(41);
    }
    expect(recommender.item('new-0')).toEqual({
      itemId: 'new-0',
      title: 'New 0',
      categories: [category],
      ratings: 0,
      meanRating: null,
    });
  });

  test('what is not available is in no list, but has similar items', () => {
    const isBad = (id: string) => isOut(id) || id === 'new-out';
    for (const userId of ['nobody', ...snapshot.users.ids.slice(0, 20)]) {
      const reply = recommender.recommend({ userId, limit: 1000, includeSeen: true });
      expect(reply.items).toHaveLength(341 - smallData.table.itemIds.filter(isOut).length);
      expect(idsOf(reply).filter(isBad)).toEqual([]);
    }
    expect(recommender.recommend({ limit: 5, only: ['7', 'new-out'] }).items).toEqual([]);
    const similar = recommender.similar('7', 20);
    expect(similar.items).toHaveLength(20);
    expect(idsOf(similar).filter(isBad)).toEqual([]);
    expect(coldIn(idsOf(similar)).length).toBeLessThanOrEqual(2);
    expect(recommender.similar('new-both', 20).items).toHaveLength(20);
  });
});
