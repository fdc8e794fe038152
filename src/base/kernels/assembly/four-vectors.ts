// Four vectors at a time against one: each element of the one is loaded once for all four.

import { plusProduct } from './dot';

/** Adds four vectors, each times its lane of `scales`, to `out`. */
// @inline
export function addFour(out: usize, scales: v128, y0: usize, y1: usize, y2: usize, y3: usize, rowBytes: usize): void {
  const e0 = v128.shuffle<f32>(scales, scales, 0, 0, 0, 0);
  const e1 = v128.shuffle<f32>(scales, scales, 1, 1, 1, 1);
  const e2 = v128.shuffle<f32>(scales, scales, 2, 2, 2, 2);
  const e3 = v128.shuffle<f32>(scales, scales, 3, 3, 3, 3);
  for (let j: usize = 0; j < rowBytes; j += 32) {
    const a = out + j;
    const a0 = y0 + j;
    const a1 = y1 + j;
    const a2 = y2 + j;
    const a3 = y3 + j;
    v128.store(
      a,
      f32x4.add(
        v128.load(a),
        f32x4.add(
          f32x4.add(f32x4.mul(e0, v128.load(a0)), f32x4.mul(e1, v128.load(a1))),
          f32x4.add(f32x4.mul(e2, v128.load(a2)), f32x4.mul(e3, v128.load(a3))),
        ),
      ),
    );
    v128.store(
      a,
      f32x4.add(
        v128.load(a, 16),
        f32x4.add(
          f32x4.add(f32x4.mul(e0, v128.load(a0, 16)), f32x4.mul(e1, v128.load(a1, 16))),
          f32x4.add(f32x4.mul(e2, v128.load(a2, 16)), f32x4.mul(e3, v128.load(a3, 16))),
        ),
      ),
      16,
    );
  }
}

/** The dot products of four vectors with x, one in each lane. */
// @inline
export function dotFour(y0: usize, y1: usize, y2: usize, y3: usize, x: usize, rowBytes: usize): v128 {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (let j: usize = 0; j < rowBytes; j += 32) {
    const a = x + j;
    const a0 = y0 + j;
    const a1 = y1 + j;
    const a2 = y2 + j;
    const a3 = y3 + j;
    let v = v128.load(a);
    s0 = plusProduct(s0, v, v128.load(a0));
    s1 = plusProduct(s1, v, v128.load(a1));
    s2 = plusProduct(s2, v, v128.load(a2));
    s3 = plusProduct(s3, v, v128.load(a3));
    v = v128.load(a, 16);
    s0 = plusProduct(s0, v, v128.load(a0, 16));
    s1 = plusProduct(s1, v, v128.load(a1, 16));
    s2 = plusProduct(s2, v, v128.load(a2, 16));
    s3 = plusProduct(s3, v, v128.load(a3, 16));
  }
  // Transposed, the four sums become four vectors whose sum has one dot product in each lane.
  const low01 = v128.shuffle<f32>(s0, s1, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(s0, s1, 2, 6, 3, 7);
  const low23 = v128.shuffle<f32>(s2, s3, 0, 4, 1, 5);
  const high23 = v128.shuffle<f32>(s2, s3, 2, 6, 3, 7);
  const sum01 = f32x4.add(low01, high01);
  const sum23 = f32x4.add(low23, high23);
  return f32x4.add(v128.shuffle<f32>(sum01, sum23, 0, 1, 4, 5), v128.shuffle<f32>(sum01, sum23, 2, 3, 6, 7));
}
