import { plusProduct, sumLanes } from './dot';
import { rotateRowsBy } from './rotation';
import { descend } from './row-descent';
import { solveDual } from './row-dual';

// The row systems of implicit ALS, in the eigenbasis of the other side's Gram matrix. For a row with the interactions
// y_1 … y_n of confidence c_1 … c_n the system is
//   (D + Σ c_k y_k y_k') x = Σ c_k y_k,   D = diag(spectrum + ridge),
// so that everything dense is a diagonal. Long rows take a few steps of conjugate gradients, each of which touches only
// the row's own interactions; short rows are solved exactly in their dual,
//   x = D⁻¹ Y' a,   (diag(1 / c) + Y D⁻¹ Y') a = 1,
// which has as many unknowns as the row has interactions.

/** Adds the squares of the elements of rows, weighted by the rows' number of interactions, to `out`. */
export function addWeightedSquares(begin: i32, end: i32, x: usize, stride: i32, starts: usize, out: usize): void {
  const rowBytes: usize = 4 * stride;
  for (let row = begin; row < end; row++) {
    const from = x + rowBytes * row;
    const start = starts + 4 * row;
    const weight = f32x4.splat(<f32>(load<u32>(start, 4) - load<u32>(start)));
    for (let j: usize = 0; j < rowBytes; j += 16) {
      const v = v128.load(from + j);
      v128.store(out + j, plusProduct(v128.load(out + j), weight, f32x4.mul(v, v)));
    }
  }
}

/**
 * Solves the rows `begin` … `end - 1` of `target`, of at least one interaction each.
 * @param target factors of the rows, `stride` floats each; `stride` is a multiple of eight
 * @param source factors of the other side, same stride, in the eigenbasis
 * @param starts CSR offsets of the rows; `indices` the other side's rows
 * @param weights confidence of every interaction, or 0 where all are one
 * @param ridges ridge of every row
 * @param spectrum `stride` floats: unobserved weight times the Gram matrix' eigenvalues
 * @param squares `stride` floats: the mean square of each element over the interactions of all rows
 * @param panels the rotation into the eigenbasis
 * @param longestDual rows of at most so many interactions are solved in their dual. The others start from what is in
 *   `target`, rotated already
 * @param steps most steps of conjugate gradients
 * @param tolerance no further step is taken that would lower the loss by about less than this for each interaction
 * @param scratch `solveScratchFloats`; the first `stride` must be zero, and stay so
 * @param sums two doubles; receives Σ c_k (1 - x·y_k)² + x' diag(spectrum) x, and Σ ridge |x|²
 */
export function solveRows(
  begin: i32,
  end: i32,
  target: usize,
  source: usize,
  stride: i32,
  starts: usize,
  indices: usize,
  weights: usize,
  ridges: usize,
  spectrum: usize,
  squares: usize,
  panels: usize,
  longestDual: i32,
  steps: i32,
  tolerance: f32,
  scratch: usize,
  sums: usize,
): void {
  const rowBytes: usize = 4 * stride;
  const zeroRow = scratch;
  const dense = zeroRow + rowBytes;
  const workspace = dense + rowBytes;
  const lists = workspace + 4 * rowBytes;
  let fit: f64 = 0;
  let penalty: f64 = 0;
  for (let row = begin; row < end; row++) {
    const x = target + rowBytes * row;
    const first = <usize>load<u32>(starts + 4 * row);
    const count = <usize>load<u32>(starts + 4 * row, 4) - first;
    const ridge = load<f32>(ridges + 4 * row);

    // Lists of whole groups of four: addresses, confidences, predictions x·y, and scratch of the same length.
    const listBytes: usize = 4 * ((count + 3) & ~3);
    const confidences = lists + listBytes;
    const predictions = confidences + listBytes;
    const spare = predictions + listBytes;
    const rowIndices = indices + 4 * first;
    const rowWeights = weights ? weights + 4 * first : 0;
    const total = gather(lists, confidences, count, source, rowBytes, rowIndices, rowWeights, zeroRow);
    for (let j: usize = 0; j < rowBytes; j += 16) {
      v128.store(dense + j, f32x4.add(v128.load(spectrum + j), f32x4.splat(ridge)));
    }

    let solved: bool = false;
    if (<i32>count <= longestDual) {
      solved = solveDual(lists, confidences, predictions, spare, count, x, dense, spare + listBytes, rowBytes);
      if (!solved) rotateRowsBy(x, 1, stride, panels, workspace);
    }
    if (!solved) {
      descend(
        lists,
        confidences,
        predictions,
        spare,
        listBytes,
        x,
        dense,
        squares,
        total,
        steps,
        tolerance,
        workspace,
        rowBytes,
      );
    }

    fit += <f64>observedLoss(confidences, predictions, listBytes);
    let quadratic = f32x4.splat(0);
    let square = f32x4.splat(0);
    for (let j: usize = 0; j < rowBytes; j += 16) {
      const v = v128.load(x + j);
      const vv = f32x4.mul(v, v);
      square = f32x4.add(square, vv);
      quadratic = plusProduct(quadratic, v128.load(spectrum + j), vv);
    }
    fit += <f64>sumLanes(quadratic);
    penalty += <f64>ridge * <f64>sumLanes(square);
  }
  store<f64>(sums, fit);
  store<f64>(sums, penalty, 8);
}

/**
 * Lists the addresses and confidences of a row's interactions, filled up to a group of four with the zero vector.
 * Every cache line of the vectors is read once here, where the reads do not wait for one another: later they would.
 * @returns the sum of the confidences
 */
// @inline
function gather(
  vectors: usize,
  confidences: usize,
  count: usize,
  source: usize,
  rowBytes: usize,
  indices: usize,
  weights: usize,
  zeroRow: usize,
): f32 {
  let total: f32 = 0;
  let touched: u32 = 0;
  const end: usize = 4 * count;
  for (let k: usize = 0; k < end; k += 4) {
    const y = source + rowBytes * load<u32>(indices + k);
    const weight: f32 = weights ? load<f32>(weights + k) : 1;
    store<u32>(vectors + k, <u32>y);
    store<f32>(confidences + k, weight);
    total += weight;
    for (let j: usize = 0; j < rowBytes; j += 64) touched |= load<u32>(y + j);
  }
  for (let k = end; k & 15; k += 4) {
    store<u32>(vectors + k, <u32>zeroRow);
    store<f32>(confidences + k, 0);
  }
  // Stored where it will be overwritten, so that the reads are not optimised away.
  store<u32>(confidences + 4 * ((count + 3) & ~3), touched);
  return total;
}

/** Σ c (1 - prediction)² */
function observedLoss(confidences: usize, predictions: usize, listBytes: usize): f32 {
  const one = f32x4.splat(1);
  let sum = f32x4.splat(0);
  for (let k: usize = 0; k < listBytes; k += 16) {
    const miss = f32x4.sub(one, v128.load(predictions + k));
    sum = plusProduct(sum, v128.load(confidences + k), f32x4.mul(miss, miss));
  }
  return sumLanes(sum);
}
