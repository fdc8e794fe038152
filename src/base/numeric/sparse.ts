import { countKeys, firstAtLeast, groupByKey } from './sorting.js';
import { checkFinite, checkRising, checkStarts } from './table-checks.js';

/**
 * A sparse matrix in compressed sparse row form: the entries of row r are `indices[starts[r] … starts[r+1]-1]` with
 * their `values`, columns ascending within a row, no column twice in a row.
 */
export interface Csr {
  readonly rows: number;
  readonly columns: number;
  /** `rows + 1` offsets, the last one the number of entries. */
  readonly starts: Uint32Array;
  readonly indices: Uint32Array;
  readonly values: Float32Array;
}

/** Checks a matrix that was read. @throws RangeError */
export function checkCsr({ rows, columns, starts, indices, values }: Csr): void {
  checkStarts(starts, indices.length);
  for (let row = 0; row < rows; row++) checkRising(indices, columns, starts[row], starts[row + 1]);
  checkFinite(values);
}

/** The columns of one row, as a view. */
export function rowIndices(csr: Csr, row: number): Uint32Array {
  return csr.indices.subarray(csr.starts[row], csr.starts[row + 1]);
}

/** The values of one row, as a view aligned with `rowIndices`. */
export function rowValues(csr: Csr, row: number): Float32Array {
  return csr.values.subarray(csr.starts[row], csr.starts[row + 1]);
}

/** The number of entries in each row. */
export function rowLengths({ starts, rows }: Pick<Csr, 'starts' | 'rows'>): Uint32Array {
  return Uint32Array.from({ length: rows }, (_, row) => starts[row + 1]! - starts[row]!);
}

/** The rows that have entries, ascending. */
export function rowsWithEntries({ starts, rows }: Pick<Csr, 'starts' | 'rows'>): Uint32Array {
  return Uint32Array.from({ length: rows }, (_, row) => row).filter(row => starts[row + 1]! > starts[row]!);
}

/** The row of each entry. */
export function rowNumbers({ starts, rows, indices }: Csr): Uint32Array {
  const numbers = new Uint32Array(indices.length);
  for (let row = 0; row < rows; row++) numbers.fill(row, starts[row], starts[row + 1]);
  return numbers;
}

/** True when the matrix has an entry there. */
export function hasEntry(csr: Csr, row: number, column: number): boolean {
  const columns = rowIndices(csr, row);
  return columns[firstAtLeast(columns, column)] === column;
}

/**
 * Builds a CSR from coordinates in any order, in linear time (two counting sorts).
 * @returns the matrix, and for each of its entries the position of the coordinate it came from.
 */
export function csrFromCoordinates(
  rows: number,
  columns: number,
  rowOf: Uint32Array,
  columnOf: Uint32Array,
  values: Float32Array,
): { csr: Csr; origin: Uint32Array } {
  // Taken in column order, the coordinates leave each row's columns ascending.
  const order = groupByKey(columnOf, columns).positions;
  const { starts, positions: origin } = groupByKey(rowOf, rows, { order });
  const indices = origin.map(i => columnOf[i]!);
  return { csr: { rows, columns, starts, indices, values: Float32Array.from(origin, i => values[i]!) }, origin };
}

/** The same entries with rows and columns exchanged. */
export function transpose(csr: Csr): Csr {
  const { rows, columns, indices, values } = csr;
  const starts = new Uint32Array(columns + 1);
  countKeys(indices, starts);
  const next = starts.slice(0, columns);
  const outIndices = new Uint32Array(indices.length);
  const outValues = new Float32Array(indices.length);
  for (let r = 0; r < rows; r++) {
    for (let e = csr.starts[r]!; e < csr.starts[r + 1]!; e++) {
      const to = next[indices[e]!]!++;
      outIndices[to] = r;
      outValues[to] = values[e]!;
    }
  }
  return { rows: columns, columns: rows, starts, indices: outIndices, values: outValues };
}

/**
 * The matrix with only those entries for which `keep` returns true.
 * @param keep is asked about each entry once, in their order
 */
export function filterEntries(
  csr: Csr,
  keep: (row: number, column: number, value: number, entry: number) => boolean,
): Csr {
  const starts = new Uint32Array(csr.rows + 1);
  const indices = new Uint32Array(csr.indices.length);
  const values = new Float32Array(csr.indices.length);
  let kept = 0;
  for (let r = 0; r < csr.rows; r++) {
    for (let e = csr.starts[r]!; e < csr.starts[r + 1]!; e++) {
      if (!keep(r, csr.indices[e]!, csr.values[e]!, e)) continue;
      indices[kept] = csr.indices[e]!;
      values[kept++] = csr.values[e]!;
    }
    starts[r + 1] = kept;
  }
  return { ...csr, starts, indices: indices.slice(0, kept), values: values.slice(0, kept) };
}
