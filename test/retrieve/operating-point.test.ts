import { expect, test, vi } from 'vitest';
import { Arena } from '../../src/base/kernels/arena.js';
import { createMatrix, type Matrix } from '../../src/base/numeric/matrix.js';
import { createRandom } from '../../src/base/numeric/random.js';
import type { Csr } from '../../src/base/numeric/sparse.js';
import type { CandidateSource, Effort } from '../../src/retrieve/candidate-source.js';
import { createClusterSource } from '../../src/retrieve/clusters.js';
import { createExactSource } from '../../src/retrieve/exact.js';
import { tuneSources } from '../../src/retrieve/operating-point.js';
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

test('takes a point that reaches the target, also on users it was not chosen by', async () => {
  const { arena, clusters, queries } = await setUp();
  const tuning = tuneSources(arena, { sources: [clusters], queries, seen: seenBy(300, 3000), k: 50, target: 0.95 });
  const chosen = tuning.curve.find(point => point.effort === tuning.operatingPoint.effort);
  expect(tuning).toMatchObject({ target: 0.95, targetReached: true, operatingPoint: { source: 'clusters', k: 50 } });
  expect(Math.min(chosen?.recall ?? 0, chosen?.recallAtLimit ?? 0)).toBeGreaterThanOrEqual(0.95);
  expect(tuning.checked.users).toBe(150);
  expect(Math.min(tuning.checked.recall, tuning.checked.recallAtLimit)).toBeGreaterThan(0.94);
  const efforts = tuning.curve.map(point => point.effort);
  expect(efforts.slice(0, 4)).toEqual([1, 2, 3, 4]);
  expect(efforts.at(-1)).toBe('exact');
  const recalls = tuning.curve.map(point => point.recall);
  expect(recalls).toEqual([...recalls].sort((a, b) => a - b));
  expect(tuning.curve.at(-1)).toMatchObject({ recall: 1, recallAtLimit: 1, certified: 1 });
});

test('takes exact where nothing else is as fast', async () => {
  const { arena, exact, clusters, queries } = await setUp();
  const slow: CandidateSource = {
    ...clusters,
    search(query, k, options) {
      for (let i = 0; i < 20; i++) exact.search(query, k, options);
      return clusters.search(query, k, options);
    },
  };
  const tuning = tuneSources(arena, { sources: [exact, slow], queries, seen: seenBy(300, 3000), sample: 30 });
  expect(tuning.operatingPoint).toEqual({ source: 'exact', effort: 'exact', k: 100 });
});

test('of points that are about equally fast takes the one that finds most', async () => {
  const { arena, exact, queries } = await setUp();
  // Time passes only where a source searches, so that nothing here hangs on the machine.
  let now = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
  const taking = (milliseconds: number, lost: number, certified = false): CandidateSource => ({
    ...exact,
    search(query, k, options) {
      now += milliseconds;
      const found = exact.search(query, k, options);
      const kept = found.items.length - lost;
      return {
        items: found.items.slice(0, kept),
        scores: found.scores.slice(0, kept),
        certified,
        scanned: found.scanned,
      };
    },
  });
  const recallWith = (whole: CandidateSource): number => {
    // The first source says what the truth is, and is too slow to be chosen.
    const sources = [taking(9, 0), taking(1, 2), whole];
    return tuneSources(arena, { sources, queries, seen: seenBy(300, 3000), target: 0.95, sample: 40 }).checked.recall;
  };
  try {
    expect(recallWith(taking(1.05, 0))).toBe(1);
    expect(recallWith(taking(1.2, 0))).toBeCloseTo(0.98, 9);
    // Proofs may take somewhat longer.
    expect(recallWith(taking(1.2, 0, true))).toBe(1);
    expect(recallWith(taking(1.4, 0, true))).toBeCloseTo(0.98, 9);
  } finally {
    clock.mockRestore();
  }
});

test('does not take a scan of everything for the work of a graph', async () => {
  const { arena, exact, queries } = await setUp();
  const graph: CandidateSource = { ...exact, kind: 'hnsw' };
  const options = { queries, seen: seenBy(300, 3000), sample: 20 };
  const named = ({ source, effort }: { source: string; effort: Effort }) => `${source} ${effort}`;
  const both = tuneSources(arena, { sources: [exact, graph], ...options });
  expect(both.curve.map(named)).not.toContain('hnsw exact');
  const alone = tuneSources(arena, { sources: [graph], ...options });
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
  tuneSources(arena, { sources: [watched], queries, seen: seenBy(300, 3000), sample: 10 });
  expect([...eligible]).toEqual([2997]);
});

test('says so where no point reaches the target, and takes the one of highest recall', async () => {
  const { arena, exact, queries } = await setUp();
  const losing: CandidateSource = {
    ...exact,
    kind: 'hnsw',
    search(query, k, options) {
      const found = exact.search(query, k, options);
      // Loses its best answer at any effort, half of them at a low one.
      const first = isLow(options?.effort) ? found.items.length >> 1 : 1;
      return { ...found, items: found.items.slice(first), scores: found.scores.slice(first), certified: false };
    },
  };
  const truth: CandidateSource = { ...exact, search: exact.search };
  const only = tuneSources(arena, { sources: [losing], queries, seen: seenBy(300, 3000), sample: 20, k: 100 });
  expect(only.targetReached).toBe(true);
  const withTruth = tuneSources(arena, { sources: [truth], queries, seen: seenBy(300, 3000), sample: 20, target: 1 });
  expect(withTruth).toMatchObject({ targetReached: true, checked: { recall: 1, recallAtLimit: 1 } });
});

const isLow = (effort: Effort | undefined): boolean => typeof effort === 'number' && effort < 1000;

test('refuses to tune nothing', async () => {
  const { arena, exact } = await setUp();
  expect(() => tuneSources(arena, { sources: [exact], queries: createMatrix(0, 16), seen: seenBy(0, 3000) })).toThrow(
    expect.objectContaining({ code: 'invalid-option' }),
  );
});
