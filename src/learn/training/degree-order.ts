import type { Csr } from '../../base/numeric/sparse.js';

/**
 * Rows in order of decreasing number of kept entries, ties by lower row. Trainers number rows so inside: what is read
 * most lies together in memory, the dearest rows are dealt out first, and the empty ones are all at the end.
 */
export interface DegreeOrder {
  /** The row at each position. */
  readonly rowAt: Uint32Array;
  /** The position of each row. */
  readonly positionOf: Uint32Array;
  /** Kept entries of the row at each position. */
  readonly degrees: Uint32Array;
  /** Positions below this one have entries. */
  readonly active: number;
  readonly entries: number;
}

/** @param minValue entries below it are not counted */
export function degreeOrder(csr: Csr, minValue: number): DegreeOrder {
  const { rows, starts, values } = csr;
  const counts = new Uint32Array(rows);
  let most = 0;
  let entries = 0;
  for (let row = 0; row < rows; row++) {
    let count = 0;
    for (let e = starts[row]!; e < starts[row + 1]!; e++) if (values[e]! >= minValue) count++;
    counts[row] = count;
    entries += count;
    if (count > most) most = count;
  }
  // A counting sort whose buckets run from the largest count to zero.
  const next = new Uint32Array(most + 2);
  for (let row = 0; row < rows; row++) next[most - counts[row]! + 1]!++;
  for (let bucket = 0; bucket <= most; bucket++) next[bucket + 1]! += next[bucket]!;
  const active = next[most]!;
  const rowAt = new Uint32Array(rows);
  const positionOf = new Uint32Array(rows);
  const degrees = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) {
    const position = next[most - counts[row]!]!++;
    rowAt[position] = row;
    positionOf[row] = position;
    degrees[position] = counts[row]!;
  }
  return { rowAt, positionOf, degrees, active, entries };
}
