import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Arena } from '../../src/base/kernels/arena.js';
import { type Matrix, rowOf } from '../../src/base/numeric/matrix.js';
import { createRandom } from '../../src/base/numeric/random.js';
import { type CandidateSource, type Candidates, type Effort, recallOf } from '../../src/retrieve/candidate-source.js';
import type { Cells } from '../../src/retrieve/cells.js';
import { createClusterSource } from '../../src/retrieve/clusters.js';
import { createCosineSource } from '../../src/retrieve/cosine.js';
import { createExactSource } from '../../src/retrieve/exact.js';
import { buildHnsw, loadHnsw } from '../../src/retrieve/hnsw.js';
import type { HnswSpace } from '../../src/retrieve/hnswlib.js';
import { ItemMask } from '../../src/retrieve/item-mask.js';
import { createProposedSource, type Proposer } from '../../src/retrieve/proposed.js';
import { plainCosine, plainScore, plainSearch } from '../support/plain-search.js';
import { clustered, groupedVectors } from '../support/sample-catalogues.js';
import { newDirectory } from '../support/scratch-directory.js';

const directory = newDirectory();

type CreateSource = (arena: Arena, items: Matrix, cells: Cells) => CandidateSource | Promise<CandidateSource>;

const throughGraph =
  (space: HnswSpace): CreateSource =>
  async (arena, items) => {
    const file = join(directory, `${space}-${items.rows}-${items.columns}.bin`);
    await buildHnsw(items, file, { space });
    return createProposedSource(arena, items, await loadHnsw(file, items, space), createExactSource(arena, items));
  };

/** Proposes items drawn at random: masked ones, some twice, and now and then too few. */
const throughChance: CreateSource = (arena, items) => {
  const random = createRandom(7);
  const proposer: Proposer = {
    kind: 'hnsw',
    bytes: 0,
    defaultEffort: 1,
    propose: (_, count, effort) =>
      Array.from({ length: Math.floor(random.uniform() * 2 * count * effort) }, () => random.below(items.rows)),
  };
  return createProposedSource(arena, items, proposer, createExactSource(arena, items));
};

const kinds: { name: string; create: CreateSource; score: typeof plainScore; effort: Effort; least: number }[] = [
  {
    name: 'exact',
    create: (arena, items) => createExactSource(arena, items),
    score: plainScore,
    effort: 'exact',
    least: 1,
  },
  { name: 'clusters', create: createClusterSource, score: plainScore, effort: 8, least: 0.8 },
  // Cells are made for inner products; items of small norm share cells in all directions.
  { name: 'clusters by cosine', create: createCosineSource, score: plainCosine, effort: 8, least: 0.4 },
  { name: 'hnsw, augmented', create: throughGraph('l2'), score: plainScore, effort: 50, least: 0.8 },
  // A graph by raw inner product misses many items of small norm, whatever the effort.
  { name: 'hnsw, inner product', create: throughGraph('ip'), score: plainScore, effort: 50, least: 0.5 },
  { name: 'proposals at random', create: throughChance, score: plainScore, effort: 2, least: 0.05 },
];

const ITEMS = 1000;

describe.each(kinds)('$name', ({ create, score, effort, least }) => {
  const arena = Arena.create();
  const random = createRandom(2);
  const setUp = async (rows: number, columns: number) => {
    const vectors = groupedVectors(rows, columns, random);
    const { items, cells } = await clustered(arena, vectors);
    const source = await create(arena, items, cells);
    const mask = new ItemMask(arena, rows);
    const expectExact = (query: Float32Array, k: number): void => {
      const found = source.search(query, k, { mask, effort: 'exact' });
      expect(plain(found)).toEqual(plainSearch(items, query, k, item => mask.has(item), score));
      expect(found.certified).toBe(true);
    };
    return { items, source, mask, expectExact };
  };
  const queryOf = (columns: number): Float32Array => Float32Array.from({ length: columns }, () => random.normal());
  const small = setUp(ITEMS, 20);

  test('gives the k best items, best first, with their exact scores when asked for an exact answer', async () => {
    const { source, expectExact } = await small;
    expect(source.items).toBe(ITEMS);
    for (const k of [1, 10, 100, ITEMS]) expectExact(queryOf(20), k);
  });

  test('finds most of the best items at an ordinary effort, every score exact and in order', async () => {
    const { items, source, mask } = await small;
    mask.clear();
    let recall = 0;
    for (let i = 0; i < 20; i++) {
      const query = queryOf(20);
      const found = source.search(query, 20, { effort });
      const byItem = plainSearch(items, query, ITEMS, undefined, score);
      const scores = Array.from(found.items, item => byItem.scores[byItem.items.indexOf(item)]);
      expect([...found.scores]).toEqual(scores);
      expect(plain(found)).toEqual(sorted(plain(found)));
      recall += recallOf(found, source.search(query, 20, { effort: 'exact' }), 20) / 20;
    }
    expect(recall).toBeGreaterThan(least);
  });

  test('returns min(k, eligible) items whatever the mask, and none of the masked ones', async () => {
    const { source, mask, expectExact } = await small;
    const some = (share: number): number[] =>
      Array.from({ length: ITEMS }, (_, i) => i).filter(() => random.uniform() < share);
    const masks: (() => void)[] = [
      () => mask.excludeAll([]),
      () => mask.excludeAll(some(0.1)),
      () => mask.excludeAll(some(0.9)),
      () => mask.keepOnly([7, 500, 999]),
      () => mask.keepOnly(Array.from({ length: 100 }, (_, i) => 300 + i)),
      () => mask.keepOnly([]),
    ];
    for (const apply of masks) {
      mask.clear();
      apply();
      for (const k of [0, 1, 10, ITEMS + 5]) {
        const query = queryOf(20);
        const found = source.search(query, k, { mask, effort: 1 });
        expect(found.items.length).toBe(Math.min(k, mask.eligible));
        expect([...found.items].filter(item => mask.has(item))).toEqual([]);
        expectExact(query, k);
      }
    }
  });

  test('answers a zero query with the first items', async () => {
    const { source } = await small;
    const found = source.search(new Float32Array(20), 3, { effort: 'exact' });
    expect(plain(found)).toEqual({ items: [0, 1, 2], scores: [0, 0, 0] });
  });

  test.each([0, 1, 2, 5])('serves a catalogue of %i items', async rows => {
    const { source, expectExact } = await setUp(rows, 6);
    for (const k of [0, 1, 2, 10]) expectExact(queryOf(6), k);
    expect(source.search(queryOf(6), 10).items.length).toBe(rows);
  });

  test('serves any number of factors', async () => {
    // Around the widths of one, two and four vectors, and the usual ones; the kernels' own tests cover all.
    for (const columns of [1, 2, 3, 4, 5, 8, 9, 17, 64, 70]) {
      const { expectExact } = await setUp(300, columns);
      for (const k of [1, 7, 60]) expectExact(queryOf(columns), k);
    }
  });

  test('refuses a query of another length', async () => {
    const { source } = await small;
    expect(() => source.search(new Float32Array(7), 3)).toThrow(
      new RangeError('The query has 7 floats, expected 20 like the items.'),
    );
  });

  test('finds an item by its own vector among its duplicates, the lower number first', async () => {
    const { items, source } = await small;
    const query = rowOf(items, 3);
    const found = source.search(query, 5, { effort: 'exact' });
    expect(plain(found)).toEqual(plainSearch(items, query, 5, undefined, score));
  });
});

const answer = (...scores: number[]): Candidates => ({
  items: Uint32Array.from(scores, (_, i) => i),
  scores: Float32Array.from(scores),
  certified: false,
  scanned: 0,
});

test.each([
  { found: answer(9, 8, 7), exact: answer(9, 8, 7), k: 3, recall: 1 },
  { found: answer(9, 7, 6), exact: answer(9, 8, 7), k: 3, recall: 2 / 3 },
  // An item that ties with the last of the exact answer is as good as it.
  { found: answer(9, 7, 7), exact: answer(9, 8, 7), k: 3, recall: 1 },
  { found: answer(), exact: answer(9, 8), k: 3, recall: 0 },
  { found: answer(9, 8, 7), exact: answer(9, 8, 7), k: 1, recall: 1 },
  // Nothing was to be found.
  { found: answer(), exact: answer(), k: 3, recall: 1 },
  { found: answer(9), exact: answer(9), k: 0, recall: 1 },
])('recall of $found.scores against $exact.scores at $k is $recall', ({ found, exact, k, recall }) => {
  expect(recallOf(found, exact, k)).toBe(recall);
});

function plain(found: { items: Uint32Array; scores: Float32Array }): { items: number[]; scores: number[] } {
  return { items: [...found.items], scores: [...found.scores] };
}

function sorted(answer: { items: number[]; scores: number[] }): { items: number[]; scores: number[] } {
  const order = answer.items
    .map((_, i) => i)
    .sort((a, b) => answer.scores[b]! - answer.scores[a]! || answer.items[a]! - answer.items[b]!);
  return { items: order.map(i => answer.items[i]!), scores: order.map(i => answer.scores[i]!) };
}
