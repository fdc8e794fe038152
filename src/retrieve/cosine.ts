import type { Arena } from '../base/kernels/arena.js';
import { READ_BEYOND } from '../base/kernels/layout.js';
import type { Matrix } from '../base/numeric/matrix.js';
import type { CandidateSource } from './candidate-source.js';
import type { Cells } from './cells.js';
import { type CellIndex, type ClusterOptions, createCellSource, prepareCells } from './clusters.js';
import { checkSearch } from './search-memory.js';

/**
 * Norms that have a usable inverse in single precision. A vector outside of them counts as a zero vector: its
 * similarity to everything is 0.
 */
const LEAST_NORM = 1e-30;
const LARGEST_NORM = 1e37;
/**
 * What the denormals may take from a cosine: products lose at most stride · 2^-149, and the inverse norm makes at most
 * 1e30 times that of it.
 */
const UNDERFLOW = 1e-10;

export interface CosineOptions extends ClusterOptions {
  /** Only the direction in this many leading columns counts, as where the others hold biases. Default: all columns. */
  readonly columns?: number;
}

/**
 * Items by cosine similarity: the same cells over the same item matrix, each dot product times the item's inverse norm
 * (four bytes per item). A score is `fround(dot(q / |q|, x) · fround(1 / |x|))`, with q / |q| in single precision.
 * `search` takes a query of any length; for items similar to item i it is row i, with i masked.
 */
export function createCosineSource(
  arena: Arena,
  items: Matrix,
  cells: Cells,
  options: CosineOptions = {},
): CandidateSource {
  const { columns = items.columns } = options;
  const placed = arena.place(items);
  const index = options.prepared ?? prepareCosine(arena, placed, cells, columns);
  const source = createCellSource(arena, placed, index, UNDERFLOW, options);
  const { search } = source;
  const unit = new Float32Array(items.columns);
  source.search = (query, k, searchOptions) => {
    checkSearch(placed, query, searchOptions?.mask);
    const scale = inverseOf(Math.hypot(...query.subarray(0, columns)));
    // Columns beyond stay zero: the query's zeros take them out of every product.
    for (let j = 0; j < columns; j++) unit[j] = query[j]! * scale;
    return search(unit, k, searchOptions);
  };
  return source;
}

/** @param items in the arena @param columns as in `CosineOptions` */
export function prepareCosine(arena: Arena, items: Matrix, cells: Cells, columns: number): CellIndex {
  const centroids = arena.place(cells.centroids);
  const scales = { rows: inverseNorms(arena, items, columns), centroids: inverseNorms(arena, centroids, columns) };
  return prepareCells(arena, items, { starts: cells.starts, centroids }, scales);
}

function inverseNorms(arena: Arena, matrix: Matrix, columns: number): Float32Array {
  const inverse = arena.float32(matrix.rows + READ_BEYOND);
  for (let row = 0; row < matrix.rows; row++) {
    inverse[row] = inverseOf(arena.kernels.normOf(matrix.data.byteOffset + row * matrix.stride * 4, columns));
  }
  return inverse;
}

function inverseOf(norm: number): number {
  return norm >= LEAST_NORM && norm <= LARGEST_NORM ? 1 / norm : 0;
}
