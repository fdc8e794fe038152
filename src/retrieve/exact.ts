import type { Arena } from '../base/kernels/arena.js';
import { BLOCK_ROWS } from '../base/kernels/layout.js';
import type { Matrix } from '../base/numeric/matrix.js';
import { descendingOrder } from '../base/numeric/sorting.js';
import type { CandidateSource } from './candidate-source.js';
import { relativeError, underflowError } from './rounding.js';
import { createRunSearch } from './search-memory.js';

/** What the scan knows about its blocks; the arrays lie in the arena. */
export interface ExactIndex {
  /** Block numbers by decreasing largest norm. */
  readonly order: Uint32Array;
  /** Largest norm in each block, rounded up. */
  readonly norms: Float32Array;
}

/** @param items in the arena */
export function prepareExact(arena: Arena, items: Matrix): ExactIndex {
  const blocks = Math.ceil(items.rows / BLOCK_ROWS);
  const order = arena.uint32(blocks);
  const norms = arena.float32(blocks);
  const mark = arena.mark();
  const rowNorms = arena.float32(items.rows);
  const relative = relativeError(items.stride);
  arena.kernels.rowNorms(items.data.byteOffset, items.stride, 0, 0, items.rows, relative, rowNorms.byteOffset);
  for (let block = 0; block < blocks; block++) {
    const end = Math.min(items.rows, (block + 1) * BLOCK_ROWS);
    for (let row = block * BLOCK_ROWS; row < end; row++) norms[block] = Math.max(norms[block]!, rowNorms[row]!);
  }
  arena.release(mark);
  order.set(descendingOrder(norms));
  return { order, norms };
}

/**
 * Scores every item that could matter: blocks of 64 rows by decreasing largest norm, until |q| times that norm is below
 * the k-th score. Always exact, and the fastest choice for small catalogues.
 * @param items the item matrix; copied into the arena unless it is there
 * @param prepared what `prepareExact` made of these items in this arena. Default: made now.
 */
export function createExactSource(arena: Arena, items: Matrix, prepared?: ExactIndex): CandidateSource {
  const { kernels } = arena;
  const rows = arena.place(items);
  const { order, norms } = prepared ?? prepareExact(arena, rows);
  const underflow = underflowError(rows.stride);
  const runSearch = createRunSearch(arena, rows);

  return {
    kind: 'exact',
    items: rows.rows,
    bytes: order.byteLength + norms.byteLength,
    defaultEffort: 'exact',
    search: (query, k, options = {}) =>
      runSearch(query, k, options.mask, 0, memory =>
        kernels.searchAll(
          memory.query,
          rows.data.byteOffset,
          rows.rows,
          rows.stride,
          0,
          memory.mask,
          order.byteOffset,
          norms.byteOffset,
          underflow,
          memory.k,
          memory.keys,
          memory.out,
        ),
      ),
  };
}
