// k-means: assignment of rows to their nearest centroid, and centroids from their members.

import { dotRows, plusProduct, sumLanes4 } from './dot';

/** Rows and centroids in a tile: 64 + 16 rows of 64 floats fit the first-level cache, so that both are read from there. */
const TILE_ROWS: u32 = 64;
const TILE_CENTROIDS: u32 = 16;

/**
 * Writes the nearest centroid of each row first … last-1, the lower one of equals. Nearest means the largest
 * x·c - |c|²/2, which orders like the distance and needs one product per pair.
 * @param step row i lies at `i * step` in `rows`: a step above 1 samples every step-th one
 * @param halfNorms |c|²/2 by centroid
 * @param best scratch: the score of the nearest centroid so far, by row
 */
export function assignRows(
  rows: usize,
  stride: i32,
  step: u32,
  first: u32,
  last: u32,
  centroids: usize,
  halfNorms: usize,
  count: u32,
  assignment: usize,
  best: usize,
): void {
  for (let row = first; row < last; row += TILE_ROWS) {
    const rowEnd = min(row + TILE_ROWS, last);
    for (let i = row; i < rowEnd; i++) {
      store<f32>(best + 4 * i, -Infinity);
      store<u32>(assignment + 4 * i, 0);
    }
    for (let centroid: u32 = 0; centroid < count; centroid += TILE_CENTROIDS) {
      const centroidEnd = min(centroid + TILE_CENTROIDS, count);
      let i = row;
      for (; i + 4 <= rowEnd; i += 4) {
        assignFour(rows, stride, step, i, centroids, halfNorms, centroid, centroidEnd, assignment, best);
      }
      for (; i < rowEnd; i++) {
        assignOne(rows, stride, step, i, centroids, halfNorms, centroid, centroidEnd, assignment, best);
      }
    }
  }
}

/** Four rows against centroids from … to-1, two at a time: eight sums in registers, six loads for eight products. */
function assignFour(
  rows: usize,
  stride: i32,
  step: u32,
  row: u32,
  centroids: usize,
  halfNorms: usize,
  from: u32,
  to: u32,
  assignment: usize,
  best: usize,
): void {
  const rowBytes: usize = 4 * stride;
  const toNext = rowBytes * step;
  const x = rows + toNext * row;
  let highest = v128.load(best + 4 * row);
  let nearest = v128.load(assignment + 4 * row);
  for (let i = from; i < to; i += 2) {
    const c = centroids + rowBytes * i;
    // An odd last centroid is compared twice, which changes nothing.
    const next = min(i + 1, to - 1);
    const cToD = rowBytes * (next - i);
    let c0 = f32x4.splat(0);
    let c1 = f32x4.splat(0);
    let c2 = f32x4.splat(0);
    let c3 = f32x4.splat(0);
    let d0 = f32x4.splat(0);
    let d1 = f32x4.splat(0);
    let d2 = f32x4.splat(0);
    let d3 = f32x4.splat(0);
    let p0 = x;
    let p1 = p0 + toNext;
    let p2 = p1 + toNext;
    let p3 = p2 + toNext;
    let p = c;
    for (const end = c + rowBytes; p < end; p += 16) {
      const u = v128.load(p);
      const v = v128.load(p + cToD);
      const x0 = v128.load(p0);
      c0 = plusProduct(c0, x0, u);
      d0 = plusProduct(d0, x0, v);
      const x1 = v128.load(p1);
      c1 = plusProduct(c1, x1, u);
      d1 = plusProduct(d1, x1, v);
      const x2 = v128.load(p2);
      c2 = plusProduct(c2, x2, u);
      d2 = plusProduct(d2, x2, v);
      const x3 = v128.load(p3);
      c3 = plusProduct(c3, x3, u);
      d3 = plusProduct(d3, x3, v);
      p0 += 16;
      p1 += 16;
      p2 += 16;
      p3 += 16;
    }
    const scoresC = f32x4.sub(sumLanes4(c0, c1, c2, c3), v128.load32_splat(halfNorms + 4 * i));
    const isCBetter = f32x4.gt(scoresC, highest);
    highest = v128.bitselect(scoresC, highest, isCBetter);
    nearest = v128.bitselect(i32x4.splat(i), nearest, isCBetter);
    const scoresD = f32x4.sub(sumLanes4(d0, d1, d2, d3), v128.load32_splat(halfNorms + 4 * next));
    const isDBetter = f32x4.gt(scoresD, highest);
    highest = v128.bitselect(scoresD, highest, isDBetter);
    nearest = v128.bitselect(i32x4.splat(next), nearest, isDBetter);
  }
  v128.store(best + 4 * row, highest);
  v128.store(assignment + 4 * row, nearest);
}

function assignOne(
  rows: usize,
  stride: i32,
  step: u32,
  row: u32,
  centroids: usize,
  halfNorms: usize,
  from: u32,
  to: u32,
  assignment: usize,
  best: usize,
): void {
  const rowBytes: usize = 4 * stride;
  for (let i = from; i < to; i++) {
    const product = dotRows(centroids + rowBytes * i, rows + rowBytes * row * step, stride);
    const score = product - load<f32>(halfNorms + 4 * i);
    if (score > load<f32>(best + 4 * row)) {
      store<f32>(best + 4 * row, score);
      store<u32>(assignment + 4 * row, i);
    }
  }
}

/**
 * Moves each centroid first … last-1 to the mean of its members, summed in double precision in the order listed; one
 * without members stays. Also writes half its squared norm.
 * @param members rows by cell; those of cell c are members[starts[c] … starts[c+1]-1]
 * @param sums scratch of `stride` doubles
 */
export function moveCentroids(
  rows: usize,
  stride: i32,
  step: u32,
  members: usize,
  starts: usize,
  first: u32,
  last: u32,
  centroids: usize,
  halfNorms: usize,
  sums: usize,
): void {
  const rowBytes: usize = 4 * stride;
  for (let cell = first; cell < last; cell++) {
    const from = load<u32>(starts + 4 * cell);
    const to = load<u32>(starts + 4 * cell, 4);
    const centroid = centroids + rowBytes * cell;
    if (to > from) {
      memory.fill(sums, 0, rowBytes << 1);
      for (let i = from; i < to; i++) {
        const row = rows + rowBytes * load<u32>(members + 4 * i) * step;
        for (let j: usize = 0; j < rowBytes; j += 8) {
          const sum = sums + (j << 1);
          v128.store(sum, f64x2.add(v128.load(sum), f64x2.promote_low_f32x4(v128.load64_zero(row + j))));
        }
      }
      const share: f64 = 1.0 / <f64>(to - from);
      for (let j: usize = 0; j < rowBytes; j += 4) {
        store<f32>(centroid + j, <f32>(load<f64>(sums + (j << 1)) * share));
      }
    }
    store<f32>(halfNorms + 4 * cell, dotRows(centroid, centroid, stride) * 0.5);
  }
}
