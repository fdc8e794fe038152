// The layout in memory of what kernels and their callers share. Both compilers read this file: asc for the kernels, and
// TypeScript, for which every number type here is `number`, for the callers. A word has 32 bits.

/** Bytes of a key: a score and the number of its item, see `assembly/top-k.ts`. */
export const KEY_BYTES: usize = 8;

/** Keys that a search gathers beyond its k before it chooses the k best. Measured at k = 10 and 100, with a proof and without. */
// @inline
export function spareKeys(k: u32): u32 {
  return k < 32 ? 8 : k >> 2;
}

/** Bytes that a search for the k best wants for keys: up to four are added before it checks that there is room. */
export function searchKeyBytes(k: u32): usize {
  return (k + spareKeys(k) + 4) * KEY_BYTES;
}

/** Words of a search's answer. From `items` on: k numbers of items, then their k scores. */
export enum Answer {
  count,
  /** 1 when it is proven to be the best. */
  certified,
  /** Rows that were scored. */
  scanned,
  /** Cells that were scanned. */
  probed,
  items,
}

/** Rows of a block of `searchAll`. */
export const BLOCK_ROWS: u32 = 64;

/** Words of the table that `searchCells` starts from. All but `stride` and `cells` are addresses. */
export enum CellTable {
  rows,
  stride,
  /** What each row's dot product is multiplied by, or 0. */
  scales,
  /** Of each row: how far it and all after it in its cell are from the centroid at most. */
  rowRadii,
  cells,
  /** First row of each cell, and the end of the last. */
  starts,
  centroids,
  centroidScales,
  /** Of each cell: its largest row radius, and its largest norm. */
  radii,
  maxNorms,
}

/** Floats are read in fours, from any row or cell on: arrays with one for each have this many more at the end. */
export const READ_BEYOND: u32 = 3;

/** Bytes of scratch of `searchCells`: a key for each cell, then the cells' scores, four at a time. */
export function cellWorkBytes(cells: u32): usize {
  return ((cells + 3) & ~3) * (KEY_BYTES + 4);
}

/** Rows of a tile of `rankBlock`: 16 of 256 floats are half of a usual first-level cache. A multiple of four. */
export const TILE_ROWS: u32 = 16;

/** Bytes of scratch of `rankBlock`: scores of two queries with a tile, then the norm and the number of each query. */
export function rankWorkBytes(queries: u32): usize {
  return 2 * TILE_ROWS * 4 + queries * (8 + 4);
}

/**
 * Columns of a panel. Square matrices that rows are multiplied by are laid out in panels: panel p has the columns
 * 8 p … 8 p + 7, row by row.
 */
export const PANEL_COLUMNS: u32 = 8;

/** Floats from one row to the next in training: whole panels. */
export function trainingStride(columns: u32): u32 {
  return (columns + 7) & ~7;
}

/** Rows that `addGram` sums in single precision at a time: 128 rows of 64 floats are 32 KiB. */
export const GRAM_ROWS: i32 = 128;

/** Columns that `applyRotations` takes at a time. */
export const SLICE_COLUMNS: i32 = 16;

/**
 * Floats of scratch of `solveRows`: a row of zeros, which the kernel leaves as they are; five more rows; four lists of a
 * row's interactions; the dual of a row, in doubles but for its scaled vectors.
 * @param longest most interactions of a row
 */
export function solveScratchFloats(stride: u32, longest: u32, longestDual: u32): usize {
  return 6 * stride + 4 * (longest + 4) + longestDual * (stride + 2 * (longestDual + 4));
}

/** Floats of scratch of `foldIn`: six vectors, and two lists of the items. */
export function foldInWorkFloats(stride: u32, count: u32): usize {
  return 6 * stride + 2 * ((count + 3) & ~3);
}

/** Right sides that `solveFactorized` takes at a time. */
export const RIGHT_SIDES: u32 = 8;

/** Words of a rating as SGD reads it: two row numbers, and a float. */
export enum RatingTriple {
  user,
  item,
  value,
}
export const TRIPLE_WORDS: u32 = 3;
