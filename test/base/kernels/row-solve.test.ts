import { describe, expect, test } from 'vitest';
import { Arena } from '../../../src/base/kernels/arena.js';
import { PANEL_COLUMNS, solveScratchFloats } from '../../../src/base/kernels/layout.js';
import { createRandom } from '../../../src/base/numeric/random.js';

const STRIDE = 16;
const LONGEST_DUAL = 12;

/** One row of `count` interactions with random vectors, solved by the kernel from a random start. */
function solveOne(count: number, longestDual: number, ridge: number) {
  const random = createRandom(count);
  const arena = Arena.create();
  const fill = (length: number, next: (index: number) => number) => {
    const array = arena.float32(length);
    for (let i = 0; i < length; i++) array[i] = next(i);
    return array;
  };
  const source = fill(count * STRIDE, () => 0.4 * random.normal());
  const weights = fill(count, () => 0.5 + random.uniform());
  const spectrum = fill(STRIDE, j => 3 / (1 + j));
  const target = fill(STRIDE, () => random.normal());
  const identity = fill(STRIDE * STRIDE, e => {
    const panel = Math.floor(e / (PANEL_COLUMNS * STRIDE));
    const rest = e % (PANEL_COLUMNS * STRIDE);
    return Math.floor(rest / PANEL_COLUMNS) === panel * PANEL_COLUMNS + (rest % PANEL_COLUMNS) ? 1 : 0;
  });
  const starts = arena.uint32(2);
  starts[1] = count;
  const indices = arena.uint32(count);
  for (let k = 0; k < count; k++) indices[k] = k;
  const ridges = fill(1, () => ridge);
  const squares = fill(STRIDE, () => 0.16);
  const scratch = arena.float32(solveScratchFloats(STRIDE, count, longestDual));
  const sums = new Float64Array(arena.memory.buffer, arena.float32(4).byteOffset, 2);
  arena.kernels.solveRows(
    0,
    1,
    target.byteOffset,
    source.byteOffset,
    STRIDE,
    starts.byteOffset,
    indices.byteOffset,
    weights.byteOffset,
    ridges.byteOffset,
    spectrum.byteOffset,
    squares.byteOffset,
    identity.byteOffset,
    longestDual,
    60,
    0,
    scratch.byteOffset,
    sums.byteOffset,
  );
  const y = (k: number) => source.subarray(k * STRIDE, (k + 1) * STRIDE);
  const predictions = Array.from({ length: count }, (_, k) =>
    y(k).reduce((sum, value, j) => sum + value * target[j]!, 0),
  );
  // What the gradient of the loss is at the solution: it has to vanish.
  const gradient = Array.from(target, (value, j) =>
    predictions.reduce(
      (sum, prediction, k) => sum - weights[k]! * (1 - prediction) * y(k)[j]!,
      (spectrum[j]! + ridges[0]!) * value,
    ),
  );
  const observed = predictions.reduce((sum, prediction, k) => sum + weights[k]! * (1 - prediction) ** 2, 0);
  const dense = target.reduce((sum, value, j) => sum + spectrum[j]! * value * value, 0);
  const penalty = target.reduce((sum, value) => sum + ridges[0]! * value * value, 0);
  return { gradient, sums: Array.from(sums), expected: [observed + dense, penalty] };
}

describe('solveRows', () => {
  // Rows of any remainder by four; in the dual, by conjugate gradients, and where a tiny ridge forbids the dual.
  const cases = [1, 2, 3, 4, 5, 7, 8, 12, 13, 30].flatMap(count =>
    [0, LONGEST_DUAL].flatMap(dual => [0.5, 1e-6].map(ridge => [count, dual, ridge] as const)),
  );
  test.each(cases)(
    'leaves no gradient and the right sums: %i interactions, dual up to %i, ridge %f',
    (count, dual, ridge) => {
      const { gradient, sums, expected } = solveOne(count, dual, ridge);
      for (const element of gradient) expect(Math.abs(element)).toBeLessThan(2e-4);
      sums.forEach((sum, i) => {
        expect(Math.abs(sum - expected[i]!)).toBeLessThan(1e-4 * (1 + expected[i]!));
      });
    },
  );
});
