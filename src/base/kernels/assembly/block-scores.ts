// The k best rows for a block of queries at once. One query after the other reads the whole item matrix from memory each
// time; here a tile of rows stays in the nearest cache while all queries of the block are scored against it.

import { KEY_BYTES, TILE_ROWS } from '../layout';
import { normOf, WIDEN } from './bounds';
import { dotRows4, plusProduct, sumLanes4 } from './dot';
import { isExcluded } from './scan';
import { finishHeap, itemOfKey, offer, resumeHeap, scoreOfKey, startHeap, threshold } from './top-k';

/** Dot products of the rows at p and q with the four rows from `row` on, summed as `dot.ts` has it, to `outP` and `outQ`. */
// @inline
function scoreTwo(p: usize, q: usize, row: usize, stride: i32, outP: usize, outQ: usize): void {
  const rowBytes: usize = 4 * stride;
  let a = row;
  let b = a + rowBytes;
  let c = b + rowBytes;
  let d = c + rowBytes;
  let pa = f32x4.splat(0);
  let pb = f32x4.splat(0);
  let pc = f32x4.splat(0);
  let pd = f32x4.splat(0);
  let qa = f32x4.splat(0);
  let qb = f32x4.splat(0);
  let qc = f32x4.splat(0);
  let qd = f32x4.splat(0);
  const end = p + rowBytes;
  const even = p + 4 * (stride & ~7);
  while (p < even) {
    let x = v128.load(p);
    let y = v128.load(q);
    let v = v128.load(a);
    pa = plusProduct(pa, x, v);
    qa = plusProduct(qa, y, v);
    v = v128.load(b);
    pb = plusProduct(pb, x, v);
    qb = plusProduct(qb, y, v);
    v = v128.load(c);
    pc = plusProduct(pc, x, v);
    qc = plusProduct(qc, y, v);
    v = v128.load(d);
    pd = plusProduct(pd, x, v);
    qd = plusProduct(qd, y, v);
    x = v128.load(p, 16);
    y = v128.load(q, 16);
    v = v128.load(a, 16);
    pa = plusProduct(pa, x, v);
    qa = plusProduct(qa, y, v);
    v = v128.load(b, 16);
    pb = plusProduct(pb, x, v);
    qb = plusProduct(qb, y, v);
    v = v128.load(c, 16);
    pc = plusProduct(pc, x, v);
    qc = plusProduct(qc, y, v);
    v = v128.load(d, 16);
    pd = plusProduct(pd, x, v);
    qd = plusProduct(qd, y, v);
    p += 32;
    q += 32;
    a += 32;
    b += 32;
    c += 32;
    d += 32;
  }
  if (p < end) {
    const x = v128.load(p);
    const y = v128.load(q);
    let v = v128.load(a);
    pa = plusProduct(pa, x, v);
    qa = plusProduct(qa, y, v);
    v = v128.load(b);
    pb = plusProduct(pb, x, v);
    qb = plusProduct(qb, y, v);
    v = v128.load(c);
    pc = plusProduct(pc, x, v);
    qc = plusProduct(qc, y, v);
    v = v128.load(d);
    pd = plusProduct(pd, x, v);
    qd = plusProduct(qd, y, v);
  }
  v128.store(outP, sumLanes4(pa, pb, pc, pd));
  v128.store(outQ, sumLanes4(qa, qb, qc, qd));
}

/** Offers the first `count` of a tile's scores to the heap at `heap`, under the rows' ids, but for the excluded ones. */
function offerTile(scores: usize, count: u32, ids: usize, mask: usize, heap: usize, k: u32): void {
  resumeHeap(heap, k);
  for (let first: u32 = 0; first < count; first += 4) {
    const four = scores + 4 * first;
    // Not "greater or equal": a score that is not a number has to pass, it ranks as minus infinity.
    if (i32x4.all_true(f32x4.lt(v128.load(four), f32x4.splat(threshold)))) continue;
    const end = min<u32>(first + 4, count);
    for (let row = first; row < end; row++) {
      const id = load<u32>(ids + 4 * row);
      if (isExcluded(mask, id)) continue;
      offer(load<f32>(scores + 4 * row), id);
    }
  }
}

/**
 * The k best rows for each query, best first, ties by lower id.
 * @param queries `count` rows of `stride` floats
 * @param rows `rowCount` rows, longest first, and any rows behind them up to a whole tile
 * @param ids what each row is called in masks and answers
 * @param norms upper bound on the norms of all rows from the first of each tile on, with room for rounding
 * @param underflow what a product may lose among the denormals
 * @param masks excluded ids of each query, one bit each, `maskBytes` from one query to the next
 * @param keys scratch: k keys for each query
 * @param work scratch: `rankWorkBytes`
 * @param lengths how many rows each query got
 * @param out their ids, k places for each query
 */
export function rankBlock(
  queries: usize,
  count: u32,
  stride: i32,
  rows: usize,
  rowCount: u32,
  ids: usize,
  norms: usize,
  underflow: f64,
  masks: usize,
  maskBytes: u32,
  k: u32,
  keys: usize,
  work: usize,
  lengths: usize,
  out: usize,
): void {
  const rowBytes: usize = 4 * stride;
  const heapBytes = KEY_BYTES * k;
  const scoresP = work;
  const scoresQ = scoresP + 4 * TILE_ROWS;
  const queryNorms = scoresQ + 4 * TILE_ROWS;
  const active = queryNorms + 8 * count;
  for (let n: u32 = 0; n < count; n++) {
    startHeap(keys + heapBytes * n, k);
    store<f64>(queryNorms + 8 * n, normOf(queries + rowBytes * n, stride) * WIDEN);
    store<u32>(active + 4 * n, n);
  }

  let left = count;
  for (let first: u32 = 0; first < rowCount; first += TILE_ROWS) {
    // Queries whose k-th score no later row can reach are done. Strictly below: an equal score could win its tie.
    const norm = <f64>load<f32>(norms + 4 * (first / TILE_ROWS));
    let kept: u32 = 0;
    for (let i: u32 = 0; i < left; i++) {
      const n = load<u32>(active + 4 * i);
      const worstKey = load<u64>(keys + heapBytes * n);
      const bound = load<f64>(queryNorms + 8 * n) * norm + underflow;
      // A bound beyond the floats says nothing, for sums may overflow.
      if (worstKey !== 0 && bound < <f64>scoreOfKey(worstKey) && bound < <f64>f32.MAX_VALUE) continue;
      store<u32>(active + 4 * kept, n);
      kept++;
    }
    left = kept;
    if (left === 0) break;

    const tile = rows + rowBytes * first;
    const tileIds = ids + 4 * first;
    const inTile = min<u32>(TILE_ROWS, rowCount - first);
    let i: u32 = 0;
    for (; i + 2 <= left; i += 2) {
      const p = load<u32>(active + 4 * i);
      const q = load<u32>(active + 4 * i, 4);
      const pRow = queries + rowBytes * p;
      const qRow = queries + rowBytes * q;
      for (let four: usize = 0; four < <usize>TILE_ROWS; four += 4) {
        scoreTwo(pRow, qRow, tile + rowBytes * four, stride, scoresP + 4 * four, scoresQ + 4 * four);
      }
      offerTile(scoresP, inTile, tileIds, masks + p * maskBytes, keys + heapBytes * p, k);
      offerTile(scoresQ, inTile, tileIds, masks + q * maskBytes, keys + heapBytes * q, k);
    }
    if (i < left) {
      const p = load<u32>(active + 4 * i);
      const pRow = queries + rowBytes * p;
      for (let four: usize = 0; four < <usize>TILE_ROWS; four += 4) {
        const a = tile + rowBytes * four;
        const c = a + 2 * rowBytes;
        v128.store(scoresP + 4 * four, dotRows4(pRow, a, a + rowBytes, c, c + rowBytes, stride));
      }
      offerTile(scoresP, inTile, tileIds, masks + p * maskBytes, keys + heapBytes * p, k);
    }
  }

  for (let n: u32 = 0; n < count; n++) {
    const heap = keys + heapBytes * n;
    resumeHeap(heap, k);
    const found = finishHeap();
    store<u32>(lengths + 4 * n, found);
    const list = out + 4 * n * k;
    for (let i: u32 = 0; i < found; i++) {
      store<u32>(list + 4 * i, itemOfKey(load<u64>(heap + KEY_BYTES * i)));
    }
  }
}
