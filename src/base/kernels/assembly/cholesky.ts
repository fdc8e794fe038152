// Cholesky decomposition A = U'U of a symmetric positive definite matrix of doubles, of which only the upper triangle is
// read, and solving with it. Rows have `rowLength` doubles, an even number, of which the first `n` count.

/**
 * Replaces A by U, the diagonal by the reciprocals of U's. What lies below the diagonal is spoilt.
 * @returns 0 when A is not positive definite (or not finite), else 1
 */
export function factorize(a: usize, n: i32, rowLength: i32): i32 {
  const rowBytes: usize = 8 * rowLength;
  for (let i = 0; i < n; i++) {
    const row = a + rowBytes * i;
    const column: usize = 8 * i;
    // From an even place on, so that loads are aligned.
    const from = column & ~15;
    let k = a;
    // Four rows above at a time: the row is then loaded and stored a quarter as often.
    for (const end = a + rowBytes * (i & ~3); k < end; k += 4 * rowBytes) {
      const k1 = k + rowBytes;
      const k2 = k1 + rowBytes;
      const k3 = k2 + rowBytes;
      const s0 = f64x2.splat(load<f64>(k + column));
      const s1 = f64x2.splat(load<f64>(k1 + column));
      const s2 = f64x2.splat(load<f64>(k2 + column));
      const s3 = f64x2.splat(load<f64>(k3 + column));
      for (let j = from; j < rowBytes; j += 16) {
        const sum = f64x2.add(
          f64x2.add(f64x2.mul(s0, v128.load(k + j)), f64x2.mul(s1, v128.load(k1 + j))),
          f64x2.add(f64x2.mul(s2, v128.load(k2 + j)), f64x2.mul(s3, v128.load(k3 + j))),
        );
        v128.store(row + j, f64x2.sub(v128.load(row + j), sum));
      }
    }
    for (; k < row; k += rowBytes) {
      const s = f64x2.splat(load<f64>(k + column));
      for (let j = from; j < rowBytes; j += 16) {
        v128.store(row + j, f64x2.sub(v128.load(row + j), f64x2.mul(s, v128.load(k + j))));
      }
    }
    const pivot = load<f64>(row + column);
    if (!(pivot > 0 && pivot < Infinity)) return 0;
    const reciprocal = 1 / Math.sqrt(pivot);
    const scale = f64x2.splat(reciprocal);
    for (let j = from; j < rowBytes; j += 16) v128.store(row + j, f64x2.mul(scale, v128.load(row + j)));
    store<f64>(row + column, reciprocal);
  }
  return 1;
}

/** Solves U'U x = b for a matrix that `factorize` left; `b`, of `rowLength` doubles, becomes x. */
export function solveFactorized(u: usize, n: i32, rowLength: i32, b: usize): void {
  const rowBytes: usize = 8 * rowLength;
  const end: usize = 8 * n;
  for (let k: usize = 0, row = u; k < end; k += 8, row += rowBytes) {
    const y = load<f64>(b + k) * load<f64>(row + k);
    store<f64>(b + k, y);
    for (let j = k + 8; j < end; j += 8) store<f64>(b + j, load<f64>(b + j) - y * load<f64>(row + j));
  }
  for (let k = end; k > 0; ) {
    k -= 8;
    const row = u + (k >> 3) * rowBytes;
    let even: f64 = 0;
    let odd: f64 = 0;
    let j = k + 8;
    for (; j + 8 < end; j += 16) {
      even += load<f64>(row + j) * load<f64>(b + j);
      odd += load<f64>(row + j, 8) * load<f64>(b + j, 8);
    }
    if (j < end) even += load<f64>(row + j) * load<f64>(b + j);
    store<f64>(b + k, (load<f64>(b + k) - even - odd) * load<f64>(row + k));
  }
}
