import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Arena } from '../../src/base/kernels/arena.js';
import { matrixFromRows } from '../../src/base/numeric/matrix.js';
import { ColdItems, mostCold, searchWithColdBound } from '../../src/recommend/cold-share.js';
import { createExactSource } from '../../src/retrieve/exact.js';
import { ItemMask } from '../../src/retrieve/item-mask.js';

const catalogue = fc.array(
  fc.record({ score: fc.integer({ min: -5, max: 5 }), cold: fc.boolean(), masked: fc.boolean() }),
  {
    minLength: 1,
    maxLength: 40,
  },
);

/** A list as it is defined, place by place: the better of the next cold item, if one may come, and the next other. */
function plainly(inOrder: readonly number[], isCold: (item: number) => boolean, k: number, share: number): number[] {
  const cold = inOrder.filter(isCold);
  const others = inOrder.filter(item => !isCold(item));
  const list: number[] = [];
  while (list.length < Math.min(k, inOrder.length)) {
    const mayBeCold = list.filter(isCold).length < Math.floor((list.length + 1) * share);
    const [next] = inOrder.filter(
      item => item === others[0] || (item === cold[0] && (mayBeCold || others.length === 0)),
    );
    (isCold(next!) ? cold : others).shift();
    list.push(next!);
  }
  return list;
}

test('at every place no more than their share of cold items, and never a place empty; a shorter list begins a longer one', () => {
  const shares = fc.constantFrom(0, 0.1, 0.2, 0.25, 0.5, 0.75, 1);
  fc.assert(
    fc.property(catalogue, fc.integer({ min: 1, max: 45 }), shares, (items, k, share) => {
      const arena = Arena.create();
      const source = createExactSource(arena, matrixFromRows(items.map(({ score }) => [score])));
      const indices = items.map((_, item) => item);
      const isCold = (item: number) => items[item]!.cold;
      const cold = new ColdItems(items.length, Uint32Array.from(indices.filter(isCold)));
      const search = (limit: number) => {
        const mask = new ItemMask(arena, items.length);
        mask.excludeAll(indices.filter(item => items[item]!.masked));
        return searchWithColdBound(source, Float32Array.of(1), limit, { mask, effort: 'exact' }, cold, share);
      };

      const inOrder = indices
        .filter(item => !items[item]!.masked)
        .sort((a, b) => items[b]!.score - items[a]!.score || a - b);
      const expected = plainly(inOrder, isCold, k, share);
      const found = search(k);
      expect([...found.items]).toEqual(expected);
      expect([...found.scores]).toEqual(expected.map(item => items[item]!.score));
      expect(found.certified).toBe(true);
      expect(found.scanned).toBeLessThanOrEqual(items.length);
      const shorter = search(Math.ceil(k / 3));
      expect([...shorter.items]).toEqual(expected.slice(0, shorter.items.length));
    }),
    { seed: 1, numRuns: 400 },
  );
});

test('a share that a float falls short of counts in full', () => {
  expect([mostCold(100, 0.29), mostCold(10, 0.3), mostCold(9, 0.1), mostCold(1000, 1)]).toEqual([29, 3, 0, 1000]);
});
