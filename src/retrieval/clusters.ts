import type { Arena } from '../kernels/arena.js';
import type { Matrix } from '../numeric/matrix.js';
import type { CandidateSource, Effort, SearchOptions } from './candidate-source.js';
import type { Cells } from './cells.js';
import { relativeError, roundedUp, underflowError } from './rounding.js';
import { runSearch } from './search-memory.js';

export interface ClusterOptions {
  /** Cells probed, 1 or more, or 'exact'. Default: 'exact'. */
  readonly defaultEffort?: Effort;
}

/** Cells that an exact search scans before it starts to prove: enough to bring the k-th score near its final value. */
const PROBES_BEFORE_PROOF = 8;

/**
 * k-means cells, searched best centroid first. For a cell with centroid c, radius r and largest norm N no item scores
 * above min(q·c + |q| r, |q| N); an answer is certified when that bound of every unscanned cell is below its last score
 * (or equal to it, where the cell's items have higher numbers and so lose the tie), with all bounds rounded up.
 * @param items the item matrix in cell order; copied into the arena unless it is there
 */
export function createClusterSource(
  arena: Arena,
  items: Matrix,
  cells: Cells,
  options: ClusterOptions = {},
): CandidateSource {
  return createCellSource(arena, arena.place(items), cells, undefined, underflowError(items.stride), options);
}

/**
 * The search over cells that plain and cosine scores share.
 * @param scales factor of each row's dot product, in the arena; undefined for 1
 * @param underflow absolute error of a score beyond the relative one
 */
export function createCellSource(
  arena: Arena,
  items: Matrix,
  cells: Cells,
  scales: { readonly rows: Float32Array; readonly centroids: Float32Array } | undefined,
  underflow: number,
  options: ClusterOptions,
): CandidateSource {
  const { kernels } = arena;
  const count = cells.centroids.rows;
  if (cells.starts.length !== count + 1 || cells.starts[count] !== items.rows) {
    throw new RangeError(`The cells are of ${cells.starts[count]} items, but there are ${items.rows}.`);
  }
  const rows = items.data.byteOffset;
  const { stride } = items;
  const scaleAddress = scales?.rows.byteOffset ?? 0;
  const starts = arena.uint32(count + 1);
  starts.set(cells.starts);
  const centroids = arena.place(cells.centroids);
  // Kernels read four cells at a time: room for the last four.
  const radii = arena.float32(count + 3);
  const maxNorms = arena.float32(count + 3);
  const norms = arena.float32(items.rows);
  const relative = relativeError(stride);
  kernels.rowNorms(rows, stride, scaleAddress, 0, items.rows, relative, norms.byteOffset);
  for (let cell = 0; cell < count; cell++) {
    const first = starts[cell]!;
    const last = starts[cell + 1]!;
    // From here on the norm of a row bounds all rows after it in its cell, in whatever order they are.
    for (let row = last - 2; row >= first; row--) norms[row] = Math.max(norms[row]!, norms[row + 1]!);
    maxNorms[cell] = norms[first]!;
    const centroid = centroids.data.byteOffset + cell * stride * 4;
    const scale = scales ? scales.centroids[cell]! : 1;
    const radius = kernels.radiusOf(rows, stride, scaleAddress, first, last, centroid, scale);
    // The computed scores of the centroid and of an item are each off by at most |q| times this.
    const rounding = relative * (norms[first]! + kernels.normOf(centroid, stride) * scale);
    radii[cell] = roundedUp(radius + rounding);
  }
  const index = arena.uint32(10);
  index.set([
    rows,
    stride,
    scaleAddress,
    // Cosine scores all have norm 1: nothing to stop at.
    scales ? 0 : norms.byteOffset,
    count,
    starts.byteOffset,
    centroids.data.byteOffset,
    scales?.centroids.byteOffset ?? 0,
    radii.byteOffset,
    maxNorms.byteOffset,
  ]);
  const workBytes = ((count + 3) & ~3) * 12;
  const source: CandidateSource = {
    kind: 'clusters',
    items: items.rows,
    bytes: centroids.data.byteLength + norms.byteLength + (scales?.rows.byteLength ?? 0) + count * 16,
    defaultEffort: options.defaultEffort ?? 'exact',
    search(query: Float32Array, k: number, { mask, effort = source.defaultEffort }: SearchOptions = {}) {
      return runSearch(arena, items, query, k, mask, workBytes, memory =>
        kernels.searchCells(
          index.byteOffset,
          memory.query,
          underflow * 2,
          memory.mask,
          effort === 'exact' ? PROBES_BEFORE_PROOF : Math.max(1, Math.floor(effort)),
          effort === 'exact' ? 1 : 0,
          memory.k,
          memory.keys,
          memory.work,
          memory.out,
        ),
      );
    },
  };
  return source;
}
