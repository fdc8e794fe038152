import type { Arena } from '../base/kernels/arena.js';
import { CellTable, cellWorkBytes, READ_BEYOND } from '../base/kernels/layout.js';
import type { Matrix } from '../base/numeric/matrix.js';
import type { CandidateSource, Effort, SearchOptions } from './candidate-source.js';
import type { Cells } from './cells.js';
import { relativeError, underflowError } from './rounding.js';
import { createRunSearch } from './search-memory.js';

export interface ClusterOptions {
  /** Cells probed, 1 or more, or 'exact'. Default: 'exact'. */
  readonly defaultEffort?: Effort;
  /** What was prepared for the same kind of source over these items in this arena. Default: made now. */
  readonly prepared?: CellIndex | undefined;
}

/** What the search over cells has in the arena beside the items. */
export interface CellIndex {
  /** Of the table of addresses that the kernel starts from. */
  readonly address: number;
  readonly cells: number;
  readonly bytes: number;
}

/** Factor of each row's dot product, in the arena. */
export interface CellScales {
  readonly rows: Float32Array;
  readonly centroids: Float32Array;
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
  const rows = arena.place(items);
  const index = options.prepared ?? prepareCells(arena, rows, cells);
  return createCellSource(arena, rows, index, underflowError(items.stride), options);
}

/**
 * Computes radii, norms and bounds of cells that plain and cosine scores share the search of.
 * @param items in the arena
 * @param scales undefined where all are 1
 */
export function prepareCells(arena: Arena, items: Matrix, cells: Cells, scales?: CellScales): CellIndex {
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
  const radii = arena.float32(count + READ_BEYOND);
  const maxNorms = arena.float32(count + READ_BEYOND);
  const rowRadii = arena.float32(items.rows);
  const relative = relativeError(stride);
  for (let cell = 0; cell < count; cell++) {
    const first = starts[cell]!;
    const last = starts[cell + 1]!;
    const inCell = rowRadii.subarray(first, last);
    // Norms for the moment.
    kernels.rowNorms(rows, stride, scaleAddress, first, last, relative, rowRadii.byteOffset);
    maxNorms[cell] = largestOf(inCell);
    const centroid = centroids.data.byteOffset + cell * stride * 4;
    const scale = scales ? scales.centroids[cell]! : 1;
    // The computed scores of the centroid and of an item are each off by at most |q| times `relative` times their norm.
    kernels.rowRadii(rows, stride, scaleAddress, first, last, centroid, scale, relative, rowRadii.byteOffset);
    // From here on the radius of a row bounds all rows after it in its cell, in whatever order they are.
    for (let row = last - 2; row >= first; row--) rowRadii[row] = Math.max(rowRadii[row]!, rowRadii[row + 1]!);
    radii[cell] = rowRadii[first]!;
  }
  const address = writeTable(arena, {
    rows,
    stride,
    scales: scaleAddress,
    rowRadii: rowRadii.byteOffset,
    cells: count,
    starts: starts.byteOffset,
    centroids: centroids.data.byteOffset,
    centroidScales: scales?.centroids.byteOffset ?? 0,
    radii: radii.byteOffset,
    maxNorms: maxNorms.byteOffset,
  });
  const bytes = centroids.data.byteLength + rowRadii.byteLength + (scales?.rows.byteLength ?? 0) + count * 16;
  return { address, cells: count, bytes };
}

/** Puts a table for `searchCells` into the arena and returns its address. */
function writeTable(arena: Arena, words: Record<keyof typeof CellTable, number>): number {
  const names = Object.keys(words) as (keyof typeof CellTable)[];
  const table = arena.uint32(names.length);
  for (const name of names) table[CellTable[name]] = words[name];
  return table.byteOffset;
}

function largestOf(values: Float32Array): number {
  return values.reduce((largest, value) => Math.max(largest, value), 0);
}

/**
 * The search over prepared cells.
 * @param items in the arena
 * @param underflow absolute error of a score beyond the relative one
 */
export function createCellSource(
  arena: Arena,
  items: Matrix,
  index: CellIndex,
  underflow: number,
  options: ClusterOptions,
): CandidateSource {
  const { kernels } = arena;
  const runSearch = createRunSearch(arena, items);
  const workBytes = cellWorkBytes(index.cells);
  const source: CandidateSource = {
    kind: 'clusters',
    items: items.rows,
    bytes: index.bytes,
    defaultEffort: options.defaultEffort ?? 'exact',
    search(query: Float32Array, k: number, { mask, effort = source.defaultEffort }: SearchOptions = {}) {
      return runSearch(query, k, mask, workBytes, memory =>
        kernels.searchCells(
          index.address,
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
