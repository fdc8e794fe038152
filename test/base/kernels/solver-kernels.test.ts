import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Arena } from '../../../src/base/kernels/arena.js';
import { RIGHT_SIDES } from '../../../src/base/kernels/layout.js';
import { createRandom } from '../../../src/base/numeric/random.js';

/** Doubles at the end of a new arena's memory. */
function doubles(arena: Arena, values: ArrayLike<number>): Float64Array {
  const address = arena.reserve(values.length * 8);
  const placed = new Float64Array(arena.memory.buffer, address, values.length);
  placed.set(values);
  return placed;
}

test('solves symmetric positive definite systems of any size from their upper triangle', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.integer(), (n, seed) => {
      const random = createRandom(seed);
      const length = (n + 7) & ~7;
      const root = Array.from({ length: n }, () => Array.from({ length: n }, () => random.normal()));
      const entry = (i: number, j: number) => root.reduce((sum, row) => sum + row[i]! * row[j]!, 0) + (i === j ? 1 : 0);
      const arena = Arena.create();
      const a = new Float64Array(length * length);
      for (let i = 0; i < n; i++) {
        // What lies below the diagonal must not matter.
        for (let j = 0; j < n; j++) a[i * length + j] = j < i ? Number.NaN : entry(i, j);
      }
      // Right sides lie side by side: entry i of all of them, then entry i + 1.
      const x = Array.from({ length: n * RIGHT_SIDES }, () => random.normal());
      const b = x.map((_, at) => {
        const [i, side] = [Math.floor(at / RIGHT_SIDES), at % RIGHT_SIDES];
        return Array.from({ length: n }, (_, j) => entry(i, j) * x[j * RIGHT_SIDES + side]!).reduce(
          (sum, e) => sum + e,
        );
      });

      const matrix = doubles(arena, a);
      const right = doubles(arena, [...b, 7, 7]);
      expect(arena.kernels.factorize(matrix.byteOffset, 0, n, length)).toBe(1);
      arena.kernels.solveFactorized(matrix.byteOffset, n, length, right.byteOffset);
      x.forEach((value, i) => {
        expect(right[i]).toBeCloseTo(value, 6);
      });
      expect([...right.subarray(x.length)]).toEqual([7, 7]);
    }),
    { seed: 1, numRuns: 60 },
  );
});

test.each([
  { what: 'indefinite', entries: [1, 2, 2, 1] },
  { what: 'zero', entries: [0, 0, 0, 0] },
  { what: 'not a number', entries: [1, 0, 0, Number.NaN] },
  { what: 'infinite', entries: [Number.POSITIVE_INFINITY, 0, 0, 1] },
])('refuses a matrix that is $what', ({ entries }) => {
  const arena = Arena.create();
  expect(arena.kernels.factorize(doubles(arena, entries).byteOffset, 0, 2, 2)).toBe(0);
});
