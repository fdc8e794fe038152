import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  csrFromCoordinates,
  filterEntries,
  hasEntry,
  rowIndices,
  rowLengths,
  rowNumbers,
  rowsWithEntries,
  rowValues,
  transpose,
} from '../../../src/base/numeric/sparse.js';

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
        expect([...rowsWithEntries(csr)]).toEqual([...new Set(expected.map(e => e.row))]);
        expect(Array.from(origin, i => list[i])).toEqual(expected);
        expect(transpose(transpose(csr))).toEqual(csr);
        expect(transpose(csr).starts.at(-1)).toBe(list.length);
        expect([...rowNumbers(csr)]).toEqual(expected.map(e => e.row));
        expect([...rowLengths(csr)]).toEqual([0, 1, 2, 3, 4, 5, 6].map(row => list.filter(e => e.row === row).length));
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test('keep the chosen entries and their shape', () => {
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
    expect(filterEntries(matrix, (_row, _column, _value, entry) => entry === 3).indices).toEqual(Uint32Array.of(4));
  });

  test('know exactly the entries that are there', () => {
    const found = [0, 1, 2].map(row =>
      Array.from({ length: 9 }, (_, column) => column).filter(c => hasEntry(matrix, row, c)),
    );
    expect(found).toEqual([[1, 8], [], [0, 4, 5]]);
  });
});

const matrix = csrFromCoordinates(
  3,
  9,
  Uint32Array.of(0, 0, 2, 2, 2),
  Uint32Array.of(1, 8, 0, 4, 5),
  Float32Array.of(1, 2, 3, 4, 5),
).csr;
