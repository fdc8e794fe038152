// The one definition of a score. Every kernel that scores sums in this order (four lanes, each over every fourth column
// in ascending order, then the lanes pairwise), so that a score is the same to the last bit whichever kernel computed it.

/** sum + a b, lane by lane. */
// @inline
export function plusProduct(sum: v128, a: v128, b: v128): v128 {
  return f32x4.add(sum, f32x4.mul(a, b));
}

// @inline
export function sumLanes(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

/** Dot product of two rows of `stride` floats, a multiple of four. */
// @inline
export function dotRows(a: usize, b: usize, stride: i32): f32 {
  let sum = f32x4.splat(0);
  const end = a + 4 * stride;
  for (; a < end; a += 16, b += 16) sum = plusProduct(sum, v128.load(a), v128.load(b));
  return sumLanes(sum);
}

/** `sumLanes` of four vectors at once: lane i of the result is the sum of the i-th, added in the same order. */
// @inline
export function sumLanes4(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab01 = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const ab23 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd01 = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const cd23 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  return f32x4.add(
    f32x4.add(v128.shuffle<f64>(ab01, cd01, 0, 2), v128.shuffle<f64>(ab01, cd01, 1, 3)),
    f32x4.add(v128.shuffle<f64>(ab23, cd23, 0, 2), v128.shuffle<f64>(ab23, cd23, 1, 3)),
  );
}

/** Dot products of the row at `q` with the four rows at a, b, c and d. */
// @inline
export function dotRows4(q: usize, a: usize, b: usize, c: usize, d: usize, stride: i32): v128 {
  let sumA = f32x4.splat(0);
  let sumB = f32x4.splat(0);
  let sumC = f32x4.splat(0);
  let sumD = f32x4.splat(0);
  const end = q + 4 * stride;
  const even = q + 4 * (stride & ~7);
  while (q < even) {
    const x = v128.load(q);
    sumA = plusProduct(sumA, x, v128.load(a));
    sumB = plusProduct(sumB, x, v128.load(b));
    sumC = plusProduct(sumC, x, v128.load(c));
    sumD = plusProduct(sumD, x, v128.load(d));
    const y = v128.load(q, 16);
    sumA = plusProduct(sumA, y, v128.load(a, 16));
    sumB = plusProduct(sumB, y, v128.load(b, 16));
    sumC = plusProduct(sumC, y, v128.load(c, 16));
    sumD = plusProduct(sumD, y, v128.load(d, 16));
    q += 32;
    a += 32;
    b += 32;
    c += 32;
    d += 32;
  }
  if (q < end) {
    const x = v128.load(q);
    sumA = plusProduct(sumA, x, v128.load(a));
    sumB = plusProduct(sumB, x, v128.load(b));
    sumC = plusProduct(sumC, x, v128.load(c));
    sumD = plusProduct(sumD, x, v128.load(d));
  }
  return sumLanes4(sumA, sumB, sumC, sumD);
}
