// Gram matrices. Products are summed in single precision over a block of rows small enough to stay in cache, and the
// blocks in double precision, so that the error does not grow with the number of rows.

import { GRAM_ROWS } from '../layout';
import { plusProduct } from './dot';

// @inline
function addWidened(to: usize, v: v128): void {
  const high = i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
  v128.store(to, f64x2.add(v128.load(to), f64x2.promote_low_f32x4(v)));
  v128.store(to + 16, f64x2.add(v128.load(to + 16), f64x2.promote_low_f32x4(high)));
}

/**
 * Adds x'x of `rows` rows to `gram`, a stride × stride matrix of doubles. Only its upper triangle (and what of the
 * lower one lies in the same tiles) is written. `stride` is a multiple of eight.
 */
export function addGram(x: usize, rows: i32, stride: i32, gram: usize): void {
  const rowBytes: usize = 4 * stride;
  for (let first = 0; first < rows; first += GRAM_ROWS) {
    const from = x + rowBytes * first;
    const to = from + rowBytes * min(GRAM_ROWS, rows - first);
    for (let i = 0; i < stride; i += 4) {
      for (let j = i & ~7; j < stride; j += 8) {
        addTile(from, to, rowBytes, 4 * i, 4 * j, gram + 8 * (i * stride + j));
      }
    }
  }
}

/** One tile of 4 × 8 entries. */
function addTile(from: usize, to: usize, rowBytes: usize, i: usize, j: usize, gram: usize): void {
  let s00 = f32x4.splat(0);
  let s01 = s00;
  let s10 = s00;
  let s11 = s00;
  let s20 = s00;
  let s21 = s00;
  let s30 = s00;
  let s31 = s00;
  for (let row = from; row < to; row += rowBytes) {
    const a = row + i;
    const b0 = v128.load(row + j);
    const b1 = v128.load(row + j, 16);
    let left = v128.load32_splat(a);
    s00 = plusProduct(s00, left, b0);
    s01 = plusProduct(s01, left, b1);
    left = v128.load32_splat(a, 4);
    s10 = plusProduct(s10, left, b0);
    s11 = plusProduct(s11, left, b1);
    left = v128.load32_splat(a, 8);
    s20 = plusProduct(s20, left, b0);
    s21 = plusProduct(s21, left, b1);
    left = v128.load32_splat(a, 12);
    s30 = plusProduct(s30, left, b0);
    s31 = plusProduct(s31, left, b1);
  }
  const gramRow = rowBytes << 1;
  addWidened(gram, s00);
  addWidened(gram + 32, s01);
  gram += gramRow;
  addWidened(gram, s10);
  addWidened(gram + 32, s11);
  gram += gramRow;
  addWidened(gram, s20);
  addWidened(gram + 32, s21);
  gram += gramRow;
  addWidened(gram, s30);
  addWidened(gram + 32, s31);
}
