import type { Matrix } from '../numeric/matrix.js';

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
 * How many cells a catalogue gets by default: 40 items each, and where that would be many cells, 4 sqrt(n), since every
 * search scores every centroid. Measured at 64 factors for recall@100: at 41,000 items 500 and 1,000 cells are equally
 * fast at .98, 250 and 2,000 slower by a fifth; at a million 2,500 are faster up to .99, 5,000 beyond .995.
 */
export function defaultCellCount(items: number): number {
  return Math.max(1, Math.round(Math.min(items / 40, 4 * Math.sqrt(items))));
}
