// Multiplying the rows of a factor matrix by a square matrix, in place.

import { PANEL_COLUMNS } from '../layout';
import { plusProduct } from './dot';

/** Rows = rows · panels, a square matrix in panels of `PANEL_COLUMNS`. `stride` is whole panels; `scratch` takes four rows. */
export function rotateRowsBy(x: usize, rows: i32, stride: i32, panels: usize, scratch: usize): void {
  const rowBytes: usize = 4 * stride;
  // The panel at the byte j of a row begins j / 32 panels of 32 stride bytes on.
  const panelRow: usize = 4 * PANEL_COLUMNS;
  let row = 0;
  for (; row + 4 <= rows; row += 4) {
    const from = x + rowBytes * row;
    for (let j: usize = 0; j < rowBytes; j += panelRow) multiply4(from, rowBytes, panels + j * stride, scratch + j);
    memory.copy(from, scratch, 4 * rowBytes);
  }
  for (; row < rows; row++) {
    const from = x + rowBytes * row;
    for (let j: usize = 0; j < rowBytes; j += panelRow) multiply1(from, rowBytes, panels + j * stride, scratch + j);
    memory.copy(from, scratch, rowBytes);
  }
}

/** Four rows times one panel. */
function multiply4(x: usize, rowBytes: usize, panel: usize, out: usize): void {
  let s00 = f32x4.splat(0);
  let s01 = s00;
  let s10 = s00;
  let s11 = s00;
  let s20 = s00;
  let s21 = s00;
  let s30 = s00;
  let s31 = s00;
  let x1 = x + rowBytes;
  let x2 = x1 + rowBytes;
  let x3 = x2 + rowBytes;
  for (const end = x + rowBytes; x < end; x += 4, x1 += 4, x2 += 4, x3 += 4, panel += 32) {
    const b0 = v128.load(panel);
    const b1 = v128.load(panel, 16);
    let left = v128.load32_splat(x);
    s00 = plusProduct(s00, left, b0);
    s01 = plusProduct(s01, left, b1);
    left = v128.load32_splat(x1);
    s10 = plusProduct(s10, left, b0);
    s11 = plusProduct(s11, left, b1);
    left = v128.load32_splat(x2);
    s20 = plusProduct(s20, left, b0);
    s21 = plusProduct(s21, left, b1);
    left = v128.load32_splat(x3);
    s30 = plusProduct(s30, left, b0);
    s31 = plusProduct(s31, left, b1);
  }
  v128.store(out, s00);
  v128.store(out, s01, 16);
  out += rowBytes;
  v128.store(out, s10);
  v128.store(out, s11, 16);
  out += rowBytes;
  v128.store(out, s20);
  v128.store(out, s21, 16);
  out += rowBytes;
  v128.store(out, s30);
  v128.store(out, s31, 16);
}

/** One row times one panel, summed in the same order as four. */
function multiply1(x: usize, rowBytes: usize, panel: usize, out: usize): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  for (const end = x + rowBytes; x < end; x += 4, panel += 32) {
    const left = v128.load32_splat(x);
    s0 = plusProduct(s0, left, v128.load(panel));
    s1 = plusProduct(s1, left, v128.load(panel, 16));
  }
  v128.store(out, s0);
  v128.store(out, s1, 16);
}
