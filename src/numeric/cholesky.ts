/**
 * Solves A x = b for a symmetric positive definite A by Cholesky decomposition, in place.
 * @param a row-major n × n, only the lower triangle is read; overwritten with the factor
 * @param b overwritten with the solution
 * @returns false when A is not positive definite (or not finite); `b` is then meaningless
 */
export function solveCholesky(a: Float64Array, b: Float64Array): boolean {
  const n = b.length;
  for (let j = 0; j < n; j++) {
    const rowJ = j * n;
    for (let i = j; i < n; i++) {
      const rowI = i * n;
      let sum = a[rowI + j]!;
      for (let k = 0; k < j; k++) sum -= a[rowI + k]! * a[rowJ + k]!;
      if (i > j) {
        a[rowI + j] = sum / a[rowJ + j]!;
      } else if (sum > 0 && sum < Number.POSITIVE_INFINITY) {
        a[rowJ + j] = Math.sqrt(sum);
      } else {
        return false;
      }
    }
  }
  for (let i = 0; i < n; i++) {
    let sum = b[i]!;
    for (let k = 0; k < i; k++) sum -= a[i * n + k]! * b[k]!;
    b[i] = sum / a[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = b[i]!;
    for (let k = i + 1; k < n; k++) sum -= a[k * n + i]! * b[k]!;
    b[i] = sum / a[i * n + i]!;
  }
  return true;
}
