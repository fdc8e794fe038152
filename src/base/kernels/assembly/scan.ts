// Scoring runs of item rows for the best keys.

import { makeRoom, offerKey, threshold } from './best-keys';
import { dotRows, dotRows4 } from './dot';

/** What a search scans: set once per search, read by every run. */
export let query: usize = 0;
export let rows: usize = 0;
export let stride: i32 = 0;
/** Multiplies each row's dot product (`1 / norm` for cosine; three floats behind the last), or 0 for plain products. */
export let scales: usize = 0;
/** Excluded rows, one bit each, or 0. */
export let mask: usize = 0;

/** How far a row and all rows after it in its run are from their centroid at most, or 0: see `startBounds`. */
let radii: usize = 0;
let centroidScore: f32 = 0;
let queryNorm: f32 = 0;
let slack: f32 = 0;

/**
 * Lets runs end where the bound of all further rows, centroid score + |q| * radius + slack, falls below the k-th score;
 * without radii (0) they go to their end.
 */
export function startBounds(radii_: usize, centroidScore_: f32, queryNorm_: f32, slack_: f32): void {
  radii = radii_;
  centroidScore = centroidScore_;
  queryNorm = queryNorm_;
  slack = slack_;
}

/** True when no row from this one to the end of its run can be among the best. */
// @inline
function isHopeless(row: u32): bool {
  if (radii === 0) return false;
  // Strictly below, for an equal score could win its tie. Infinite or undefined bounds never stop anything.
  return centroidScore + queryNorm * load<f32>(radii + 4 * row) + slack < threshold;
}

export function startScan(query_: usize, rows_: usize, stride_: i32, scales_: usize, mask_: usize): void {
  query = query_;
  rows = rows_;
  stride = stride_;
  scales = scales_;
  mask = mask_;
  radii = 0;
}

/** Whether `row` is among the excluded ones, one bit each. */
// @inline
export function isExcluded(excluded: usize, row: u32): bool {
  return ((load<u8>(excluded + (row >> 3)) >> <u8>(row & 7)) & 1) !== 0;
}

// @inline
function scoreRow(row: u32): f32 {
  const score = dotRows(query, rows + 4 * stride * row, stride);
  return scales === 0 ? score : score * load<f32>(scales + 4 * row);
}

/** Offers the rows first … last-1 to the best keys and returns how many of them were scored. */
export function scanRows(first: u32, last: u32): u32 {
  let scanned: u32 = 0;
  const rowBytes: usize = 4 * stride;
  for (let row = first; row < last; row += 4) {
    if (isHopeless(row)) break;
    const a = rows + rowBytes * row;
    let b = a + rowBytes;
    let c = b + rowBytes;
    let d = c + rowBytes;
    let excluded: u32 = 0;
    // Sixteen bits from the row's byte on hold the four wanted ones wherever they start.
    if (mask !== 0) excluded = (<u32>load<u16>(mask + (row >> 3)) >> (row & 7)) & 15;
    if (row + 4 > last) {
      // Four at once are as fast as one: past the end the last row stands in, excluded.
      const end = rows + rowBytes * (last - 1);
      b = min(b, end);
      c = min(c, end);
      d = end;
      excluded |= (15 << (last - row)) & 15;
    }
    if (excluded === 15) continue;
    scanned += 4 - popcnt<u32>(excluded);
    let scores = dotRows4(query, a, b, c, d, stride);
    if (scales !== 0) scores = f32x4.mul(scores, v128.load(scales + 4 * row));
    // Not "greater or equal": a score that is not a number has to pass, it ranks as minus infinity.
    if (i32x4.all_true(f32x4.lt(scores, f32x4.splat(threshold)))) continue;
    offerKey(f32x4.extract_lane(scores, 0), row, excluded & 1);
    offerKey(f32x4.extract_lane(scores, 1), row + 1, (excluded >> 1) & 1);
    offerKey(f32x4.extract_lane(scores, 2), row + 2, (excluded >> 2) & 1);
    offerKey(f32x4.extract_lane(scores, 3), row + 3, excluded >> 3);
    makeRoom();
  }
  return scanned;
}

/** How many of the rows first … last-1 are not excluded by `mask`, which is not 0. */
export function countEligible(first: u32, last: u32): u32 {
  let excluded: u32 = 0;
  for (let word = first >> 5; word << 5 < last; word++) {
    let bits = load<u32>(mask + 4 * word);
    if (word << 5 < first) bits &= (<u32>-1) << (first & 31);
    if ((word + 1) << 5 > last) bits &= ~((<u32>-1) << (last & 31));
    excluded += popcnt<u32>(bits);
  }
  return last - first - excluded;
}

/** Offers the `count` rows listed at `items` to the best keys and returns how many of them were not excluded. */
export function scanListed(items: usize, count: u32): u32 {
  let scanned: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const row = load<u32>(items + 4 * i);
    if (mask !== 0 && isExcluded(mask, row)) continue;
    scanned++;
    offerKey(scoreRow(row), row, 0);
    makeRoom();
  }
  return scanned;
}

/** Writes the dot products of the query with `count` rows from `first_` on, times `scale` where there is one. */
export function scoreRowsInto(first_: usize, count: u32, scale: usize, out: usize): void {
  const rowBytes: usize = 4 * stride;
  let row: u32 = 0;
  for (; row + 4 <= count; row += 4) {
    const a = first_ + rowBytes * row;
    const b = a + rowBytes;
    const c = b + rowBytes;
    let scores = dotRows4(query, a, b, c, c + rowBytes, stride);
    if (scale !== 0) scores = f32x4.mul(scores, v128.load(scale + 4 * row));
    v128.store(out + 4 * row, scores);
  }
  for (; row < count; row++) {
    const score = dotRows(query, first_ + rowBytes * row, stride);
    store<f32>(out + 4 * row, scale === 0 ? score : score * load<f32>(scale + 4 * row));
  }
}
