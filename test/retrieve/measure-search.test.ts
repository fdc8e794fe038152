import { describe, expect, test } from 'vitest';
import { Arena } from '../../src/base/kernels/arena.js';
import { matrixFromRows } from '../../src/base/numeric/matrix.js';
import type { CandidateSource, Candidates, Effort } from '../../src/retrieve/candidate-source.js';
import { createExactSource } from '../../src/retrieve/exact.js';
import { measure, measureCurve } from '../../src/retrieve/measure-search.js';
import { SearchWorkload } from '../../src/retrieve/search-workload.js';
import { matrixOf } from '../support/sample-data.js';

// Item i of eight scores 8 - i for everybody; user u has seen item u.
const arena = Arena.create();
const items = arena.place(matrixFromRows(Array.from({ length: 8 }, (_, i) => [8 - i])));
const exact = createExactSource(arena, items);
const queries = matrixFromRows([[1], [1], [1], [1]]);
const seen = matrixOf(8, [[0], [1], [2], [3]]);
const workload = new SearchWorkload(arena, { queries, users: Uint32Array.of(3, 0), seen, k: 4, limit: 2 }, exact);

/** Misses the best items at a low effort: as many as `missed` says. */
function missing(missed: (effort: Effort) => number, kind: CandidateSource['kind'] = 'clusters'): CandidateSource {
  return {
    ...exact,
    kind,
    search(query, k, { mask, effort = 'exact' } = {}): Candidates {
      const lost = effort === 'exact' ? 0 : missed(effort);
      const { items, scores } = exact.search(query, k + lost, mask ? { mask } : {});
      const [found, theirs] = [items.subarray(lost), scores.subarray(lost)];
      return { items: found, scores: theirs, certified: lost === 0, scanned: k };
    },
  };
}

test('a workload masks what each of its users has seen', () => {
  expect([...workload.truth(0).items]).toEqual([0, 1, 2, 4]);
  expect([...workload.truth(1).items]).toEqual([1, 2, 3, 4]);
  expect([...workload.ask(exact, 'exact', 0).found.items]).toEqual([0, 1, 2, 4]);
  expect(workload.mask(1).has(0)).toBe(true);
  expect(workload.mask(1).has(3)).toBe(false);
});

describe('measure', () => {
  test('compares what is found with what there is', () => {
    expect(
      measure(
        missing(() => 1),
        1,
        workload,
      ),
    ).toMatchObject({
      effort: 1,
      // Three of four, one of two.
      recall: 0.75,
      recallAtLimit: 0.5,
      expectedRecall: 0.5,
      // User 3 finds 7 + 6 instead of 8 + 7, user 0 finds 6 + 5 instead of 7 + 6.
      scoreLossAtLimit: 4 / 28,
      certified: 0,
      scanned: 4,
    });
    expect(measure(exact, 'exact', workload)).toMatchObject({ recall: 1, expectedRecall: 1, scoreLossAtLimit: 0 });
  });

  test('expects one standard error less than the mean over the users', () => {
    let asked = 0;
    const uneven = measure(
      missing(() => asked++ % 2),
      1,
      workload,
    );
    // Recalls of the final list are 1 and 0.5: mean 0.75, standard deviation 0.25, of two users.
    expect(uneven).toMatchObject({ recall: 0.875, recallAtLimit: 0.75, certified: 0.5 });
    expect(uneven.expectedRecall).toBeCloseTo(0.75 - 0.25 / Math.SQRT2, 12);
  });

  test('shows every answer to the check, which may refuse it', async () => {
    const shown: unknown[] = [];
    const source = missing(() => 0);
    measure(source, 2, workload, (found, ...rest) => shown.push([found.items.length, ...rest]));
    expect(shown).toEqual([
      [4, source, 2, 0],
      [4, source, 2, 1],
    ]);
    const refuse = () => {
      throw new Error('refused');
    };
    await expect(measureCurve(source, workload, { until: 1, tooSlow: 2, step: 2, check: refuse })).rejects.toThrow(
      'refused',
    );
  });
});

describe('measureCurve', () => {
  const options = { until: 1, tooSlow: Number.POSITIVE_INFINITY, step: 1.3 };
  const effortsOf = (curve: readonly { effort: Effort }[]) => curve.map(({ effort }) => effort);

  test('rises to the recall that leaves nothing to gain, and ends with the exact answer', async () => {
    const curve = await measureCurve(
      missing(effort => (Number(effort) < 5 ? 1 : 0)),
      workload,
      options,
    );
    expect(effortsOf(curve)).toEqual([1, 2, 3, 4, 5, 'exact']);
  });

  test('ends with the catalogue, rises by the step, and begins with k where less would be raised to it', async () => {
    const poor = () => 1;
    expect(effortsOf(await measureCurve(missing(poor), workload, { ...options, step: 2 }))).toEqual([
      1,
      2,
      4,
      8,
      'exact',
    ]);
    expect(effortsOf(await measureCurve(missing(poor, 'hnsw'), workload, options))).toEqual([4, 5, 7, 'exact']);
    expect(effortsOf(await measureCurve(exact, workload, options))).toEqual(['exact']);
  });

  test('ends where an effort is too slow to be chosen', async () => {
    expect(
      effortsOf(
        await measureCurve(
          missing(() => 1),
          workload,
          { ...options, tooSlow: 0 },
        ),
      ),
    ).toEqual([1, 'exact']);
  });
});
