import { type Csr, rowIndices } from './sparse.js';

/** The matrix with only those entries for which `keep` says true. */
export function filterEntries(csr: Csr, keep: (row: number, column: number, value: number) => boolean): Csr {
  const starts = new Uint32Array(csr.rows + 1);
  const indices = new Uint32Array(csr.indices.length);
  const values = new Float32Array(csr.indices.length);
  let kept = 0;
  for (let r = 0; r < csr.rows; r++) {
    for (let e = csr.starts[r]!; e < csr.starts[r + 1]!; e++) {
      if (!keep(r, csr.indices[e]!, csr.values[e]!)) continue;
      indices[kept] = csr.indices[e]!;
      values[kept++] = csr.values[e]!;
    }
    starts[r + 1] = kept;
  }
  return { ...csr, starts, indices: indices.slice(0, kept), values: values.slice(0, kept) };
}

/** True when the matrix has an entry there. Columns ascend within a row, so halving the row finds it. */
export function hasEntry(csr: Csr, row: number, column: number): boolean {
  const columns = rowIndices(csr, row);
  let low = 0;
  let high = columns.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (columns[middle]! < column) low = middle + 1;
    else high = middle;
  }
  return columns[low] === column;
}
