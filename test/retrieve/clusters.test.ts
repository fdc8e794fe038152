import { expect, test } from 'vitest';
import { Arena } from '../../src/base/kernels/arena.js';
import { matrixFromRows, rowOf } from '../../src/base/numeric/matrix.js';
import { createRandom } from '../../src/base/numeric/random.js';
import { recallOf } from '../../src/retrieve/candidate-source.js';
import { createClusterSource } from '../../src/retrieve/clusters.js';
import { createExactSource } from '../../src/retrieve/exact.js';
import { ItemMask } from '../../src/retrieve/item-mask.js';
import { clustered, groupedVectors } from '../support/sample-catalogues.js';

test('proves nothing about a cell where sums may overflow, however low its bound by radius', () => {
  const arena = Arena.create();
  // The second item's first product overflows, its second does not: its score is infinite. Its centroid scores 0.
  const items = matrixFromRows([
    [5e36, 0, 0, 0, 0],
    [1.71e38, 0, 0, 0, -1.69e38],
  ]);
  const cells = {
    starts: Uint32Array.of(0, 1, 2),
    centroids: matrixFromRows([
      [5e36, 0, 0, 0, 0],
      [1.69e38, 0, 0, 0, -1.69e38],
    ]),
  };
  const source = createClusterSource(arena, items, cells);
  const query = Float32Array.of(2, 0, 0, 0, 2);
  const quick = source.search(query, 1, { effort: 1 });
  expect({ items: [...quick.items], certified: quick.certified }).toEqual({ items: [0], certified: false });
  const exact = source.search(query, 2, { effort: 'exact' });
  expect({ items: [...exact.items], scores: [...exact.scores], certified: exact.certified }).toEqual({
    items: [1, 0],
    scores: [Number.POSITIVE_INFINITY, Math.fround(1e37)],
    certified: true,
  });
});

test('a certificate needs a bound strictly below the last score, or the higher item numbers', () => {
  const arena = Arena.create();
  // All three cells can reach the score 0 and no more.
  const items = matrixFromRows([[0], [0], [0]]);
  const source = createClusterSource(arena, items, {
    starts: Uint32Array.of(0, 1, 2, 3),
    centroids: matrixFromRows([[0], [0], [0]]),
  });
  const mask = new ItemMask(arena, 3);
  expect([...source.search(Float32Array.of(0), 2, { mask, effort: 'exact' }).items]).toEqual([0, 1]);
  mask.exclude(0);
  expect([...source.search(Float32Array.of(0), 1, { mask, effort: 'exact' }).items]).toEqual([1]);
});

test('scans a small part of a clustered catalogue to prove the best ten', async () => {
  const arena = Arena.create();
  const { items, cells } = await clustered(arena, groupedVectors(4000, 16, createRandom(1)));
  const source = createClusterSource(arena, items, cells);
  const queries = groupedVectors(50, 16, createRandom(2));
  let scanned = 0;
  for (let i = 0; i < queries.rows; i++) scanned += source.search(rowOf(queries, i), 10, { effort: 'exact' }).scanned;
  expect(scanned / queries.rows).toBeLessThan(items.rows / 10);
});

test('holds its recall when most items are masked: it probes until it has seen about as many eligible ones', async () => {
  const arena = Arena.create();
  const { items, cells } = await clustered(arena, groupedVectors(4000, 16, createRandom(1)));
  const source = createClusterSource(arena, items, cells);
  const exact = createExactSource(arena, items);
  const random = createRandom(3);
  const queries = groupedVectors(50, 16, random);
  const mask = new ItemMask(arena, items.rows);
  mask.excludeAll(Uint32Array.from({ length: items.rows }, (_, item) => item).filter(() => random.uniform() < 0.9));
  const recall = (options: { mask?: ItemMask }): number => {
    let sum = 0;
    for (let i = 0; i < queries.rows; i++) {
      const query = rowOf(queries, i);
      sum += recallOf(source.search(query, 20, { ...options, effort: 6 }), exact.search(query, 20, options), 20);
    }
    return sum / queries.rows;
  };
  expect(recall({ mask })).toBeGreaterThan(recall({}) - 0.05);
});

test('refuses cells of another catalogue', async () => {
  const arena = Arena.create();
  const { cells } = await clustered(arena, groupedVectors(100, 4, createRandom(1)));
  expect(() => createClusterSource(arena, arena.matrix(99, 4), cells)).toThrow(
    new RangeError('The cells are of 100 items, but there are 99.'),
  );
});
