import { expect, test } from 'vitest';
import { Arena } from '../../src/base/kernels/arena.js';
import { createMatrix, rowOf } from '../../src/base/numeric/matrix.js';
import { createRandom } from '../../src/base/numeric/random.js';
import { createCosineSource } from '../../src/retrieve/cosine.js';
import { clustered, groupedVectors } from '../support/sample-catalogues.js';

test('compares directions in the leading columns alone where the others hold biases', async () => {
  const arena = Arena.create();
  const random = createRandom(4);
  const taste = groupedVectors(400, 6, random);
  const factors = createMatrix(400, 8);
  for (let row = 0; row < 400; row++) {
    rowOf(factors, row).set(rowOf(taste, row));
    rowOf(factors, row).set([1, 3 * random.normal()], 6);
  }
  const { items, cells } = await clustered(arena, factors, { cells: 20 });
  const source = createCosineSource(arena, items, cells, { columns: 6 });
  const plain = (a: Float32Array, b: Float32Array): number => {
    const dot = (x: Float32Array, y: Float32Array) =>
      x.subarray(0, 6).reduce((sum, value, j) => sum + value * y[j]!, 0);
    return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  };
  for (let item = 0; item < 40; item++) {
    const query = rowOf(items, item);
    const best = Float64Array.from({ length: 400 }, (_, other) => plain(query, rowOf(items, other)))
      .sort()
      .reverse()
      .subarray(0, 10);
    const found = source.search(query, 10, { effort: 'exact' });
    expect(found.certified).toBe(true);
    for (let i = 0; i < 10; i++) {
      expect(found.scores[i]).toBeCloseTo(best[i]!, 5);
      expect(plain(query, rowOf(items, found.items[i]!))).toBeCloseTo(best[i]!, 5);
    }
  }
});
