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

/** The columns of one row, as a view. */
export function rowIndices(csr: Csr, row: number): Uint32Array {
  return csr.indices.subarray(csr.starts[row], csr.starts[row + 1]);
}

/** The values of one row, as a view aligned with `rowIndices`. */
export function rowValues(csr: Csr, row: number): Float32Array {
  return csr.values.subarray(csr.starts[row], csr.starts[row + 1]);
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
  const byColumn = sortBy(columnOf, columns);
  const starts = new Uint32Array(rows + 1);
  for (let i = 0; i < rowOf.length; i++) starts[rowOf[i]! + 1]!++;
  for (let r = 0; r < rows; r++) starts[r + 1]! += starts[r]!;
  const next = starts.slice(0, rows);
  const origin = new Uint32Array(rowOf.length);
  // Walking the coordinates in column order leaves each row's columns ascending.
  for (const i of byColumn) origin[next[rowOf[i]!]!++] = i;
  return {
    csr: {
      rows,
      columns,
      starts,
      indices: origin.map(i => columnOf[i]!),
      values: Float32Array.from(origin, i => values[i]!),
    },
    origin,
  };
}

/** The same entries with rows and columns exchanged. */
export function transpose(csr: Csr): Csr {
  const { rows, columns, indices, values } = csr;
  const starts = new Uint32Array(columns + 1);
  for (let e = 0; e < indices.length; e++) starts[indices[e]! + 1]!++;
  for (let c = 0; c < columns; c++) starts[c + 1]! += starts[c]!;
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
  return {
    rows: columns,
    columns: rows,
    starts,
    indices: outIndices,
    values: outValues,
  };
}

/** Positions of `keys` in ascending order of key, stable. */
function sortBy(keys: Uint32Array, bound: number): Uint32Array {
  const next = new Uint32Array(bound + 1);
  for (let i = 0; i < keys.length; i++) next[keys[i]! + 1]!++;
  for (let k = 0; k < bound; k++) next[k + 1]! += next[k]!;
  const order = new Uint32Array(keys.length);
  for (let i = 0; i < keys.length; i++) order[next[keys[i]!]!++] = i;
  return order;
}
