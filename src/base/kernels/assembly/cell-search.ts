// Searches over the item rows: all of them, a listed few, or cell by cell with a proof. All leave their answer at `out`,
// in the words of `Answer`, and want `searchKeyBytes` for keys.
//
// Every bound here is on the *computed* score. With |.| the Euclidean norm, u = 2^-24 and m the number of roundings a
// product goes through, |computed - exact| <= m u |q||x| + underflow (Higham, Accuracy and Stability of Numerical
// Algorithms, 2002, section 3.1). The caller has put these terms into radii, norms and `underflow`, all rounded up.

import { Answer, BLOCK_ROWS, CellTable, KEY_BYTES, spareKeys } from '../layout';
import { finishBest, isFull, makeRoom, offerKey, resumeBest, startBest, threshold, tighten, worst } from './best-keys';
import { normOf, roundedUp, WIDEN } from './bounds';
import { countEligible, scanListed, scanRows, scoreRowsInto, startBounds, startScan } from './scan';
import { itemOfKey, keyOf, unpackKeys } from './top-k';

function report(out: usize, keys: usize, k: u32, certified: bool, scanned: u32, probed: u32): void {
  const count = finishBest();
  store<u32>(out, count, 4 * Answer.count);
  store<u32>(out, certified ? 1 : 0, 4 * Answer.certified);
  store<u32>(out, scanned, 4 * Answer.scanned);
  store<u32>(out, probed, 4 * Answer.probed);
  const items = out + 4 * Answer.items;
  unpackKeys(keys, count, items, items + 4 * k);
}

/**
 * The k best of all rows. Blocks of `BLOCK_ROWS` rows are visited by decreasing largest norm, so that the first block
 * whose bound |q| * norm lies below the k-th score ends the search.
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
  startBest(keys, k, spareKeys(k));
  const qNorm = normOf(q, stride) * WIDEN;
  let scanned: u32 = 0;
  const blocks = (count + BLOCK_ROWS - 1) / BLOCK_ROWS;
  for (let i: u32 = 0; i < blocks; i++) {
    const block = load<u32>(order + 4 * i);
    const bound = qNorm * <f64>load<f32>(norms + 4 * block) + underflow;
    // Strictly below: an equal score could win its tie. A bound beyond the floats says nothing (sums may overflow).
    if (bound < <f64>threshold && bound < <f64>f32.MAX_VALUE) break;
    scanned += scanRows(block * BLOCK_ROWS, min<u32>((block + 1) * BLOCK_ROWS, count));
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
  startBest(keys, k, spareKeys(k));
  const scanned = scanListed(items, count);
  report(out, keys, k, false, scanned, 0);
}

// @inline
function field(table: usize, word: CellTable): u32 {
  return load<u32>(table + 4 * word);
}

let rowRadii: usize = 0;
let radii: usize = 0;
let maxNorms: usize = 0;
let starts: usize = 0;
let scores: usize = 0;
let queryNorm: f32 = 0;
let slack: f32 = 0;

/** The score of a cell that has been scanned: it is not selected again, and its bound is below everything. */
const SCANNED: f32 = -Infinity;
/** The score of a cell whose centroid score overflowed: it comes last, and is bounded by its norm alone. */
const UNKNOWN: f32 = -f32.MAX_VALUE;

/** Makes every centroid score that is minus infinity or not a number UNKNOWN. */
function markUnknown(cells: u32): void {
  const unknown = f32x4.splat(UNKNOWN);
  for (let cell: u32 = 0; cell < cells; cell += 4) {
    const at = scores + 4 * cell;
    const score = v128.load(at);
    v128.store(at, v128.bitselect(score, unknown, f32x4.gt(score, unknown)));
  }
}

/**
 * Which of the four cells from `cell` on have a bound that is not below the k-th score, one bit each. The radii and norms
 * hold slack for the few roundings here.
 */
// @inline
function hopefulOf(cell: u32): u32 {
  const at: usize = 4 * cell;
  const norm = f32x4.splat(queryNorm);
  const slacks = f32x4.splat(slack);
  const byNorm = f32x4.add(f32x4.mul(norm, v128.load(maxNorms + at)), slacks);
  const byRadius = f32x4.add(f32x4.add(v128.load(scores + at), f32x4.mul(norm, v128.load(radii + at))), slacks);
  const limit = f32x4.splat(threshold);
  // Where |q| N overflows, so may the sums inside a score, and nothing is proven. UNKNOWN plus a radius would be no
  // bound at all, SCANNED plus a radius is fine.
  const isNormUsable = f32x4.lt(byNorm, f32x4.splat(Infinity));
  const isKnown = f32x4.ne(v128.load(scores + at), f32x4.splat(UNKNOWN));
  const hopeless = v128.or(f32x4.lt(byNorm, limit), v128.and(isKnown, f32x4.lt(byRadius, limit)));
  return i32x4.bitmask(v128.and(isNormUsable, hopeless)) ^ 15;
}

/** A key above those of all items of the cell. */
function boundKey(cell: u32): u64 {
  const at: usize = 4 * cell;
  const byNorm = queryNorm * load<f32>(maxNorms + at) + slack;
  let bound: f32 = Infinity;
  if (byNorm < Infinity) {
    const score = load<f32>(scores + at);
    const byRadius = score + queryNorm * load<f32>(radii + at) + slack;
    bound = score !== UNKNOWN && byRadius < byNorm ? byRadius : byNorm;
  }
  return keyOf(bound, load<u32>(starts + at));
}

/**
 * Scans a cell up to where the distance from the centroid bounds all further rows below the k-th score, and returns how
 * many rows were scored.
 */
function scanCell(cell: u32): u32 {
  const at: usize = 4 * cell;
  const score = load<f32>(scores + at);
  const isUsable = queryNorm * load<f32>(maxNorms + at) + slack < Infinity && score !== UNKNOWN;
  startBounds(isUsable ? rowRadii : 0, score, queryNorm, slack);
  const scanned = scanRows(load<u32>(starts + at), load<u32>(starts + at, 4));
  store<f32>(scores + at, SCANNED);
  return scanned;
}

/** Puts the `count` unscanned cells of highest score, best first, into `list` and returns how many there were. */
function selectCells(cells: u32, count: u32, list: usize): u32 {
  startBest(list, count, count);
  let cell: u32 = 0;
  for (; cell < cells; cell += 4) {
    const score = v128.load(scores + 4 * cell);
    if (!v128.any_true(v128.and(f32x4.ge(score, f32x4.splat(threshold)), f32x4.gt(score, f32x4.splat(SCANNED)))))
      continue;
    const end = min(cell + 4, cells);
    for (let one = cell; one < end; one++) {
      const score = load<f32>(scores + 4 * one);
      offerKey(score, one, u32(score === SCANNED));
    }
    makeRoom();
  }
  return finishBest();
}

/**
 * The k best rows of the cells that look best, or of all cells.
 * @param table the words of `CellTable`
 * @param probes cells to scan at least, 1 or more
 * @param prove 1: go on until every unscanned cell is proven to hold nothing better
 * @param k at least 1 and at most the number of rows that `mask` leaves
 * @param work scratch: `cellWorkBytes`, 16-byte aligned
 */
export function searchCells(
  table: usize,
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
  const stride = <i32>field(table, CellTable.stride);
  const cells = field(table, CellTable.cells);
  rowRadii = field(table, CellTable.rowRadii);
  starts = field(table, CellTable.starts);
  radii = field(table, CellTable.radii);
  maxNorms = field(table, CellTable.maxNorms);
  const list = work;
  const padded = (cells + 3) & ~3;
  scores = work + KEY_BYTES * padded;

  queryNorm = roundedUp(normOf(q, stride));
  slack = roundedUp(underflow);
  startScan(q, field(table, CellTable.rows), stride, field(table, CellTable.scales), mask);
  scoreRowsInto(field(table, CellTable.centroids), cells, field(table, CellTable.centroidScales), scores);
  markUnknown(cells);

  let found: u32 = 0;
  let scanned: u32 = 0;
  let done: u32 = 0;
  let wantedRows: u32 = 0;
  let eligible: u32 = 0;
  let batch = min(probes, cells);
  for (;;) {
    const selected = selectCells(cells, batch, list);
    resumeBest(keys, k, spareKeys(k), found);
    const isFirst = done === 0;
    for (let i: u32 = 0; i < selected; i++) {
      // With a mask, "so many cells" means about as many eligible rows as the first batch had rows, so that recall does
      // not depend on how much is masked. An eighth less will do: what one has seen should not cost more cells.
      if (!isFirst && isFull() && eligible >= wantedRows) break;
      const cell = itemOfKey(load<u64>(list + KEY_BYTES * i));
      scanned += scanCell(cell);
      done++;
      if (mask !== 0) {
        const first = load<u32>(starts + 4 * cell);
        const last = load<u32>(starts + 4 * cell, 4);
        eligible += countEligible(first, last);
        if (isFirst) wantedRows += last - first;
      }
    }
    found = tighten();
    if (done === cells || prove !== 0) break;
    if (isFirst) wantedRows -= wantedRows >> 3;
    if (isFull() && eligible >= wantedRows) break;
    batch = min(done, cells - done);
  }

  let certified = true;
  for (let four: u32 = 0; four < cells && certified; four += 4) {
    for (let hopeful = hopefulOf(four); hopeful !== 0; hopeful &= hopeful - 1) {
      const cell = four + ctz(hopeful);
      if (cell >= cells) break;
      if (load<f32>(scores + 4 * cell) === SCANNED || boundKey(cell) < worst) continue;
      if (prove === 0) {
        certified = false;
        break;
      }
      scanned += scanCell(cell);
      done++;
    }
  }
  report(out, keys, k, certified, scanned, done);
}
