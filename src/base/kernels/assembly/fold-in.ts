import { plusProduct, sumLanes } from './dot';
import { addFour, dotFour } from './four-vectors';

// The system of a user to be folded in, of the items y_1 … y_n with weights c_k and targets t_k:
//   (B + ridge I + Σ c_k y_k y_k') x = Σ c_k t_k y_k
// B is the same for all users, so its eigenvectors are known beforehand. In their basis B + ridge I is a diagonal D, and the
// conjugate gradients are preconditioned by it: what is left is the identity and a few directions in which the user's items
// lie, found in a few steps. The items themselves are not rotated, which would cost more than all steps: each step takes the
// direction out of the basis, and the product into it.

/**
 * Copies the first `columns` floats of some rows, one after the other, filled up with zeros to `stride`, and rows of zeros
 * behind them to a whole group of four.
 * @param stride a multiple of eight, at least `columns`
 * @returns Σ weight · |row|²
 */
export function gatherRows(
  source: usize,
  sourceStride: i32,
  indices: usize,
  weights: usize,
  count: i32,
  columns: i32,
  to: usize,
  stride: i32,
): f64 {
  const rowBytes: usize = 4 * stride;
  const sourceBytes: usize = 4 * sourceStride;
  const bytes: usize = 4 * columns;
  const whole = bytes & ~15;
  const groups: usize = 4 * (count & ~3);
  const end: usize = 4 * count;
  let k: usize = 0;
  // Four rows side by side: reads from memory then wait less for one another.
  for (; k < groups; k += 16) {
    const y0 = source + sourceBytes * load<u32>(indices + k);
    const y1 = source + sourceBytes * load<u32>(indices + k, 4);
    const y2 = source + sourceBytes * load<u32>(indices + k, 8);
    const y3 = source + sourceBytes * load<u32>(indices + k, 12);
    const to0 = to + k * stride;
    const to1 = to0 + rowBytes;
    const to2 = to1 + rowBytes;
    const to3 = to2 + rowBytes;
    for (let j: usize = 0; j < whole; j += 16) {
      v128.store(to0 + j, v128.load(y0 + j));
      v128.store(to1 + j, v128.load(y1 + j));
      v128.store(to2 + j, v128.load(y2 + j));
      v128.store(to3 + j, v128.load(y3 + j));
    }
    copyRest(y0, to0, whole, bytes, rowBytes);
    copyRest(y1, to1, whole, bytes, rowBytes);
    copyRest(y2, to2, whole, bytes, rowBytes);
    copyRest(y3, to3, whole, bytes, rowBytes);
  }
  for (; k < end; k += 4) {
    copyRest(source + sourceBytes * load<u32>(indices + k), to + k * stride, 0, bytes, rowBytes);
  }
  for (; k & 15; k += 4) memory.fill(to + k * stride, 0, rowBytes);
  let total: f64 = 0;
  for (k = 0; k < end; k += 4, to += rowBytes) {
    let squares = f32x4.splat(0);
    for (let j: usize = 0; j < rowBytes; j += 16) squares = plusProduct(squares, v128.load(to + j), v128.load(to + j));
    total += <f64>load<f32>(weights + k) * <f64>sumLanes(squares);
  }
  return total;
}

// @inline
function copyRest(from: usize, to: usize, j: usize, bytes: usize, rowBytes: usize): void {
  for (; j < bytes; j += 4) store<f32>(to + j, load<f32>(from + j));
  for (; j < rowBytes; j += 4) store<f32>(to + j, 0);
}

/** Multiplies each of some rows by a number of its own. `stride` is a multiple of four. */
export function scaleRows(rows: usize, count: i32, stride: i32, scales: usize): void {
  const rowBytes: usize = 4 * stride;
  for (const end = scales + 4 * count; scales < end; scales += 4, rows += rowBytes) {
    const scale = v128.load32_splat(scales);
    for (let j: usize = 0; j < rowBytes; j += 16) v128.store(rows + j, f32x4.mul(scale, v128.load(rows + j)));
  }
}

/** The dot products of x with some rows, and with as many more as make a whole group of four. `stride` is a multiple of eight. */
export function dotRowsWith(x: usize, rows: usize, count: i32, stride: i32, out: usize): void {
  const rowBytes: usize = 4 * stride;
  for (const end = out + 4 * count; out < end; out += 16, rows += 4 * rowBytes) {
    v128.store(out, dotFour(rows, rows + rowBytes, rows + 2 * rowBytes, rows + 3 * rowBytes, x, rowBytes));
  }
}

/**
 * Solves for x by preconditioned conjugate gradients.
 * @param rows `count` rows and zeros, as `gatherRows` leaves them
 * @param weights, targets of the rows, and zeros to a whole group of four
 * @param axes eigenvectors of B, one a row, then rows of zeros: `stride` in all; or 0 where B is zero
 * @param dense D, of `stride` floats, none of them zero
 * @param x receives the solution
 * @param isStarted whether x is where it starts, instead of zero
 * @param steps it may take
 * @param tolerance it ends when the error is about this part of the solution, both in the norm of the system
 * @param work `foldInWorkFloats`
 * @returns steps taken, or -1 where they were not enough
 */
export function foldIn(
  rows: usize,
  count: i32,
  stride: i32,
  weights: usize,
  targets: usize,
  axes: usize,
  dense: usize,
  x: usize,
  isStarted: bool,
  steps: i32,
  tolerance: f64,
  work: usize,
): i32 {
  const rowBytes: usize = 4 * stride;
  const listBytes: usize = 4 * ((count + 3) & ~3);
  const solution = work;
  const residual = solution + rowBytes;
  const direction = residual + rowBytes;
  const product = direction + rowBytes;
  const plain = product + rowBytes;
  const sum = plain + rowBytes;
  const predictions = sum + rowBytes;
  const along = predictions + listBytes;

  if (isStarted) {
    intoBasis(axes, x, solution, rowBytes);
    dotRowsWith(x, rows, count, stride, predictions);
  } else {
    memory.fill(solution, 0, rowBytes);
    memory.fill(predictions, 0, listBytes);
  }
  memory.fill(sum, 0, rowBytes);
  for (let k: usize = 0, y0 = rows; k < listBytes; k += 16, y0 += 4 * rowBytes) {
    const miss = f32x4.sub(v128.load(targets + k), v128.load(predictions + k));
    const errors = f32x4.mul(v128.load(weights + k), miss);
    addFour(sum, errors, y0, y0 + rowBytes, y0 + 2 * rowBytes, y0 + 3 * rowBytes, rowBytes);
  }
  intoBasis(axes, sum, residual, rowBytes);
  for (let j: usize = 0; j < rowBytes; j += 16) {
    const d = f32x4.mul(v128.load(dense + j), v128.load(solution + j));
    v128.store(residual + j, f32x4.sub(v128.load(residual + j), d));
  }
  memory.fill(direction, 0, rowBytes);

  // About the square of the error's norm.
  let energy = energyOfResidual(residual, dense, rowBytes);
  let carried: f32 = 0;
  let reached = weightedSquares(dense, solution, rowBytes) + weightedSquares(weights, predictions, listBytes);
  let step = 0;
  // Nor does it end by what is not a number.
  for (; !(energy <= tolerance * tolerance * reached); step++) {
    if (step === steps) return -1;
    for (let j: usize = 0; j < rowBytes; j += 16) {
      const scaled = f32x4.div(v128.load(residual + j), v128.load(dense + j));
      v128.store(direction + j, plusProduct(scaled, f32x4.splat(carried), v128.load(direction + j)));
    }
    outOfBasis(axes, direction, plain, rowBytes);
    memory.fill(sum, 0, rowBytes);
    for (let k: usize = 0, y0 = rows; k < listBytes; k += 16, y0 += 4 * rowBytes) {
      const y1 = y0 + rowBytes;
      const y2 = y1 + rowBytes;
      const y3 = y2 + rowBytes;
      const dots = dotFour(y0, y1, y2, y3, plain, rowBytes);
      v128.store(along + k, dots);
      addFour(sum, f32x4.mul(v128.load(weights + k), dots), y0, y1, y2, y3, rowBytes);
    }
    intoBasis(axes, sum, product, rowBytes);
    const curvature = weightedSquares(dense, direction, rowBytes) + weightedSquares(weights, along, listBytes);
    const length = f32x4.splat(<f32>(energy / curvature));
    for (let j: usize = 0; j < rowBytes; j += 16) {
      const p = v128.load(direction + j);
      const q = plusProduct(v128.load(product + j), v128.load(dense + j), p);
      v128.store(solution + j, plusProduct(v128.load(solution + j), length, p));
      v128.store(residual + j, f32x4.sub(v128.load(residual + j), f32x4.mul(length, q)));
    }
    for (let k: usize = 0; k < listBytes; k += 16) {
      v128.store(predictions + k, plusProduct(v128.load(predictions + k), length, v128.load(along + k)));
    }
    const last = energy;
    energy = energyOfResidual(residual, dense, rowBytes);
    carried = <f32>(energy / last);
    reached = weightedSquares(dense, solution, rowBytes) + weightedSquares(weights, predictions, listBytes);
  }
  outOfBasis(axes, solution, x, rowBytes);
  return step;
}

/** out = axes · v */
function intoBasis(axes: usize, v: usize, out: usize, rowBytes: usize): void {
  if (axes === 0) memory.copy(out, v, rowBytes);
  else dotRowsWith(v, axes, <i32>(rowBytes >> 2), <i32>(rowBytes >> 2), out);
}

/** out = axes' · v */
function outOfBasis(axes: usize, v: usize, out: usize, rowBytes: usize): void {
  if (axes === 0) {
    memory.copy(out, v, rowBytes);
    return;
  }
  memory.fill(out, 0, rowBytes);
  for (let j: usize = 0; j < rowBytes; j += 16, axes += 4 * rowBytes) {
    addFour(out, v128.load(v + j), axes, axes + rowBytes, axes + 2 * rowBytes, axes + 3 * rowBytes, rowBytes);
  }
}

/** Σ residual² / dense */
function energyOfResidual(residual: usize, dense: usize, rowBytes: usize): f64 {
  let sum = f32x4.splat(0);
  for (let j: usize = 0; j < rowBytes; j += 16) {
    const r = v128.load(residual + j);
    sum = plusProduct(sum, r, f32x4.div(r, v128.load(dense + j)));
  }
  return <f64>sumLanes(sum);
}

/** Σ weight · v² */
function weightedSquares(weights: usize, v: usize, bytes: usize): f64 {
  let sum = f32x4.splat(0);
  for (let j: usize = 0; j < bytes; j += 16) {
    const e = v128.load(v + j);
    sum = plusProduct(sum, v128.load(weights + j), f32x4.mul(e, e));
  }
  return <f64>sumLanes(sum);
}
