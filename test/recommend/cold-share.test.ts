import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Arena } from '../../src/base/kernels/arena.js';
import { matrixFromRows } from '../../src/base/numeric/matrix.js';
import { ColdItems, searchWithColdBound } from '../../src/recommend/cold-share.js';
import { createExactSource } from '../../src/retrieve/exact.js';
import { ItemMask } from '../../src/retrieve/item-mask.js';

const catalogue = fc.array(
  fc.record({ score: fc.integer({ min: -5, max: 5 }), cold: fc.boolean(), masked: fc.boolean() }),
  {
    minLength: 1,
    maxLength: 40,
  },
);

test('the best list with at most so many cold items, as the slow way finds it, and never a place empty', () => {
  fc.assert(
    fc.property(catalogue, fc.integer({ min: 1, max: 45 }), fc.integer({ min: 0, max: 12 }), (items, k, most) => {
      const arena = Arena.create();
      const source = createExactSource(arena, matrixFromRows(items.map(({ score }) => [score])));
      const indices = items.map((_, item) => item);
      const cold = new ColdItems(items.length, Uint32Array.from(indices.filter(item => items[item]!.cold)));
      const mask = new ItemMask(arena, items.length);
      mask.excludeAll(indices.filter(item => items[item]!.masked));
      const query = Float32Array.of(1);

      const inOrder = indices
        .filter(item => !items[item]!.masked)
        .sort((a, b) => items[b]!.score - items[a]!.score || a - b);
      const others = inOrder.filter(item => !items[item]!.cold).length;
      let coldLeft = Math.max(most, Math.min(k, inOrder.length) - others);
      const expected = inOrder.filter(item => !items[item]!.cold || coldLeft-- > 0).slice(0, k);

      const found = searchWithColdBound(source, query, k, { mask, effort: 'exact' }, cold, most);
      expect([...found.items]).toEqual(expected);
      expect([...found.scores]).toEqual(expected.map(item => items[item]!.score));
      expect(found.certified).toBe(true);
    }),
    { seed: 1, numRuns: 400 },
  );
});
