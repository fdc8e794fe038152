import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMatrix, rowOf } from '../../src/base/numeric/matrix.js';
import { renumberItems } from '../../src/retrieve/cells.js';

test('items are renumbered in place: row i becomes what row order[i] was', () => {
  const orders = fc
    .integer({ min: 0, max: 40 })
    .chain(rows => fc.shuffledSubarray([...Array(rows).keys()], { minLength: rows, maxLength: rows }));
  fc.assert(
    fc.property(orders, fc.integer({ min: 1, max: 5 }), (order, columns) => {
      const items = createMatrix(order.length, columns);
      for (let row = 0; row < items.rows; row++) rowOf(items, row).fill(row + 1);
      renumberItems(items, Uint32Array.from(order));
      expect(order.map((_, row) => [...rowOf(items, row)])).toEqual(order.map(old => Array(columns).fill(old + 1)));
    }),
    { seed: 1, numRuns: 200 },
  );
});
