import type { Matrix } from '../base/numeric/matrix.js';
import { checkStarts } from '../base/numeric/table-checks.js';

/**
 * The k-means cells of a catalogue whose items are numbered cell by cell. Plain arrays, made to be stored; radii and
 * norms are not part of it, since `createClusterSource` derives them from the items in a few milliseconds, and what is
 * derived cannot be stale.
 */
export interface Cells {
  /** Cell c holds the items starts[c] … starts[c+1]-1, at least one; the last entry is the number of items. */
  readonly starts: Uint32Array;
  /** One row per cell. */
  readonly centroids: Matrix;
}

/**
 * How many cells a catalogue gets by default: 40 items each, and where that would be many cells 2.5 √n, since every
 * search scores every centroid and the build compares every item with every one. Measured at 64 factors for recall@100
 * of .98: at 40,000 items 500 cells are faster than 860 (by a fifth on synthetic, an eighth on real factors) and about as
 * fast as 350, with a cheaper proof than those on real ones; at a million 2,500 are faster than 5,000 up to .99 and built
 * in half the time, 5,000 faster beyond .995.
 */
export function defaultCellCount(items: number): number {
  return Math.max(1, Math.round(Math.min(items / 40, 2.5 * Math.sqrt(items))));
}

/** Checks where cells that were read start. @throws RangeError */
export function checkCellStarts(starts: Uint32Array, items: number): void {
  checkStarts(starts, items);
  for (let cell = 1; cell < starts.length; cell++) {
    if (starts[cell] === starts[cell - 1]) throw new RangeError(`cell ${cell - 1} holds no item`);
  }
}

/**
 * Renumbers items where they are, without a second copy of them: row i becomes what row order[i] was.
 * @param order every row number once, as `buildCells` returns it
 */
export function renumberItems(items: Matrix, order: Uint32Array): void {
  const { data, stride } = items;
  const isPlaced = new Uint8Array(items.rows);
  const kept = new Float32Array(stride);
  // A permutation is a set of cycles: keep the first row of each, and the others move up one after the other.
  for (let first = 0; first < items.rows; first++) {
    if (isPlaced[first] === 1) continue;
    kept.set(data.subarray(first * stride, (first + 1) * stride));
    let row = first;
    for (let from = order[row]!; from !== first; from = order[row]!) {
      data.copyWithin(row * stride, from * stride, (from + 1) * stride);
      isPlaced[row] = 1;
      row = from;
    }
    data.set(kept, row * stride);
    isPlaced[row] = 1;
  }
}
