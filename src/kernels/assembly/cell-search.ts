// Searches over the item rows: all of them, a listed few, or cell by cell with a proof. All leave their answer at `out`:
// four 32-bit words {count, certified, scanned, cells probed}, then k items, then k scores.
//
// Every bound here is on the *computed* score. With |.| the Euclidean norm, u = 2^-24 and m the number of roundings a
// product goes through, |computed - exact| <= m u |q||x| + underflow (Higham, Accuracy and Stability of Numerical
// Algorithms, 2002, section 3.1). The caller has put these terms into radii, norms and `underflow`, all rounded up.

import { countEligible, scanListed, scanRows, scoreRowsInto, startScan, startStops } from "./scan";
import {
  KEY_BYTES,
  finishHeap,
  itemOfKey,
  keyOf,
  offer,
  resumeHeap,
  scoreOfKey,
  startHeap,
  threshold,
  unpackKeys,
  worst,
} from "./top-k";

const MAX_F32: f64 = 3.4028234663852886e38;
/** Relative widening that outweighs the rounding of a double to a float, 2^-22. */
const WIDEN: f64 = 1.0 + 2.384185791015625e-7;

/** The least float that is surely not below `value`. */
// @ts-ignore: decorator
@inline
function roundedUp(value: f64): f32 {
  // 3e-45 is two of the smallest floats: outweighs rounding among the denormals.
  return <f32>((value > 0 ? value * WIDEN : value / WIDEN) + 3e-45);
}

/** The norm of a row, in double precision: never overflows. */
export function normOf(row: usize, stride: i32): f64 {
  let sum: f64 = 0;
  for (const end = row + ((<usize>stride) << 2); row < end; row += 4) {
    const x = <f64>load<f32>(row);
    sum += x * x;
  }
  return sqrt(sum);
}

function report(out: usize, keys: usize, k: u32, certified: bool, scanned: u32, probed: u32): void {
  const count = finishHeap();
  store<u32>(out, count);
  store<u32>(out, certified ? 1 : 0, 4);
  store<u32>(out, scanned, 8);
  store<u32>(out, probed, 12);
  unpackKeys(keys, count, out + 16, out + 16 + ((<usize>k) << 2));
}

/**
 * The k best of all rows. Blocks of 64 rows are visited by decreasing largest norm, so that the first block whose bound
 * |q| * norm lies below the k-th score ends the search.
 * @param order block numbers by decreasing norm
 * @param norms largest norm in a block, by block, rounded up
 */
export function searchAll(
  q: usize,
  rows: usize,
  count: u32,
  stride: i32,
  scales: usize,
  mask: usize,
  order: usize,
  norms: usize,
  underflow: f64,
  k: u32,
  keys: usize,
  out: usize,
): void {
  startScan(q, rows, stride, scales, mask);
  startStops(0, 0, 0);
  startHeap(keys, k);
  const qNorm = normOf(q, stride) * WIDEN;
  let scanned: u32 = 0;
  const blocks = (count + 63) >> 6;
  for (let i: u32 = 0; i < blocks; i++) {
    const block = load<u32>(order + ((<usize>i) << 2));
    const bound = qNorm * <f64>load<f32>(norms + ((<usize>block) << 2)) + underflow;
    // Strictly below: an equal score could win its tie. A bound beyond the floats says nothing (sums may overflow).
    if (bound < <f64>threshold && bound < MAX_F32) break;
    scanned += scanRows(block << 6, min<u32>((block << 6) + 64, count));
  }
  report(out, keys, k, true, scanned, 0);
}

/** The k best of `count` listed rows. */
export function searchListed(
  q: usize,
  rows: usize,
  stride: i32,
  scales: usize,
  mask: usize,
  items: usize,
  count: u32,
  k: u32,
  keys: usize,
  out: usize,
): void {
  startScan(q, rows, stride, scales, mask);
  startHeap(keys, k);
  const scanned = scanListed(items, count);
  report(out, keys, k, false, scanned, 0);
}

/** The fields of a cell index, as 32-bit words at `index`. */
// @ts-ignore: decorator
@inline
function field(index: usize, position: usize): u32 {
  return load<u32>(index + (position << 2));
}

let radii: usize = 0;
let maxNorms: usize = 0;
let starts: usize = 0;
let scores: usize = 0;
let probed: usize = 0;
let queryNorm: f64 = 0;
let slack: f64 = 0;

/** A key above that of every item of the cell. */
function boundKey(cell: u32): u64 {
  const at = (<usize>cell) << 2;
  const byNorm = queryNorm * <f64>load<f32>(maxNorms + at) + slack;
  let bound: f32 = Infinity;
  // Where |q| N may overflow, so may the sums inside a score, and nothing is proven.
  if (byNorm < MAX_F32) {
    const score = <f64>load<f32>(scores + at);
    const byRadius = score + queryNorm * <f64>load<f32>(radii + at) + slack;
    // An infinite centroid score proves nothing either, nor does what came of one that is not a number.
    bound = roundedUp(abs(score) <= MAX_F32 && byRadius < byNorm ? byRadius : byNorm);
  }
  return keyOf(bound, load<u32>(starts + at));
}

/** Puts the `count` unprobed cells of highest score, best first, into `list` and returns how many there were. */
function selectCells(cells: u32, count: u32, list: usize): u32 {
  startHeap(list, count);
  for (let cell: u32 = 0; cell < cells; cell++) {
    const score = load<f32>(scores + ((<usize>cell) << 2));
    if (!(score < threshold) && load<u8>(probed + cell) == 0) offer(score, cell);
  }
  return finishHeap();
}

/**
 * The k best rows of the cells that look best, or of all cells.
 * @param index words: rows, stride, scales, norms, cells, starts, centroids, centroid scales, radii, largest norms
 * @param probes cells to scan at least, 1 or more
 * @param prove 1: go on until every unscanned cell is proven to hold nothing better
 * @param k at least 1 and at most the number of rows that `mask` leaves
 * @param work 16 bytes per cell (in multiples of 4 cells), 16-byte aligned
 */
export function searchCells(
  index: usize,
  q: usize,
  underflow: f64,
  mask: usize,
  probes: u32,
  prove: i32,
  k: u32,
  keys: usize,
  work: usize,
  out: usize,
): void {
  const stride = <i32>field(index, 1);
  const cells = field(index, 4);
  starts = field(index, 5);
  radii = field(index, 8);
  maxNorms = field(index, 9);
  const list = work;
  const padded = (<usize>cells + 3) & ~3;
  scores = work + padded * KEY_BYTES;
  probed = scores + padded * 4;
  memory.fill(probed, 0, padded);

  queryNorm = normOf(q, stride) * WIDEN;
  slack = underflow;
  startScan(q, field(index, 0), stride, field(index, 2), mask);
  startStops(field(index, 3), roundedUp(queryNorm), roundedUp(underflow));
  scoreRowsInto(field(index, 6), cells, field(index, 7), scores);

  startHeap(keys, k);
  let scanned: u32 = 0;
  let done: u32 = 0;
  let firstRows: u32 = 0;
  let eligible: u32 = 0;
  let batch = min(probes, cells);
  for (;;) {
    const found = selectCells(cells, batch, list);
    resumeHeap(keys, k);
    const isFirst = done == 0;
    for (let i: u32 = 0; i < found; i++) {
      // With a mask, "as many cells" means as many eligible rows: go on until half as many as the first batch had rows.
      if (!isFirst && worst != 0 && eligible >= firstRows) break;
      const cell = itemOfKey(load<u64>(list + (<usize>i) * KEY_BYTES));
      const first = load<u32>(starts + ((<usize>cell) << 2));
      const last = load<u32>(starts + ((<usize>cell) << 2), 4);
      scanned += scanRows(first, last);
      if (mask != 0) {
        eligible += countEligible(first, last);
        if (isFirst) firstRows += (last - first) >> 1;
      }
      store<u8>(probed + cell, 1);
      done++;
    }
    if (done == cells || prove != 0) break;
    if (worst != 0 && eligible >= firstRows) break;
    batch = min(done, cells - done);
  }

  let certified = true;
  for (let cell: u32 = 0; cell < cells; cell++) {
    if (load<u8>(probed + cell) != 0 || boundKey(cell) < worst) continue;
    if (prove == 0) {
      certified = false;
      break;
    }
    scanned += scanRows(load<u32>(starts + ((<usize>cell) << 2)), load<u32>(starts + ((<usize>cell) << 2), 4));
    done++;
  }
  report(out, keys, k, certified, scanned, done);
}

/**
 * For each row first … last-1: its norm times `scale`, rounded up, including `relative` times itself.
 */
export function rowNorms(rows: usize, stride: i32, scales: usize, first: u32, last: u32, relative: f64, out: usize): void {
  for (let row = first; row < last; row++) {
    const norm = normOf(rows + (<usize>row) * ((<usize>stride) << 2), stride);
    const scale: f64 = scales == 0 ? 1 : <f64>load<f32>(scales + ((<usize>row) << 2));
    store<f32>(out + ((<usize>row) << 2), roundedUp(norm * scale * (1 + relative)));
  }
}

/** The largest distance between the scaled rows first … last-1 and the scaled centroid. */
export function radiusOf(
  rows: usize,
  stride: i32,
  scales: usize,
  first: u32,
  last: u32,
  centroid: usize,
  centroidScale: f64,
): f64 {
  let largest: f64 = 0;
  for (let row = first; row < last; row++) {
    const scale: f64 = scales == 0 ? 1 : <f64>load<f32>(scales + ((<usize>row) << 2));
    let at = rows + (<usize>row) * ((<usize>stride) << 2);
    let sum: f64 = 0;
    for (let j: usize = 0; j < (<usize>stride) << 2; j += 4) {
      const difference = <f64>load<f32>(at + j) * scale - <f64>load<f32>(centroid + j) * centroidScale;
      sum += difference * difference;
    }
    largest = max(largest, sum);
  }
  return sqrt(largest);
}
