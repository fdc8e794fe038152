import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Arena } from '../../../src/base/kernels/arena.js';
import { type Matrix, rowOf } from '../../../src/base/numeric/matrix.js';
import { createRandom, type Random } from '../../../src/base/numeric/random.js';
import { plainScore } from '../../support/plain-search.js';

const arena = Arena.create();
const { kernels } = arena;

/** Runs `check` for numbers of factors from 1 to 70, with memory of its own. */
function forAllWidths(check: (columns: number, random: Random) => void): void {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 70 }), fc.integer(), (columns, seed) => {
      const mark = arena.mark();
      check(columns, createRandom(seed));
      arena.release(mark);
    }),
    { seed: 1, numRuns: 150 },
  );
}

function randomMatrix(rows: number, columns: number, random: Random): Matrix {
  const matrix = arena.matrix(rows, columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) matrix.data[i * matrix.stride + j] = random.normal();
  return matrix;
}

const addressOf = (matrix: Matrix, row: number): number => matrix.data.byteOffset + row * matrix.stride * 4;

/** Distance in double precision; without `b`, from zero. */
function distance(a: ArrayLike<number>, b?: ArrayLike<number>): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += (a[j]! - (b?.[j] ?? 0)) ** 2;
  return Math.sqrt(sum);
}

test('dot sums in single precision, four lanes, then pairwise', () => {
  forAllWidths((columns, random) => {
    const vectors = randomMatrix(2, columns, random);
    const computed = kernels.dot(addressOf(vectors, 0), addressOf(vectors, 1), vectors.stride);
    expect(computed).toBe(plainScore(rowOf(vectors, 0), rowOf(vectors, 1)));
  });
});

test('normOf is the norm in double precision, also where single precision would overflow', () => {
  const row = arena.float32(4);
  row.set([3e38, 3e38, -3e38, 3e38]);
  expect(kernels.normOf(row.byteOffset, 4)).toBe(2 * Math.fround(3e38));
  row.set([3, 4, 0, 0]);
  expect(kernels.normOf(row.byteOffset, 4)).toBe(5);
});

test('assignRows finds the nearest centroid of each row, of every sample step', () => {
  forAllWidths((columns, random) => {
    const step = 1 + random.below(3);
    const sampled = 1 + random.below(150);
    const rows = randomMatrix((sampled - 1) * step + 1, columns, random);
    const centroids = randomMatrix(1 + random.below(40), columns, random);
    const halfNorms = arena.float32(centroids.rows);
    halfNorms.set(Array.from(halfNorms, (_, c) => distance(rowOf(centroids, c)) ** 2 / 2));
    const untouched = 9999;
    const assignment = arena.uint32(sampled).fill(untouched);
    const first = random.below(sampled);
    kernels.assignRows(
      rows.data.byteOffset,
      rows.stride,
      step,
      first,
      sampled,
      centroids.data.byteOffset,
      halfNorms.byteOffset,
      centroids.rows,
      assignment.byteOffset,
      arena.float32(sampled).byteOffset,
    );
    expect([...assignment.subarray(0, first)]).toEqual(new Array(first).fill(untouched));
    for (let i = first; i < sampled; i++) {
      const row = rowOf(rows, i * step);
      const distances = Array.from({ length: centroids.rows }, (_, c) => distance(row, rowOf(centroids, c)));
      expect(distances[assignment[i]!]).toBeLessThanOrEqual(Math.min(...distances) + 1e-4);
    }
  });
});

test('assignRows prefers the lower of equal centroids', () => {
  const rows = arena.matrix(9, 4);
  const assignment = arena.uint32(9).fill(7);
  kernels.assignRows(
    rows.data.byteOffset,
    4,
    1,
    0,
    9,
    arena.matrix(3, 4).data.byteOffset,
    arena.float32(3).byteOffset,
    3,
    assignment.byteOffset,
    arena.float32(9).byteOffset,
  );
  expect([...assignment]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0]);
});

test('moveCentroids takes the mean of the members and leaves an empty cell alone', () => {
  forAllWidths((columns, random) => {
    const rows = randomMatrix(30, columns, random);
    const centroids = randomMatrix(3, columns, random);
    const alone = [...rowOf(centroids, 1)];
    const members = arena.uint32(30);
    members.set(Array.from({ length: 30 }, (_, i) => 29 - i));
    const starts = arena.uint32(4);
    starts.set([0, 12, 12, 30]);
    const halfNorms = arena.float32(3);
    kernels.moveCentroids(
      rows.data.byteOffset,
      rows.stride,
      1,
      members.byteOffset,
      starts.byteOffset,
      0,
      3,
      centroids.data.byteOffset,
      halfNorms.byteOffset,
      arena.float32(rows.stride * 2).byteOffset,
    );
    const mean = (first: number, last: number): number[] =>
      Array.from({ length: columns }, (_, j) => {
        let sum = 0;
        for (let i = first; i < last; i++) sum += rows.data[members[i]! * rows.stride + j]!;
        return Math.fround(sum * (1 / (last - first)));
      });
    expect([...rowOf(centroids, 0)]).toEqual(mean(0, 12));
    expect([...rowOf(centroids, 1)]).toEqual(alone);
    expect([...rowOf(centroids, 2)]).toEqual(mean(12, 30));
    expect(halfNorms[2]).toBeCloseTo(distance(rowOf(centroids, 2)) ** 2 / 2, 4);
  });
});

test('rowNorms and rowRadii never come out below the true values, and barely above', () => {
  forAllWidths((columns, random) => {
    const rows = randomMatrix(20, columns, random);
    const scales = arena.float32(20);
    scales.set(Array.from(scales, () => random.uniform()));
    const norms = arena.float32(20);
    kernels.rowNorms(rows.data.byteOffset, rows.stride, scales.byteOffset, 2, 20, 0, norms.byteOffset);
    const scaled = (row: number): number[] => Array.from(rowOf(rows, row), value => value * scales[row]!);
    expect([norms[0], norms[1]]).toEqual([0, 0]);
    for (let row = 2; row < 20; row++) {
      const norm = distance(scaled(row));
      expect(norms[row]).toBeGreaterThanOrEqual(norm);
      expect(norms[row]).toBeLessThanOrEqual(norm * 1.000001);
    }
    const centroid = Array.from(rowOf(rows, 0), value => value * 0.5);
    const at = rows.data.byteOffset;
    const radii = arena.float32(20);
    kernels.rowRadii(at, rows.stride, scales.byteOffset, 2, 20, at, 0.5, 0, radii.byteOffset);
    expect([radii[0], radii[1]]).toEqual([0, 0]);
    for (let row = 2; row < 20; row++) {
      const radius = distance(scaled(row), centroid);
      expect(radii[row]).toBeGreaterThanOrEqual(radius);
      expect(radii[row]).toBeLessThanOrEqual(radius * 1.000001);
    }
  });
});
