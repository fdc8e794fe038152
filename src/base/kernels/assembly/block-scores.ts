// The k best rows for a block of queries at once. One query after the other reads the whole item matrix from memory each
// time; here a tile of rows stays in the nearest cache while all queries of the block are scored against it.

import { KEY_BYTES, TILE_ROWS } from '../layout';
import { normOf, WIDEN } from './bounds';
import { dotRows4, sumLanes4 } from './dot';
import { finishHeap, itemOfKey, offer, resumeHeap, scoreOfKey, startHeap, threshold } from './top-k';

const MAX_F32: f64 = 3.4028234663852886e38;

/** Dot products of the rows at p and q with the four rows from `row` on, summed as `dot.ts` has it, to `outP` and `outQ`. */
// @inline
function scoreTwo(p: usize, q: usize, row: usize, stride: i32, outP: usize, outQ: usize): void {
  const rowBytes = (<usize>stride) << 2;
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
  const even = p + ((<usize>(stride & ~7)) << 2);
  while (p < even) {
    let x = v128.load(p);
    let y = v128.load(q);
    let v = v128.load(a);
    pa = f32x4.add(pa, f32x4.mul(x, v));
    qa = f32x4.add(qa, f32x4.mul(y, v));
    v = v128.load(b);
    pb = f32x4.add(pb, f32x4.mul(x, v));
    qb = f32x4.add(qb, f32x4.mul(y, v));
    v = v128.load(c);
    pc = f32x4.add(pc, f32x4.mul(x, v));
    qc = f32x4.add(qc, f32x4.mul(y, v));
    v = v128.load(d);
    pd = f32x4.add(pd, f32x4.mul(x, v));
    qd = f32x4.add(qd, f32x4.mul(y, v));
    x = v128.load(p, 16);
    y = v128.load(q, 16);
    v = v128.load(a, 16);
    pa = f32x4.add(pa, f32x4.mul(x, v));
    qa = f32x4.add(qa, f32x4.mul(y, v));
    v = v128.load(b, 16);
    pb = f32x4.add(pb, f32x4.mul(x, v));
    qb = f32x4.add(qb, f32x4.mul(y, v));
    v = v128.load(c, 16);
    pc = f32x4.add(pc, f32x4.mul(x, v));
    qc = f32x4.add(qc, f32x4.mul(y, v));
    v = v128.load(d, 16);
    pd = f32x4.add(pd, f32x4.mul(x, v));
    qd = f32x4.add(qd, f32x4.mul(y, v));
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
    pa = f32x4.add(pa, f32x4.mul(x, v));
    qa = f32x4.add(qa, f32x4.mul(y, v));
    v = v128.load(b);
    pb = f32x4.add(pb, f32x4.mul(x, v));
    qb = f32x4.add(qb, f32x4.mul(y, v));
    v = v128.load(c);
    pc = f32x4.add(pc, f32x4.mul(x, v));
    qc = f32x4.add(qc, f32x4.mul(y, v));
    v = v128.load(d);
    pd = f32x4.add(pd, f32x4.mul(x, v));
    qd = f32x4.add(qd, f32x4.mul(y, v));
  }
  v128.store(outP, sumLanes4(pa, pb, pc, pd));
  v128.store(outQ, sumLanes4(qa, qb, qc, qd));
}

/** Offers the first `count` of a tile's scores to the heap at `heap`, under the rows' ids, but for the excluded ones. */
function offerTile(scores: usize, count: u32, ids: usize, mask: usize, heap: usize, k: u32): void {
  resumeHeap(heap, k);
  for (let first: u32 = 0; first < count; first += 4) {
    const four = scores + ((<usize>first) << 2);
    // Not "greater or equal": a score that is not a number has to pass, it ranks as minus infinity.
    if (i32x4.all_true(f32x4.lt(v128.load(four), f32x4.splat(threshold)))) continue;
    const end = min<u32>(first + 4, count);
    for (let row = first; row < end; row++) {
      const id = load<u32>(ids + ((<usize>row) << 2));
      if (((load<u8>(mask + (id >> 3)) >> <u8>(id & 7)) & 1) !== 0) continue;
      offer(load<f32>(scores + ((<usize>row) << 2)), id);
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
  const rowBytes = (<usize>stride) << 2;
  const heapBytes = <usize>k * KEY_BYTES;
  const scoresP = work;
  const scoresQ = scoresP + ((<usize>TILE_ROWS) << 2);
  const queryNorms = scoresQ + ((<usize>TILE_ROWS) << 2);
  const active = queryNorms + ((<usize>count) << 3);
  for (let n: u32 = 0; n < count; n++) {
    startHeap(keys + <usize>n * heapBytes, k);
    store<f64>(queryNorms + ((<usize>n) << 3), normOf(queries + <usize>n * rowBytes, stride) * WIDEN);
    store<u32>(active + ((<usize>n) << 2), n);
  }

  let left = count;
  for (let first: u32 = 0; first < rowCount; first += TILE_ROWS) {
    // Queries whose k-th score no later row can reach are done. Strictly below: an equal score could win its tie.
    const norm = <f64>load<f32>(norms + ((<usize>(first / TILE_ROWS)) << 2));
    let kept: u32 = 0;
    for (let i: u32 = 0; i < left; i++) {
      const n = load<u32>(active + ((<usize>i) << 2));
      const worstKey = load<u64>(keys + <usize>n * heapBytes);
      const bound = load<f64>(queryNorms + ((<usize>n) << 3)) * norm + underflow;
      // A bound beyond the floats says nothing, for sums may overflow.
      if (worstKey !== 0 && bound < <f64>scoreOfKey(worstKey) && bound < MAX_F32) continue;
      store<u32>(active + ((<usize>kept) << 2), n);
      kept++;
    }
    left = kept;
    if (left === 0) break;

    const tile = rows + <usize>first * rowBytes;
    const tileIds = ids + ((<usize>first) << 2);
    const inTile = min<u32>(TILE_ROWS, rowCount - first);
    let i: u32 = 0;
    for (; i + 2 <= left; i += 2) {
      const p = load<u32>(active + ((<usize>i) << 2));
      const q = load<u32>(active + ((<usize>i) << 2), 4);
      const pRow = queries + <usize>p * rowBytes;
      const qRow = queries + <usize>q * rowBytes;
      for (let four: usize = 0; four < <usize>TILE_ROWS; four += 4) {
        scoreTwo(pRow, qRow, tile + four * rowBytes, stride, scoresP + (four << 2), scoresQ + (four << 2));
      }
      offerTile(scoresP, inTile, tileIds, masks + <usize>p * maskBytes, keys + <usize>p * heapBytes, k);
      offerTile(scoresQ, inTile, tileIds, masks + <usize>q * maskBytes, keys + <usize>q * heapBytes, k);
    }
    if (i < left) {
      const p = load<u32>(active + ((<usize>i) << 2));
      const pRow = queries + <usize>p * rowBytes;
      for (let four: usize = 0; four < <usize>TILE_ROWS; four += 4) {
        const a = tile + four * rowBytes;
        const c = a + 2 * rowBytes;
        v128.store(scoresP + (four << 2), dotRows4(pRow, a, a + rowBytes, c, c + rowBytes, stride));
      }
      offerTile(scoresP, inTile, tileIds, masks + <usize>p * maskBytes, keys + <usize>p * heapBytes, k);
    }
  }

  for (let n: u32 = 0; n < count; n++) {
    const heap = keys + <usize>n * heapBytes;
    resumeHeap(heap, k);
    const found = finishHeap();
    store<u32>(lengths + ((<usize>n) << 2), found);
    const list = out + ((<usize>n * k) << 2);
    for (let i: u32 = 0; i < found; i++) {
      store<u32>(list + ((<usize>i) << 2), itemOfKey(load<u64>(heap + <usize>i * KEY_BYTES)));
    }
  }
}
