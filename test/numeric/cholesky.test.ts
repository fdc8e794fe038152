import fc from 'fast-check';
import { expect, test } from 'vitest';
import { solveCholesky } from '../../src/numeric/cholesky.js';
import { createRandom } from '../../src/numeric/random.js';

test('solveCholesky solves symmetric positive definite systems of any size', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.integer(), (n, seed) => {
      const random = createRandom(seed);
      const root = Array.from({ length: n * n }, () => random.normal());
      const a = new Float64Array(n * n);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          for (let k = 0; k < n; k++) a[i * n + j]! += root[i * n + k]! * root[j * n + k]!;
          if (i === j) a[i * n + j]! += 1;
        }
      }
      const x = Array.from({ length: n }, () => random.normal());
      const b = Float64Array.from(x, (_, i) => x.reduce((sum, value, j) => sum + a[i * n + j]! * value, 0));
      expect(solveCholesky(a.slice(), b)).toBe(true);
      x.forEach((value, i) => {
        expect(b[i]).toBeCloseTo(value, 6);
      });
    }),
    { seed: 1, numRuns: 100 },
  );
});

test('solveCholesky refuses what is not positive definite or not finite', () => {
  expect(solveCholesky(Float64Array.of(1, 2, 2, 1), Float64Array.of(1, 1))).toBe(false);
  expect(solveCholesky(Float64Array.of(0), Float64Array.of(1))).toBe(false);
  expect(solveCholesky(Float64Array.of(Number.NaN), Float64Array.of(1))).toBe(false);
});
