import { groupByKey, placesIn } from '../../base/numeric/sorting.js';
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
  // Groups from the largest count to zero.
  const fewer = counts.map(count => most - count);
  const { starts: begins, positions: rowAt } = groupByKey(fewer, most + 1);
  return {
    rowAt,
    positionOf: placesIn(rowAt),
    degrees: rowAt.map(row => counts[row]!),
    active: begins[most]!,
    entries,
  };
}
