import { describe, expect, it } from 'vitest';
import { filterEntries, hasEntry } from '../../../src/base/numeric/filter-entries.js';
import { csrFromCoordinates, rowIndices, rowValues } from '../../../src/base/numeric/sparse.js';

const matrix = csrFromCoordinates(
  3,
  9,
  Uint32Array.of(0, 0, 2, 2, 2),
  Uint32Array.of(1, 8, 0, 4, 5),
  Float32Array.of(1, 2, 3, 4, 5),
).csr;

describe('filterEntries', () => {
  it('keeps the chosen entries and the shape', () => {
    const kept = filterEntries(matrix, (row, column, value) => (row === 0 ? column === 8 : value > 3));
    expect({ rows: kept.rows, columns: kept.columns }).toEqual({ rows: 3, columns: 9 });
    expect([0, 1, 2].map(row => [[...rowIndices(kept, row)], [...rowValues(kept, row)]])).toEqual([
      [[8], [2]],
      [[], []],
      [
        [4, 5],
        [4, 5],
      ],
    ]);
  });
});

describe('hasEntry', () => {
  it('finds exactly the entries that are there', () => {
    const found = [0, 1, 2].map(row =>
      Array.from({ length: 9 }, (_, column) => column).filter(c => hasEntry(matrix, row, c)),
    );
    expect(found).toEqual([[1, 8], [], [0, 4, 5]]);
  });
});
