import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Arena } from '../../src/base/kernels/arena.js';
import { matrixFromRows } from '../../src/base/numeric/matrix.js';
import { createRandom } from '../../src/base/numeric/random.js';
import { ColdItems, mostCold } from '../../src/recommend/cold-share.js';
import { diversify } from '../../src/recommend/diversity.js';

const cosine = (a: readonly number[], b: readonly number[]): number => {
  const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, value, f) => sum + value * y[f]!, 0);
  return dot(a, b) / (Math.sqrt(dot(a, a) * dot(b, b)) || 1);
};

/** Maximal marginal relevance as it is defined, every similarity computed anew. */
function plainly(rows: number[][], scores: number[], limit: number, diversity: number, cold: boolean[], share: number) {
  const span = Math.max(...scores) - Math.min(...scores) || 1;
  const chosen: number[] = [];
  while (chosen.length < limit) {
    const all = scores.map((_, c) => c).filter(c => !chosen.includes(c));
    const others = all.filter(c => !cold[c]);
    const isFull = chosen.filter(other => cold[other]).length >= mostCold(chosen.length + 1, share);
    const left = isFull && others.length > 0 ? others : all;
    const value = (c: number) =>
      ((1 - diversity) * (scores[c]! - Math.min(...scores))) / span -
      diversity * Math.max(...chosen.map(other => cosine(rows[c]!, rows[other]!)), chosen.length > 0 ? -1 : 0);
    const best = Math.max(...left.map(value));
    if (left.length === 0) break;
    chosen.push(left.find(c => value(c) === best)!);
  }
  return chosen;
}

test('chooses as the definition says, with no more than their share of cold items at every place', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 12 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer(),
      (count, limit, diversity, share, seed) => {
        const random = createRandom(seed);
        const rows = Array.from({ length: count }, () => Array.from({ length: 6 }, () => random.normal()));
        const scores = Array.from({ length: count }, () => random.normal()).sort((a, b) => b - a);
        const cold = rows.map(() => random.uniform() < 0.3);
        // A column that says nothing of what an item is like.
        const arena = Arena.create();
        const items = arena.place(matrixFromRows(rows.map((row, i) => [...row, 100 * i])));
        const pool = { items: Uint32Array.from(rows.keys()), scores: Float32Array.from(scores) };
        const exact = Array.from(pool.scores);
        const coldItems = new ColdItems(
          count,
          Uint32Array.from(rows.keys()).filter(item => cold[item]!),
        );
        const found = diversify(arena, items, 6, pool, limit, diversity, coldItems, share);
        expect(found).toEqual(plainly(rows, exact, limit, diversity, cold, share));
        const shorter = diversify(arena, items, 6, pool, Math.ceil(limit / 2), diversity, coldItems, share);
        expect(shorter).toEqual(found.slice(0, shorter.length));
      },
    ),
    { seed: 1, numRuns: 200 },
  );
});

test('twins come apart, and the best item stays first', () => {
  const arena = Arena.create();
  const items = arena.place(
    matrixFromRows([
      [1, 0],
      [1, 0],
      [0, 1],
      [0, 0],
    ]),
  );
  const pool = { items: Uint32Array.of(0, 1, 2, 3), scores: Float32Array.of(4, 3.9, 3, 0) };
  const none = new ColdItems(4, new Uint32Array(0));
  const order = (diversity: number) => diversify(arena, items, 2, pool, 4, diversity, none, 0);
  expect(order(0.01)).toEqual([0, 1, 2, 3]);
  expect(order(0.4)).toEqual([0, 2, 1, 3]);
});
