// The one definition of a score. Every kernel that scores sums in this order (four lanes, then the lanes pairwise), so
// that a score is the same to the last bit whichever kernel computed it.

// @ts-ignore: decorator
@inline
export function sumLanes(v: v128): f32 {
  return (
    f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  );
}

// @ts-ignore: decorator
@inline
export function dotRows(a: usize, b: usize, stride: i32): f32 {
  let sum = f32x4.splat(0);
  const end = a + ((<usize>stride) << 2);
  for (; a < end; a += 16, b += 16) sum = f32x4.add(sum, f32x4.mul(v128.load(a), v128.load(b)));
  return sumLanes(sum);
}
