import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csrFromCoordinates, rowIndices, rowValues, transpose } from '../../../src/base/numeric/sparse.js';

const entries = fc.uniqueArray(
  fc.record({ row: fc.nat(6), column: fc.nat(8), value: fc.integer({ min: 1, max: 9 }) }),
  {
    selector: entry => `${entry.row},${entry.column}`,
    maxLength: 40,
  },
);

describe('compressed sparse rows', () => {
  test('hold exactly the given coordinates, rows and columns ascending, and know where each came from', () => {
    fc.assert(
      fc.property(entries, list => {
        const { csr, origin } = csrFromCoordinates(
          7,
          9,
          Uint32Array.from(list, e => e.row),
          Uint32Array.from(list, e => e.column),
          Float32Array.from(list, e => e.value),
        );
        const expected = [...list].sort((a, b) => a.row - b.row || a.column - b.column);
        const read = Array.from({ length: 7 }, (_, row) =>
          Array.from(rowIndices(csr, row), (column, i) => ({ row, column, value: rowValues(csr, row)[i] })),
        ).flat();
        expect(read).toEqual(expected);
        expect(Array.from(origin, i => list[i])).toEqual(expected);
        expect(transpose(transpose(csr))).toEqual(csr);
        expect(transpose(csr).starts.at(-1)).toBe(list.length);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});
