import { describe, expect, test } from 'vitest';
import { Arena } from '../../../src/base/kernels/arena.js';
import { matrixFromRows, rowOf } from '../../../src/base/numeric/matrix.js';
import { drawItems, growthExponent, measureGrowth } from '../../../src/measure/benchmark/catalogue-growth.js';
import { recallByActivity, recallByPopularity } from '../../../src/measure/benchmark/recall-slices.js';
import type { CandidateSource } from '../../../src/retrieve/candidate-source.js';
import { createExactSource } from '../../../src/retrieve/exact.js';
import { SearchWorkload } from '../../../src/retrieve/search-workload.js';
import { matrixOf, randomFactors } from '../../support/sample-data.js';

describe('recall slices', () => {
  // Two items per user are wanted: user u scores item i by entry [u][i].
  const scores = [
    [9, 8, 0, 0],
    [0, 9, 8, 0],
    [0, 0, 9, 8],
    [9, 0, 0, 8],
  ];
  const arena = Arena.create();
  const items = arena.place(matrixFromRows([0, 1, 2, 3].map(i => [0, 1, 2, 3].map(f => (f === i ? 1 : 0)))));
  const exact = createExactSource(arena, items);
  const users = Uint32Array.of(0, 1, 2, 3);
  const workload = new SearchWorkload(arena, { queries: matrixFromRows(scores), users, k: 2 }, exact);
  /** Never finds item 3: proposes item 0 or 1, which score 0, instead. */
  const blind: CandidateSource = {
    ...exact,
    search: (query, k) => {
      const { items: found, ...rest } = exact.search(query, k);
      const kept = found.map(item => (item === 3 ? 1 : item));
      return { ...rest, items: kept, scores: rest.scores.map((score, i) => (found[i] === 3 ? 0 : score)) };
    },
  };

  test('tell which users get less', () => {
    const history = matrixOf(4, [[0], [0, 1], [0, 1, 2], [0, 1, 2, 3]]);
    expect(recallByActivity(blind, 1, workload, users, history)).toEqual([
      { interactions: [1, 1], count: 1, recall: 1 },
      { interactions: [2, 2], count: 1, recall: 1 },
      { interactions: [3, 3], count: 1, recall: 0.5 },
      { interactions: [4, 4], count: 1, recall: 0.5 },
    ]);
  });

  test('tell which items are missed', () => {
    expect(recallByPopularity(blind, 1, workload, Uint32Array.of(40, 30, 20, 10))).toEqual([
      { interactions: [10, 10], count: 2, recall: 0 },
      { interactions: [20, 20], count: 2, recall: 1 },
      { interactions: [30, 30], count: 2, recall: 1 },
      { interactions: [40, 40], count: 2, recall: 1 },
    ]);
  });
});

describe('catalogue growth', () => {
  test('fits the exponent of a power law', () => {
    const points = [1e4, 1e5, 1e6].map(items => ({ items, p50us: 3 * items ** 0.4 }));
    expect(growthExponent(points)).toBeCloseTo(0.4, 10);
  });

  test('draws the same items for the same seed, spread like the real ones', () => {
    const real = randomFactors(1, 500, 4, 1).itemFactors;
    const drawn = drawItems(Arena.create(), real, 2000, 7);
    expect(drawItems(Arena.create(), real, 2000, 7)).toEqual(drawn);
    const variance = Array.from({ length: 2000 }, (_, r) => rowOf(drawn, r)[2]! ** 2).reduce((a, b) => a + b) / 2000;
    // 1 of the real vector, and 2 · 0.3² of the difference of two others.
    expect(variance).toBeGreaterThan(1);
    expect(variance).toBeLessThan(1.36);
  });

  test('measures the least effort that reaches the wanted recall', async () => {
    const { userFactors, itemFactors } = randomFactors(20, 300, 4, 1);
    const users = Uint32Array.from({ length: 20 }, (_, u) => u);
    const point = await measureGrowth(itemFactors, userFactors, users, { items: 800, k: 10, recall: 0.9, seed: 1 });
    expect(point).toMatchObject({ items: 800, cells: 20 });
    expect(point.recall).toBeGreaterThanOrEqual(0.9);
    expect(point.nprobe).toBeLessThan(20);
  });
});
