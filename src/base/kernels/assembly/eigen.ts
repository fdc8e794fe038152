// Eigenvectors of a symmetric matrix in double precision: Householder reduction to a tridiagonal matrix, then implicit
// QL steps with Wilkinson shifts (Golub & Van Loan, Matrix Computations, sections 8.3 and 8.4). Everything that costs
// n^3 runs along rows of memory: the reduction on the upper triangle, the eigenvectors as rows. The steps are taken on the
// tridiagonal matrix alone and noted down, so that threads can form the eigenvectors slice by slice: `tridiagonalize`,
// then `reflectRows` and `findRotations`, which do not need one another, then `applyRotations`.

import { SLICE_COLUMNS } from '../layout';

/** Off-diagonal entries below this part of the largest entry are taken for zero. */
const TOLERANCE: f64 = 1e-15;
/** QL steps an eigenvalue may take; two are usual, and not-a-number never converges. */
const MAX_STEPS: i32 = 60;

// @inline
function at(base: usize, index: i32): usize {
  return base + 8 * index;
}

function dot64(a: usize, b: usize, length: i32): f64 {
  let sum = f64x2.splat(0);
  const whole = length & ~1;
  for (let i = 0; i < whole; i += 2) sum = f64x2.add(sum, f64x2.mul(v128.load(at(a, i)), v128.load(at(b, i))));
  let total = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
  if (whole < length) total += load<f64>(at(a, whole)) * load<f64>(at(b, whole));
  return total;
}

/** y += factor · x */
function addScaled64(y: usize, factor: f64, x: usize, length: i32): void {
  const scale = f64x2.splat(factor);
  const whole = length & ~1;
  for (let i = 0; i < whole; i += 2) {
    v128.store(at(y, i), f64x2.add(v128.load(at(y, i)), f64x2.mul(scale, v128.load(at(x, i)))));
  }
  if (whole < length) store<f64>(at(y, whole), load<f64>(at(y, whole)) + factor * load<f64>(at(x, whole)));
}

/**
 * Reduces the symmetric n × n matrix whose upper triangle is in `matrix` (doubles, `rowLength` from one row to the next).
 * Leaves the reflection k, unit part first, in row k right of the diagonal.
 * @param diagonal, offDiagonal, taus, product n doubles each; the last is scratch
 */
export function tridiagonalize(
  matrix: usize,
  n: i32,
  rowLength: i32,
  diagonal: usize,
  offDiagonal: usize,
  taus: usize,
  product: usize,
): void {
  for (let k = 0; k < n - 1; k++) {
    store<f64>(at(diagonal, k), load<f64>(at(matrix, k * rowLength + k)));
    const length = n - 1 - k;
    const v = at(matrix, k * rowLength + k + 1);
    const head = load<f64>(v);
    const tail = dot64(v + 8, v + 8, length - 1);
    if (tail === 0) {
      store<f64>(at(offDiagonal, k), head);
      store<f64>(at(taus, k), 0);
      continue;
    }
    // The sign that adds magnitudes, so that nothing cancels.
    const norm = Math.sqrt(head * head + tail);
    const reflected = head > 0 ? -norm : norm;
    const pivot = head - reflected;
    const tau = -pivot / reflected;
    store<f64>(v, 1);
    for (let i = 1; i < length; i++) store<f64>(at(v, i), load<f64>(at(v, i)) / pivot);
    store<f64>(at(offDiagonal, k), reflected);
    store<f64>(at(taus, k), tau);

    // product = tau · A v, reading each entry of the triangle once for both places it stands for.
    for (let i = 0; i < length; i++) store<f64>(at(product, i), 0);
    for (let i = 0; i < length; i++) {
      const row = at(matrix, (k + 1 + i) * rowLength + k + 1 + i);
      const vi = load<f64>(at(v, i));
      store<f64>(at(product, i), load<f64>(at(product, i)) + dot64(row, at(v, i), length - i));
      addScaled64(at(product, i + 1), vi, row + 8, length - i - 1);
    }
    for (let i = 0; i < length; i++) store<f64>(at(product, i), load<f64>(at(product, i)) * tau);
    addScaled64(product, -0.5 * tau * dot64(product, v, length), v, length);
    for (let i = 0; i < length; i++) {
      const row = at(matrix, (k + 1 + i) * rowLength + k + 1 + i);
      addScaled64(row, -load<f64>(at(v, i)), at(product, i), length - i);
      addScaled64(row, -load<f64>(at(product, i)), at(v, i), length - i);
    }
  }
  store<f64>(at(diagonal, n - 1), load<f64>(at(matrix, (n - 1) * rowLength + n - 1)));
  store<f64>(at(offDiagonal, n - 1), 0);
}

/** Rows first … end-1 of the product of the reflections, transposed, to n × n doubles. */
export function reflectRows(
  matrix: usize,
  n: i32,
  rowLength: i32,
  taus: usize,
  vectors: usize,
  first: i32,
  end: i32,
): void {
  for (let i = first; i < end; i++) {
    for (let j = 0; j < n; j++) store<f64>(at(vectors, i * n + j), i === j ? 1 : 0);
  }
  for (let k = n - 2; k >= 0; k--) {
    const tau = load<f64>(at(taus, k));
    if (tau === 0) continue;
    const v = at(matrix, k * rowLength + k + 1);
    const length = n - 1 - k;
    for (let j = max(first, k + 1); j < end; j++) {
      const row = at(vectors, j * n + k + 1);
      addScaled64(row, -tau * dot64(row, v, length), v, length);
    }
  }
}

/**
 * Implicit QL on the tridiagonal matrix: `diagonal` becomes the eigenvalues, in no particular order. The plane rotations
 * on the way go to `rotations`, pairs of doubles: for each step its highest row and its number of rotations, then their
 * sines and cosines, from the highest row downwards.
 * @param room pairs that there is room for; n² are usual, and what is off the diagonal when it is full stays there
 * @returns how many pairs were written
 */
export function findRotations(diagonal: usize, offDiagonal: usize, n: i32, rotations: usize, room: i32): i32 {
  let largest: f64 = 0;
  for (let i = 0; i < n; i++) {
    largest = Math.max(largest, Math.abs(load<f64>(at(diagonal, i))) + Math.abs(load<f64>(at(offDiagonal, i))));
  }
  const negligible = TOLERANCE * largest;
  let pairs = 0;
  for (let l = 0; l < n; l++) {
    for (let step = 0; step < MAX_STEPS; step++) {
      let m = l;
      while (m < n - 1 && Math.abs(load<f64>(at(offDiagonal, m))) > negligible) m++;
      if (m === l) break;
      if (pairs + 1 + m - l > room) return pairs;
      const header = at(rotations, 2 * pairs);
      const taken = qlStep(diagonal, offDiagonal, l, m, header + 16);
      store<f64>(header, m - 1);
      store<f64>(header, taken, 8);
      pairs += 1 + taken;
    }
  }
  return pairs;
}

/** Bytes of a row of a slice. */
const SLICE_BYTES: usize = SLICE_COLUMNS * 8;

/**
 * Applies rotations to 16 columns, or as many as there are, of the rows of `vectors`.
 * @param packed scratch for n rows of 16 doubles: side by side they stay in a near cache, which rows that lie a power of
 *   two apart do not
 */
export function applyRotations(rotations: usize, pairs: i32, vectors: usize, n: i32, first: i32, packed: usize): void {
  const bytes = 8 * min(SLICE_COLUMNS, n - first);
  memory.fill(packed, 0, SLICE_BYTES * n);
  for (let i = 0; i < n; i++) memory.copy(packed + SLICE_BYTES * i, at(vectors, i * n + first), bytes);
  const last = at(rotations, 2 * pairs);
  while (rotations < last) {
    // The lower row of a rotation is the higher one of the next: it is carried, not stored.
    let row = packed + (<usize>load<f64>(rotations) + 1) * SLICE_BYTES;
    const taken = <i32>load<f64>(rotations, 8);
    rotations += 16;
    let x0 = v128.load(row, 0);
    let x1 = v128.load(row, 16);
    let x2 = v128.load(row, 32);
    let x3 = v128.load(row, 48);
    let x4 = v128.load(row, 64);
    let x5 = v128.load(row, 80);
    let x6 = v128.load(row, 96);
    let x7 = v128.load(row, 112);
    for (let r = 0; r < taken; r++, rotations += 16) {
      const s = f64x2.splat(load<f64>(rotations));
      const c = f64x2.splat(load<f64>(rotations, 8));
      const low = row - SLICE_BYTES;
      const a0 = v128.load(low, 0);
      v128.store(row, f64x2.add(f64x2.mul(s, a0), f64x2.mul(c, x0)), 0);
      x0 = f64x2.sub(f64x2.mul(c, a0), f64x2.mul(s, x0));
      const a1 = v128.load(low, 16);
      v128.store(row, f64x2.add(f64x2.mul(s, a1), f64x2.mul(c, x1)), 16);
      x1 = f64x2.sub(f64x2.mul(c, a1), f64x2.mul(s, x1));
      const a2 = v128.load(low, 32);
      v128.store(row, f64x2.add(f64x2.mul(s, a2), f64x2.mul(c, x2)), 32);
      x2 = f64x2.sub(f64x2.mul(c, a2), f64x2.mul(s, x2));
      const a3 = v128.load(low, 48);
      v128.store(row, f64x2.add(f64x2.mul(s, a3), f64x2.mul(c, x3)), 48);
      x3 = f64x2.sub(f64x2.mul(c, a3), f64x2.mul(s, x3));
      const a4 = v128.load(low, 64);
      v128.store(row, f64x2.add(f64x2.mul(s, a4), f64x2.mul(c, x4)), 64);
      x4 = f64x2.sub(f64x2.mul(c, a4), f64x2.mul(s, x4));
      const a5 = v128.load(low, 80);
      v128.store(row, f64x2.add(f64x2.mul(s, a5), f64x2.mul(c, x5)), 80);
      x5 = f64x2.sub(f64x2.mul(c, a5), f64x2.mul(s, x5));
      const a6 = v128.load(low, 96);
      v128.store(row, f64x2.add(f64x2.mul(s, a6), f64x2.mul(c, x6)), 96);
      x6 = f64x2.sub(f64x2.mul(c, a6), f64x2.mul(s, x6));
      const a7 = v128.load(low, 112);
      v128.store(row, f64x2.add(f64x2.mul(s, a7), f64x2.mul(c, x7)), 112);
      x7 = f64x2.sub(f64x2.mul(c, a7), f64x2.mul(s, x7));
      row = low;
    }
    v128.store(row, x0, 0);
    v128.store(row, x1, 16);
    v128.store(row, x2, 32);
    v128.store(row, x3, 48);
    v128.store(row, x4, 64);
    v128.store(row, x5, 80);
    v128.store(row, x6, 96);
    v128.store(row, x7, 112);
  }
  for (let i = 0; i < n; i++) memory.copy(at(vectors, i * n + first), packed + SLICE_BYTES * i, bytes);
}

/** One step on the unreduced block l … m, chasing the bulge from its end to its beginning. Returns its rotations. */
function qlStep(diagonal: usize, offDiagonal: usize, l: i32, m: i32, rotations: usize): i32 {
  const dl = load<f64>(at(diagonal, l));
  const el = load<f64>(at(offDiagonal, l));
  const half = (load<f64>(at(diagonal, l + 1)) - dl) / (2 * el);
  const root = Math.sqrt(half * half + 1);
  let g = load<f64>(at(diagonal, m)) - dl + el / (half + (half < 0 ? -root : root));
  let sine: f64 = 1;
  let cosine: f64 = 1;
  let shift: f64 = 0;
  for (let i = m - 1; i >= l; i--) {
    const e = load<f64>(at(offDiagonal, i));
    const f = sine * e;
    const b = cosine * e;
    const r = Math.sqrt(f * f + g * g);
    store<f64>(at(offDiagonal, i + 1), r);
    if (r === 0) {
      // The block came apart by itself; what is left of it is taken up by the next step.
      store<f64>(at(diagonal, i + 1), load<f64>(at(diagonal, i + 1)) - shift);
      store<f64>(at(offDiagonal, m), 0);
      return m - 1 - i;
    }
    sine = f / r;
    cosine = g / r;
    const d = load<f64>(at(diagonal, i + 1)) - shift;
    const t = (load<f64>(at(diagonal, i)) - d) * sine + 2 * cosine * b;
    shift = sine * t;
    store<f64>(at(diagonal, i + 1), d + shift);
    g = cosine * t - b;
    store<f64>(rotations, sine);
    store<f64>(rotations, cosine, 8);
    rotations += 16;
  }
  store<f64>(at(diagonal, l), dl - shift);
  store<f64>(at(offDiagonal, l), g);
  store<f64>(at(offDiagonal, m), 0);
  return m - l;
}
