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
 * How many cells a catalogue gets by default.
 */
export function defaultCellCount(items: number): number {
  return Math.max(1, Math.round(Math.min(items / 40, 5 * Math.sqrt(items))));
}
