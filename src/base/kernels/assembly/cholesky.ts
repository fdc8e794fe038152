// Cholesky decomposition A = U'U of a symmetric positive definite matrix of doubles, of which only the upper triangle is
// read, and solving with it. Rows have `rowLength` doubles, an even number, of which the first `n` count.

import { RIGHT_SIDES } from '../layout';

/**
 * Replaces the rows `begin` … `end - 1` of A by U's, the diagonal by the reciprocals of U's. The rows above have been replaced
 * before. What lies below the diagonal is spoilt.
 * @returns 0 when A is not positive definite (or not finite), else 1
 */
export function factorize(a: usize, begin: i32, end: i32, rowLength: i32): i32 {
  const rowBytes: usize = 8 * rowLength;
  for (let i = begin; i < end; i++) {
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

/**
 * Solves U'U x = b for `RIGHT_SIDES` right sides at once, with a matrix that `factorize` left: each of its entries is then
 * read once for all of them.
 * @param b n rows, of one double for each right side; becomes x
 */
export function solveFactorized(u: usize, n: i32, rowLength: i32, b: usize): void {
  const rowBytes: usize = 8 * rowLength;
  const width: usize = 8 * RIGHT_SIDES;
  const end: usize = 8 * n;
  for (let k: usize = 0, row = u, at = b; k < end; k += 8, row += rowBytes, at += width) {
    const reciprocal = v128.load64_splat(row + k);
    const y0 = f64x2.mul(v128.load(at), reciprocal);
    const y1 = f64x2.mul(v128.load(at, 16), reciprocal);
    const y2 = f64x2.mul(v128.load(at, 32), reciprocal);
    const y3 = f64x2.mul(v128.load(at, 48), reciprocal);
    v128.store(at, y0);
    v128.store(at, y1, 16);
    v128.store(at, y2, 32);
    v128.store(at, y3, 48);
    for (let j = k + 8, to = at + width; j < end; j += 8, to += width) {
      const e = v128.load64_splat(row + j);
      v128.store(to, f64x2.sub(v128.load(to), f64x2.mul(e, y0)));
      v128.store(to, f64x2.sub(v128.load(to, 16), f64x2.mul(e, y1)), 16);
      v128.store(to, f64x2.sub(v128.load(to, 32), f64x2.mul(e, y2)), 32);
      v128.store(to, f64x2.sub(v128.load(to, 48), f64x2.mul(e, y3)), 48);
    }
  }
  for (let k = end; k > 0; ) {
    k -= 8;
    const row = u + (k >> 3) * rowBytes;
    const at = b + k * RIGHT_SIDES;
    let x0 = v128.load(at);
    let x1 = v128.load(at, 16);
    let x2 = v128.load(at, 32);
    let x3 = v128.load(at, 48);
    for (let j = k + 8, from = at + width; j < end; j += 8, from += width) {
      const e = v128.load64_splat(row + j);
      x0 = f64x2.sub(x0, f64x2.mul(e, v128.load(from)));
      x1 = f64x2.sub(x1, f64x2.mul(e, v128.load(from, 16)));
      x2 = f64x2.sub(x2, f64x2.mul(e, v128.load(from, 32)));
      x3 = f64x2.sub(x3, f64x2.mul(e, v128.load(from, 48)));
    }
    const reciprocal = v128.load64_splat(row + k);
    v128.store(at, f64x2.mul(x0, reciprocal));
    v128.store(at, f64x2.mul(x1, reciprocal), 16);
    v128.store(at, f64x2.mul(x2, reciprocal), 32);
    v128.store(at, f64x2.mul(x3, reciprocal), 48);
  }
}
