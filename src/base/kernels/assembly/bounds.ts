// Norms, radii and their rounding: what the bounds of searches are made of.

/** Relative widening that outweighs the rounding of a double to a float, 2^-22. */
export const WIDEN: f64 = 1.0 + 2.384185791015625e-7;

/** The least float that is surely not below `value`. */
// @inline
export function roundedUp(value: f64): f32 {
  // 3e-45 is two of the smallest floats: outweighs rounding among the denormals.
  return <f32>((value > 0 ? value * WIDEN : value / WIDEN) + 3e-45);
}

/** The norm of a row, in double precision: never overflows. */
export function normOf(row: usize, stride: i32): f64 {
  let sum: f64 = 0;
  for (const end = row + 4 * stride; row < end; row += 4) {
    const x = <f64>load<f32>(row);
    sum += x * x;
  }
  return sqrt(sum);
}

// @inline
function scaleOf(scales: usize, row: u32): f64 {
  return scales === 0 ? 1 : <f64>load<f32>(scales + 4 * row);
}

/** For each row first … last-1: its norm times its scale times (1 + `relative`), rounded up. */
export function rowNorms(
  rows: usize,
  stride: i32,
  scales: usize,
  first: u32,
  last: u32,
  relative: f64,
  out: usize,
): void {
  for (let row = first; row < last; row++) {
    const norm = normOf(rows + 4 * stride * row, stride);
    store<f32>(out + 4 * row, roundedUp(norm * scaleOf(scales, row) * (1 + relative)));
  }
}

/**
 * For each row first … last-1: the distance of the scaled row from the scaled centroid, plus `relative` times the norms
 * of both, rounded up.
 */
export function rowRadii(
  rows: usize,
  stride: i32,
  scales: usize,
  first: u32,
  last: u32,
  centroid: usize,
  centroidScale: f64,
  relative: f64,
  out: usize,
): void {
  const centroidNorm = normOf(centroid, stride) * centroidScale;
  for (let row = first; row < last; row++) {
    const scale = scaleOf(scales, row);
    const at = rows + 4 * stride * row;
    let squares: f64 = 0;
    let distances: f64 = 0;
    for (let j: usize = 0; j < <usize>(4 * stride); j += 4) {
      const value = <f64>load<f32>(at + j) * scale;
      const difference = value - <f64>load<f32>(centroid + j) * centroidScale;
      squares += value * value;
      distances += difference * difference;
    }
    store<f32>(out + 4 * row, roundedUp(sqrt(distances) + relative * (sqrt(squares) + centroidNorm)));
  }
}
