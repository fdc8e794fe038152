import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Arena } from '../../../src/base/kernels/arena.js';
import { createRandom } from '../../../src/base/numeric/random.js';
import { BARRIER_INTEGERS, ThreadBarrier } from '../../../src/base/threads/barrier.js';
import { eigenWorkDoubles, findEigenbasis } from '../../../src/learn/training/eigenbasis.js';

/** Eigenvectors and eigenvalues of a symmetric matrix. */
function eigen(matrix: readonly number[][]): { vectors: number[][]; values: number[] } {
  const n = matrix.length;
  const arena = Arena.create();
  const doubles = (length: number) => {
    const { byteOffset } = arena.float32(2 * length);
    return new Float64Array(arena.memory.buffer, byteOffset, length);
  };
  const rowLength = n + 3;
  const input = doubles(n * rowLength);
  // Only the upper triangle counts.
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) input[i * rowLength + j] = j < i ? 99 : matrix[i]![j]!;
  const [vectors, values, work] = [doubles(n * n), doubles(n), doubles(eigenWorkDoubles(n))];
  const { byteOffset, length } = arena.uint32(BARRIER_INTEGERS);
  const barrier = new ThreadBarrier(new Int32Array(arena.memory.buffer, byteOffset, length), 1);
  const space = {
    n,
    matrix: input,
    rowLength,
    vectors,
    values,
    work,
    rotations: doubles(16 * n * n + 64),
    packed: doubles(n * (n + 15)),
  };
  const nothing = () => {};
  findEigenbasis(arena.kernels, barrier, space, nothing, nothing);
  return {
    vectors: Array.from({ length: n }, (_, i) => Array.from(vectors.subarray(i * n, (i + 1) * n))),
    values: Array.from(values),
  };
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, j) => sum + value * b[j]!, 0);
}

/** Fails unless `vectors` are orthonormal and `matrix` times each is its value times it. */
function expectEigen(matrix: readonly number[][]): void {
  const { vectors, values } = eigen(matrix);
  const scale = Math.max(...matrix.flat().map(Math.abs), 1e-300) * matrix.length;
  vectors.forEach((vector, i) => {
    vectors.forEach((other, j) => {
      expect(Math.abs(dot(vector, other) - (i === j ? 1 : 0))).toBeLessThan(1e-12);
    });
    matrix.forEach((row, j) => {
      expect(Math.abs(dot(row, vector) - values[i]! * vector[j]!) / scale).toBeLessThan(1e-12);
    });
  });
}

/** x'x of `rows` random rows of `n` numbers. */
function gramOf(rows: number, n: number, seed: number): number[][] {
  const random = createRandom(seed);
  const x = Array.from({ length: rows }, () => Array.from({ length: n }, () => random.normal()));
  return Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_, j) => x.reduce((sum, row) => sum + row[i]! * row[j]!, 0)),
  );
}

describe('findEigenbasis', () => {
  test('finds an orthonormal basis of eigenvectors of Gram matrices, of any size and rank', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 37 }),
        fc.integer({ min: 0, max: 40 }),
        fc.nat(),
        fc.constantFrom(1e-20, 1, 1e20),
        (n, rows, seed, scale) => {
          expectEigen(gramOf(rows, n, seed).map(row => row.map(value => value * scale)));
        },
      ),
      { seed: 1, numRuns: 150 },
    );
  });

  test('handles diagonal, repeated and widely spread eigenvalues', () => {
    const diagonal = (values: number[]) => values.map((value, i) => values.map((_, j) => (i === j ? value : 0)));
    expect(eigen(diagonal([3, 1, 2])).values).toEqual([3, 1, 2]);
    expectEigen(diagonal([5, 5, 5, 5]));
    expectEigen(diagonal([1e12, 1, 1e-12]));
    expectEigen(Array.from({ length: 9 }, () => new Array<number>(9).fill(2)));
    expectEigen([
      [0, 1],
      [1, 0],
    ]);
  });

  test('ends on numbers that are not finite', () => {
    expect(
      eigen([
        [Number.NaN, 1],
        [1, Number.POSITIVE_INFINITY],
      ]).values,
    ).toHaveLength(2);
  });
});
