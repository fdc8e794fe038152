import { describe, expect, test } from 'vitest';
import { Arena } from '../../src/base/kernels/arena.js';
import { createRandom } from '../../src/base/numeric/random.js';
import { createExactSource } from '../../src/retrieve/exact.js';
import { ItemMask } from '../../src/retrieve/item-mask.js';
import { createProposedSource, createRankProposed } from '../../src/retrieve/proposed.js';
import { plainSearch } from '../support/plain-search.js';
import { groupedVectors } from '../support/sample-catalogues.js';

const ITEMS = 1500;
const arena = Arena.create();
const items = arena.place(groupedVectors(ITEMS, 8, createRandom(1)));
const exact = createExactSource(arena, items);
const query = new Float32Array(8).fill(1);
const best = Array.from(exact.search(query, 100).items);

describe('a proposed source', () => {
  const asked: { count: number; effort: number }[] = [];
  /** Proposes what there is to find, from the best on. */
  const source = createProposedSource(
    arena,
    items,
    {
      kind: 'hnsw',
      bytes: 77,
      defaultEffort: 5,
      propose(_, count, effort) {
        asked.push({ count, effort });
        return best.slice(0, count);
      },
    },
    exact,
  );

  test('makes up for masked items by fetching more', () => {
    const mask = new ItemMask(arena, ITEMS);
    mask.excludeAll(best.slice(0, 40));
    asked.length = 0;
    const found = source.search(query, 10, { mask });
    expect(asked).toEqual([{ count: 50, effort: 5 }]);
    expect([...found.items]).toEqual(best.slice(40, 50));
    expect(found).toMatchObject({ certified: false, scanned: 10 });
  });

  test.each<{ name: string; k?: number; effort?: 'exact'; of?: Float32Array; keep?: number[]; asks: number }>([
    { name: 'too many are masked', keep: [5, 6, 7], asks: 0 },
    { name: 'an exact answer is wanted', effort: 'exact', asks: 0 },
    { name: 'the query is not finite', of: new Float32Array(8).fill(Number.NaN), asks: 0 },
    { name: 'too few are proposed', k: 101, asks: 1 },
  ])('leaves it to the exact source where $name', ({ k = 3, effort = 9, of = query, keep, asks }) => {
    const mask = new ItemMask(arena, ITEMS);
    if (keep) mask.keepOnly(keep);
    asked.length = 0;
    expect(source.search(of, k, { mask, effort })).toEqual(exact.search(of, k, { mask }));
    expect(asked.length).toBe(asks);
  });
});

describe('rankProposed', () => {
  const rankProposed = createRankProposed(arena, items);

  test('gives the best of what was proposed, none of them masked or twice', () => {
    const mask = new ItemMask(arena, ITEMS);
    mask.excludeAll([3, 4]);
    const proposed = [9, 3, 9, 700, 4, 1499, 0, 700, 9, 0];
    for (const k of [1, 2, 3, 4, 5, 9]) {
      const found = rankProposed(query, k, mask, proposed);
      const isLeft = (item: number) => proposed.includes(item) && !mask.has(item);
      const expected = plainSearch(items, query, k, item => !isLeft(item));
      expect({ items: [...found.items], scores: [...found.scores] }).toEqual(expected);
      expect(found.certified).toBe(false);
    }
  });

  test('gives nothing where nothing is proposed', () => {
    expect(rankProposed(query, 3, undefined, []).items.length).toBe(0);
  });

  test.each([-1, ITEMS, Number.NaN])('refuses item %d, which there is not', item => {
    expect(() => rankProposed(query, 3, undefined, [item])).toThrow(RangeError);
  });
});
