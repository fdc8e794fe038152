// k-means: assignment of rows to their nearest centroid, and centroids from their members.

import { dotRows4, dotRows } from "./dot";

/**
 * Writes the nearest centroid of each row first … last-1, the lower one of equals. Nearest means the largest
 * x·c - |c|²/2, which orders like the distance and needs one product per pair.
 * @param halfNorms |c|²/2 by centroid
 */
export function assignRows(
  rows: usize,
  stride: i32,
  first: u32,
  last: u32,
  centroids: usize,
  halfNorms: usize,
  count: u32,
  assignment: usize,
): void {
  const rowBytes = (<usize>stride) << 2;
  let row = first;
  for (; row + 4 <= last; row += 4) {
    const a = rows + (<usize>row) * rowBytes;
    const b = a + rowBytes;
    const c = b + rowBytes;
    const d = c + rowBytes;
    let best = f32x4.splat(-Infinity);
    let nearest = i32x4.splat(0);
    let centroid = centroids;
    for (let i: u32 = 0; i < count; i++) {
      const score = f32x4.sub(
        dotRows4(centroid, a, b, c, d, stride),
        f32x4.splat(load<f32>(halfNorms + ((<usize>i) << 2))),
      );
      const better = f32x4.gt(score, best);
      best = v128.bitselect(score, best, better);
      nearest = v128.bitselect(i32x4.splat(i), nearest, better);
      centroid += rowBytes;
    }
    v128.store(assignment + ((<usize>row) << 2), nearest);
  }
  for (; row < last; row++) {
    const a = rows + (<usize>row) * rowBytes;
    let best: f32 = -Infinity;
    let nearest: u32 = 0;
    for (let i: u32 = 0; i < count; i++) {
      const score = dotRows(centroids + (<usize>i) * rowBytes, a, stride) - load<f32>(halfNorms + ((<usize>i) << 2));
      if (score > best) {
        best = score;
        nearest = i;
      }
    }
    store<u32>(assignment + ((<usize>row) << 2), nearest);
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
  members: usize,
  starts: usize,
  first: u32,
  last: u32,
  centroids: usize,
  halfNorms: usize,
  sums: usize,
): void {
  const rowBytes = (<usize>stride) << 2;
  for (let cell = first; cell < last; cell++) {
    const from = load<u32>(starts + ((<usize>cell) << 2));
    const to = load<u32>(starts + ((<usize>cell) << 2), 4);
    const centroid = centroids + (<usize>cell) * rowBytes;
    if (to > from) {
      memory.fill(sums, 0, rowBytes << 1);
      for (let i = from; i < to; i++) {
        const row = rows + (<usize>load<u32>(members + ((<usize>i) << 2))) * rowBytes;
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
    store<f32>(halfNorms + ((<usize>cell) << 2), dotRows(centroid, centroid, stride) * 0.5);
  }
}
