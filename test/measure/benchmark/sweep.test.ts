import { describe, expect, test } from 'vitest';
import { Arena } from '../../../src/base/kernels/arena.js';
import { answerCheck } from '../../../src/measure/benchmark/answer-check.js';
import { type Contender, paretoFront, sweep } from '../../../src/measure/benchmark/sweep.js';
import { buildCells } from '../../../src/retrieve/build-cells.js';
import type { CandidateSource, Candidates } from '../../../src/retrieve/candidate-source.js';
import { createClusterSource } from '../../../src/retrieve/clusters.js';
import { createExactSource } from '../../../src/retrieve/exact.js';
import { SearchWorkload } from '../../../src/retrieve/search-workload.js';
import { matrixOf, randomFactors } from '../../support/sample-data.js';

const ITEMS = 600;
const USERS = 12;

async function setUp(k = 20) {
  const { userFactors, itemFactors } = randomFactors(USERS, ITEMS, 8, 3);
  const { order, cells } = await buildCells(Arena.create(), itemFactors, { cells: 30, threads: 1 });
  const arena = Arena.create();
  const items = arena.matrix(ITEMS, 8);
  order.forEach((old, row) => {
    items.data.set(itemFactors.data.subarray(old * 8, old * 8 + 8), row * 8);
  });
  const exact = createExactSource(arena, items);
  const seen = matrixOf(
    ITEMS,
    Array.from({ length: USERS }, (_, u) => [u, u + 40, u + 300]),
  );
  const users = Uint32Array.from({ length: USERS }, (_, u) => USERS - 1 - u);
  const workload = new SearchWorkload(arena, { queries: userFactors, users, seen, k }, exact);
  return { arena, items, cells, exact, seen, workload, check: answerCheck(arena, items, workload) };
}

function contender(source: CandidateSource, always: Contender['always'] = []): Contender {
  return { source, name: source.kind, parametersAt: effort => ({ effort }), always, buildSeconds: 1 };
}

describe('sweep', () => {
  test('measures a source from recall 0.8 to the full, beside the exact one', async () => {
    const { arena, items, cells, exact, workload, check } = await setUp();
    const clusters = createClusterSource(arena, items, cells);
    const steps: string[] = [];
    const points = await sweep([contender(exact, ['exact']), contender(clusters, ['exact'])], workload, {
      check,
      rounds: 2,
      onProgress: (done, what) => steps.push(`${done} ${what}`),
    });
    expect(points[0]).toMatchObject({ source: 'exact', effort: 'exact', recall: 1, recallAt10: 1, certified: 1 });
    const curve = points.slice(1, -1);
    expect(points.slice(1).every(point => point.source === 'clusters')).toBe(true);
    // All points but the first are at 0.8 or above, rising to the full recall that ends the curve.
    expect(curve.slice(1).every((point, i) => point.recall >= 0.8 && point.recall >= curve[i]!.recall)).toBe(true);
    expect(curve.at(-1)!.recall).toBeGreaterThan(0.9995);
    expect(curve[0]!.scanned).toBeLessThan(ITEMS);
    expect(points.at(-1)).toMatchObject({ effort: 'exact', parameters: { effort: 'exact' }, recall: 1, certified: 1 });
    expect(steps).toEqual([
      '0 checking exact',
      '1 checking clusters',
      `2 timing ${points.length} points`,
      `3 timing ${points.length} points`,
    ]);
  });
});

describe('answerCheck', () => {
  test.each<[string, (answer: Candidates, masked: number) => Partial<Candidates>, RegExp]>([
    [
      'too few items',
      ({ items, scores }) => ({ items: items.slice(1), scores: scores.slice(1) }),
      /19 items instead of 20/,
    ],
    ['an item twice', ({ items }) => ({ items: items.with(1, items[0]!) }), /an item twice/],
    ['a masked item', ({ items }, masked) => ({ items: items.with(3, masked) }), /which is masked/],
    ['a wrong score', ({ scores }) => ({ scores: scores.with(4, scores[4]! + 1e-3) }), /the score .* for item/],
    [
      'a wrong order',
      ({ items, scores }) => ({ items: items.toReversed(), scores: scores.toReversed(), certified: false }),
      /items out of order/,
    ],
  ])('notices %s', async (_, damage, message) => {
    const { exact, seen, workload, check } = await setUp();
    const answer = workload.ask(exact, 'exact', 0).found;
    const masked = seen.indices[seen.starts[USERS - 1]!]!;
    expect(() => check(answer, exact, 'exact', 0)).not.toThrow();
    expect(() => check({ ...answer, ...damage(answer, masked) }, exact, 'exact', 0)).toThrow(message);
  });

  test('notices a certificate for an answer that is not the exact one', async () => {
    const { arena, items, cells, workload, check } = await setUp();
    const clusters = createClusterSource(arena, items, cells);
    const poor = Array.from({ length: USERS }, (_, n) => n).find(
      n => workload.ask(clusters, 1, n).found.items.join() !== workload.truth(n).items.join(),
    )!;
    const answer = workload.ask(clusters, 1, poor).found;
    expect(() => check({ ...answer, certified: true }, clusters, 1, poor)).toThrow(/a certificate, but item/);
  });
});

describe('paretoFront', () => {
  test('keeps what no other point beats in both', () => {
    const points = [
      { recall: 0.9, p50us: 10 },
      { recall: 0.8, p50us: 12 },
      { recall: 1, p50us: 90 },
      { recall: 0.95, p50us: 20 },
      { recall: 0.95, p50us: 10 },
      { recall: 0.99, p50us: 100 },
    ];
    expect(paretoFront(points)).toEqual([
      { recall: 0.95, p50us: 10 },
      { recall: 1, p50us: 90 },
    ]);
  });
});
