import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Arena } from '../../src/base/kernels/arena.js';
import { createMatrix, type Matrix } from '../../src/base/numeric/matrix.js';
import { createRandom } from '../../src/base/numeric/random.js';
import type { Csr } from '../../src/base/numeric/sparse.js';
import type { CandidateSource, Effort } from '../../src/retrieve/candidate-source.js';
import { createClusterSource } from '../../src/retrieve/clusters.js';
import { createExactSource } from '../../src/retrieve/exact.js';
import { type Choosable, chooseOperatingPoint, findOperatingPoint } from '../../src/retrieve/operating-point.js';
import { clustered, groupedVectors } from '../support/sample-catalogues.js';

/** Every user has seen the items u, u + 1 and u + 2. */
function seenBy(users: number, items: number): Csr {
  return {
    rows: users,
    columns: items,
    starts: Uint32Array.from({ length: users + 1 }, (_, u) => u * 3),
    indices: Uint32Array.from({ length: users * 3 }, (_, e) => Math.floor(e / 3) + (e % 3)),
    values: new Float32Array(users * 3).fill(1),
  };
}

async function setUp(): Promise<{ arena: Arena; exact: CandidateSource; clusters: CandidateSource; queries: Matrix }> {
  const arena = Arena.create();
  const { items, cells } = await clustered(arena, groupedVectors(3000, 16, createRandom(1)), { cells: 60 });
  const queries = groupedVectors(300, 16, createRandom(2));
  return { arena, exact: createExactSource(arena, items), clusters: createClusterSource(arena, items, cells), queries };
}

describe('chooseOperatingPoint', () => {
  const point = (recall: number, p50us: number, certified = 0): Choosable => ({
    recall,
    recallAtLimit: recall,
    expectedRecall: recall,
    certified,
    p50us,
  });

  test.each<{ name: string; points: Choosable[]; target?: number; chosen: number; targetReached?: boolean }>([
    { name: 'the fastest that reaches the target', points: [point(0.9, 10), point(0.99, 20), point(1, 40)], chosen: 1 },
    {
      name: 'of points that are about equally fast the one that finds most',
      points: [point(0.96, 10), point(0.98, 10.9), point(1, 11.1)],
      chosen: 1,
    },
    { name: 'a proven point that takes somewhat longer', points: [point(0.98, 10), point(1, 12.9, 1)], chosen: 1 },
    { name: 'no proven point that takes much longer', points: [point(0.98, 10), point(1, 13.1, 1)], chosen: 0 },
    { name: 'no point where some answers lack a proof', points: [point(0.98, 10), point(1, 12.9, 0.99)], chosen: 0 },
    { name: 'the faster of two that find as much', points: [point(1, 10.5), point(1, 10)], chosen: 1 },
    { name: 'the first of two that are alike', points: [point(1, 10), point(1, 10)], chosen: 0 },
    {
      name: 'no point that may miss the target by its standard error',
      points: [{ ...point(0.96, 10), expectedRecall: 0.94 }, point(0.96, 20)],
      chosen: 1,
    },
    {
      name: 'the point of highest recall where the target is out of reach',
      points: [point(0.5, 1), { ...point(0.94, 30), expectedRecall: 0.9 }, point(0.93, 20)],
      chosen: 1,
      targetReached: false,
    },
    {
      name: 'the lower of both recalls for the highest',
      points: [{ ...point(0.94, 10), recallAtLimit: 0.5 }, point(0.8, 20)],
      chosen: 1,
      targetReached: false,
    },
  ])('takes $name', ({ points, target = 0.95, chosen, targetReached = true }) => {
    expect(chooseOperatingPoint(points, target)).toEqual({ chosen: points[chosen], targetReached });
  });

  test('never takes a point that another one beats in time, recall and proofs', () => {
    const figure = fc.double({ min: 0, max: 1, noNaN: true });
    const anyPoint = fc.record({
      recall: figure,
      recallAtLimit: figure,
      expectedRecall: figure,
      certified: fc.constantFrom(0, 0.5, 1),
      p50us: fc.double({ min: 1, max: 1000, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(anyPoint, { minLength: 1, maxLength: 12 }), figure, (points, target) => {
        const { chosen, targetReached } = chooseOperatingPoint(points, target);
        const reaching = points.filter(({ expectedRecall }) => expectedRecall >= target);
        expect(targetReached).toBe(reaching.length > 0);
        if (!targetReached) return;
        expect(chosen.expectedRecall).toBeGreaterThanOrEqual(target);
        expect(chosen.p50us).toBeLessThanOrEqual(Math.min(...reaching.map(({ p50us }) => p50us)) * 1.3);
        const better = reaching.filter(
          ({ p50us, expectedRecall, certified }) =>
            p50us <= chosen.p50us && expectedRecall > chosen.expectedRecall && certified >= chosen.certified,
        );
        expect(better).toEqual([]);
      }),
    );
  });
});

test('takes a point that reaches the target, also on users it was not chosen by', async () => {
  const { arena, clusters, queries } = await setUp();
  const choice = await findOperatingPoint(arena, {
    sources: [clusters],
    queries,
    seen: seenBy(300, 3000),
    k: 50,
    target: 0.95,
  });
  const chosen = choice.curve.find(point => point.effort === choice.operatingPoint.effort);
  expect(choice).toMatchObject({ target: 0.95, targetReached: true, operatingPoint: { source: 'clusters', k: 50 } });
  expect(Math.min(chosen?.recall ?? 0, chosen?.recallAtLimit ?? 0)).toBeGreaterThanOrEqual(0.95);
  expect(choice.checked.users).toBe(150);
  expect(Math.min(choice.checked.recall, choice.checked.recallAtLimit)).toBeGreaterThan(0.94);
  const efforts = choice.curve.map(point => point.effort);
  expect(efforts.slice(0, 4)).toEqual([1, 2, 3, 4]);
  expect(efforts.at(-1)).toBe('exact');
  const recalls = choice.curve.map(point => point.recall);
  expect(recalls).toEqual([...recalls].sort((a, b) => a - b));
  expect(choice.curve.at(-1)).toMatchObject({ recall: 1, recallAtLimit: 1, certified: 1 });
});

test('does not take a scan of everything for the work of a graph', async () => {
  const { arena, exact, queries } = await setUp();
  const graph: CandidateSource = { ...exact, kind: 'hnsw' };
  const options = { queries, seen: seenBy(300, 3000), target: 0.99, sample: 20 };
  const named = ({ source, effort }: { source: string; effort: Effort }) => `${source} ${effort}`;
  const both = await findOperatingPoint(arena, { sources: [exact, graph], ...options });
  expect(both.curve.map(named)).not.toContain('hnsw exact');
  const alone = await findOperatingPoint(arena, { sources: [graph], ...options });
  expect(alone.curve.map(named)).toContain('hnsw exact');
});

test('masks what each user has seen, as the request path does', async () => {
  const { arena, exact, queries } = await setUp();
  const eligible = new Set<number>();
  const watched: CandidateSource = {
    ...exact,
    search(query, k, options) {
      eligible.add(options?.mask?.eligible ?? -1);
      return exact.search(query, k, options);
    },
  };
  await findOperatingPoint(arena, { sources: [watched], queries, seen: seenBy(300, 3000), target: 0.99, sample: 10 });
  expect([...eligible]).toEqual([2997]);
});

test('refuses to choose from nothing', async () => {
  const { arena, exact } = await setUp();
  await expect(
    findOperatingPoint(arena, { sources: [exact], queries: createMatrix(0, 16), seen: seenBy(0, 3000), target: 0.99 }),
  ).rejects.toThrow(expect.objectContaining({ code: 'invalid-option' }));
});
