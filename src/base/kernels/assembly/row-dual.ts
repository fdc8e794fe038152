import { plusProduct } from './dot';
import { dotFour } from './four-vectors';

/**
 * Largest diagonal entry of Y D⁻¹ Y' for the dual. It is known to single precision only, and beyond this its rounding
 * would be felt beside 1 / c.
 */
const LARGEST_DUAL: f64 = 1e3;

/** Solves a row exactly in its dual by Cholesky. @returns false, x untouched, where single precision would not do */
// @inline
export function solveDual(
  vectors: usize,
  confidences: usize,
  predictions: usize,
  solution: usize,
  count: usize,
  x: usize,
  dense: usize,
  workspace: usize,
  rowBytes: usize,
): bool {
  // Y D⁻¹, one row after another; then the lower triangle of the system in double precision, `count` a row.
  const scaled = workspace;
  const system = scaled + rowBytes * count;
  const systemRow: usize = 8 * ((count + 3) & ~3);
  for (let k: usize = 0; k < count; k++) {
    const y = <usize>load<u32>(vectors + 4 * k);
    const to = scaled + rowBytes * k;
    for (let j: usize = 0; j < rowBytes; j += 16) {
      v128.store(to + j, f32x4.div(v128.load(y + j), v128.load(dense + j)));
    }
    const row = system + k * systemRow;
    for (let l: usize = 0; l <= k; l += 4) {
      const at = vectors + 4 * l;
      const dots = dotFour(
        <usize>load<u32>(at),
        <usize>load<u32>(at, 4),
        <usize>load<u32>(at, 8),
        <usize>load<u32>(at, 12),
        to,
        rowBytes,
      );
      v128.store(row + 8 * l, f64x2.promote_low_f32x4(dots));
      v128.store(row + 8 * l, f64x2.promote_low_f32x4(v128.shuffle<f32>(dots, dots, 2, 3, 2, 3)), 16);
    }
    const pivot = row + 8 * k;
    if (!(load<f64>(pivot) < LARGEST_DUAL)) return false;
    store<f64>(pivot, load<f64>(pivot) + 1 / <f64>load<f32>(confidences + 4 * k));
  }

  // Cholesky by rows, the forward substitution with it: row k of the factor, then element k of L⁻¹ 1.
  const half = system + count * systemRow;
  for (let k: usize = 0; k < count; k++) {
    const row = system + k * systemRow;
    let right: f64 = 1;
    let pivot = load<f64>(row + 8 * k);
    for (let l: usize = 0; l < k; l++) {
      const other = system + l * systemRow;
      let sum = load<f64>(row + 8 * l);
      for (let m: usize = 0; m < l; m++) sum -= load<f64>(row + 8 * m) * load<f64>(other + 8 * m);
      // The diagonal holds the reciprocals of the pivots.
      sum *= load<f64>(other + 8 * l);
      store<f64>(row + 8 * l, sum);
      pivot -= sum * sum;
      right -= sum * load<f64>(half + 8 * l);
    }
    const reciprocal = 1 / Math.sqrt(pivot);
    store<f64>(row + 8 * k, reciprocal);
    store<f64>(half + 8 * k, right * reciprocal);
  }
  for (let k = count; k-- > 0; ) {
    const row = system + k * systemRow;
    const value = load<f64>(half + 8 * k) * load<f64>(row + 8 * k);
    for (let l: usize = 0; l < k; l++) {
      store<f64>(half + 8 * l, load<f64>(half + 8 * l) - value * load<f64>(row + 8 * l));
    }
    store<f32>(solution + 4 * k, <f32>value);
    store<f32>(predictions + 4 * k, <f32>(1 - value / <f64>load<f32>(confidences + 4 * k)));
  }

  for (let j: usize = 0; j < rowBytes; j += 16) {
    let sum = f32x4.splat(0);
    let from = scaled + j;
    for (let k: usize = 0; k < count; k++, from += rowBytes) {
      sum = plusProduct(sum, v128.load32_splat(solution + 4 * k), v128.load(from));
    }
    v128.store(x + j, sum);
  }
  for (let k = count; k & 3; k++) store<f32>(predictions + 4 * k, 0);
  return true;
}
