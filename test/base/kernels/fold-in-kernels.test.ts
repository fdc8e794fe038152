import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Arena } from '../../../src/base/kernels/arena.js';
import { foldInWorkFloats, trainingStride } from '../../../src/base/kernels/layout.js';
import { createRandom } from '../../../src/base/numeric/random.js';

const BEYOND = 7;

/** Floats with a mark behind them, so that a kernel that writes too far is found out. */
function guarded(arena: Arena, length: number): { floats: Float32Array; isWhole: () => boolean } {
  const all = arena.float32(length + 16).fill(BEYOND, length);
  return { floats: all.subarray(0, length), isWhole: () => all.subarray(length).every(value => value === BEYOND) };
}

test('gathers, scales and multiplies rows as plain loops do, filled up with zeros', () => {
  const sizes = fc.integer({ min: 1, max: 21 });
  fc.assert(
    fc.property(
      sizes,
      fc.integer({ min: 0, max: 11 }),
      fc.nat({ max: 3 }),
      fc.integer(),
      (columns, count, left, seed) => {
        const random = createRandom(seed);
        const arena = Arena.create();
        const source = arena.matrix(9, columns + left);
        source.data.set(source.data.map(() => random.normal()));
        const stride = trainingStride(columns);
        const whole = (count + 3) & ~3;
        const indices = arena.uint32(count);
        indices.set(indices.map(() => random.below(9)));
        const weights = arena.float32(whole);
        weights.set(Array.from({ length: count }, () => random.uniform()));
        const { floats: rows, isWhole } = guarded(arena, whole * stride);
        rows.fill(BEYOND);
        const total = arena.kernels.gatherRows(
          source.data.byteOffset,
          source.stride,
          indices.byteOffset,
          weights.byteOffset,
          count,
          columns,
          rows.byteOffset,
          stride,
        );
        const plain = Array.from({ length: whole * stride }, (_, at) => {
          const [k, f] = [Math.floor(at / stride), at % stride];
          return k < count && f < columns ? source.data[indices[k]! * source.stride + f]! : 0;
        });
        expect([...rows]).toEqual(plain);
        expect(isWhole()).toBe(true);
        expect(total).toBeCloseTo(
          plain.reduce((sum, value, at) => sum + weights[Math.floor(at / stride)]! * value * value, 0),
          4,
        );

        arena.kernels.scaleRows(rows.byteOffset, count, stride, weights.byteOffset);
        const scaled = plain.map((value, at) => Math.fround(value * weights[Math.floor(at / stride)]!));
        expect([...rows]).toEqual(scaled);
        expect(isWhole()).toBe(true);

        const x = arena.float32(stride);
        x.set(x.map(() => random.normal()));
        const { floats: dots, isWhole: areWhole } = guarded(arena, whole);
        arena.kernels.dotRowsWith(x.byteOffset, rows.byteOffset, count, stride, dots.byteOffset);
        dots.forEach((dot, k) => {
          expect(dot).toBeCloseTo(
            x.reduce((sum, value, f) => sum + value * scaled[k * stride + f]!, 0),
            4,
          );
        });
        expect(areWhole()).toBe(true);
      },
    ),
    { seed: 1, numRuns: 150 },
  );
});

test('conjugate gradients in a rotated basis reach the solution from anywhere, and say when steps do not suffice', () => {
  const arena = Arena.create();
  const stride = 8;
  // B = axes' diag(1, 4) axes, on the first two columns.
  const [cos, sin] = [0.6, 0.8];
  const axes = arena.float32(stride * stride);
  axes.set([cos, sin], 0);
  axes.set([-sin, cos], stride);
  const dense = arena.float32(stride).fill(1);
  dense.set([1.5, 4.5]);
  const rows = arena.float32(4 * stride);
  rows.set([1, 2], 0);
  rows.set([-1, 1], stride);
  const [weights, targets] = [arena.float32(4), arena.float32(4)];
  weights.set([2, 3]);
  targets.set([1, -1]);
  const { floats: work, isWhole } = guarded(arena, foldInWorkFloats(stride, 2));
  const x = arena.float32(stride);
  const solve = (isStarted: boolean, steps: number) =>
    arena.kernels.foldIn(
      rows.byteOffset,
      2,
      stride,
      weights.byteOffset,
      targets.byteOffset,
      axes.byteOffset,
      dense.byteOffset,
      x.byteOffset,
      isStarted,
      steps,
      1e-6,
      work.byteOffset,
    );
  // A = axes' diag(1.5, 4.5) axes + 2 (1, 2)'(1, 2) + 3 (-1, 1)'(-1, 1), b = 2 (1, 2) - 3 (-1, 1)
  const [a, b, d] = [1.5 * cos * cos + 4.5 * sin * sin + 5, -3 * cos * sin + 1, 1.5 * sin * sin + 4.5 * cos * cos + 11];
  const determinant = a * d - b * b;
  const expected = [(d * 5 - b * 1) / determinant, (a * 1 - b * 5) / determinant];
  for (const start of [undefined, [3, -2], expected]) {
    x.fill(0);
    if (start) x.set(start);
    expect(solve(start !== undefined, 3)).toBe(start === expected ? 0 : 2);
    expect(x[0]).toBeCloseTo(expected[0]!, 5);
    expect(x[1]).toBeCloseTo(expected[1]!, 5);
    expect([...x.subarray(2)]).toEqual([0, 0, 0, 0, 0, 0]);
  }
  expect(solve(false, 1)).toBe(-1);
  expect(isWhole()).toBe(true);
  targets[0] = Number.NaN;
  expect(solve(false, 20)).toBe(-1);
});
