import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Csr, rowIndices } from '../../../src/base/numeric/sparse.js';
import { createDataset, type Dataset } from '../../../src/learn/dataset/dataset.js';
import { parseSplitSpec, splitDataset } from '../../../src/learn/dataset/splits.js';

/** A dataset from [user, item, timestamp] rows; without the last, one without timestamps. */
function datasetOf(rows: readonly (readonly [number, number, number?])[]): Dataset {
  const users = [...new Set(rows.map(row => row[0]))];
  const items = [...new Set(rows.map(row => row[1]))];
  return createDataset({
    userIds: users.map(u => `u${u}`),
    itemIds: items.map(i => `i${i}`),
    users: Uint32Array.from(rows, row => users.indexOf(row[0])),
    items: Uint32Array.from(rows, row => items.indexOf(row[1])),
    values: Float32Array.from(rows, (_, n) => 1 + (n % 5)),
    timestamps: rows.every(row => row[2] !== undefined) ? Float64Array.from(rows, row => row[2] ?? 0) : null,
    rated: true,
    duplicates: 0,
    rejected: 0,
  });
}

/** All entries as `user item value` with external ids. */
function entriesOf(matrix: Csr, { users, items }: Pick<Dataset, 'users' | 'items'>): string[] {
  const entries: string[] = [];
  for (let u = 0; u < matrix.rows; u++) {
    for (let e = matrix.starts[u]!; e < matrix.starts[u + 1]!; e++) {
      entries.push(`${users.ids[u]} ${items.ids[matrix.indices[e]!]} ${matrix.values[e]}`);
    }
  }
  return entries.sort();
}

const timed = datasetOf([
  [1, 10, 100],
  [1, 11, 300],
  [1, 12, 200],
  [2, 10, 150],
  [3, 11, 400],
  [3, 12, 50],
  [4, 13, 500],
  [4, 10, 500],
]);

describe('splitDataset', () => {
  test('leave-last-out tests the latest interaction of each user who has another one', () => {
    const { test } = splitDataset(timed, parseSplitSpec('leave-last-out'));
    const tested = entriesOf(test, timed);
    expect(tested).toEqual(['u1 i11 2', 'u3 i11 5', 'u4 i10 3']);
  });

  test('leave-last-out takes the one that stands last in the source where times are equal or missing', () => {
    const rows: [number, number][] = [
      [1, 12],
      [1, 10],
      [2, 10],
      [1, 11],
      [2, 12],
    ];
    const untimed = datasetOf(rows);
    const sameTime = datasetOf(rows.map(([user, item]) => [user, item, 100]));
    for (const dataset of [untimed, sameTime]) {
      const { test } = splitDataset(dataset, { kind: 'leave-last-out' });
      expect(entriesOf(test, dataset).map(entry => entry.slice(0, 6))).toEqual(['u1 i11', 'u2 i12']);
    }
  });

  test('time puts the same moment on the same side for everybody, and drops users who only come later', () => {
    const { train, test } = splitDataset(timed, parseSplitSpec('time:0.5'));
    // Times in order: 50 100 150 200 | 300 400 500 500. User 4 comes only after the cut.
    expect(entriesOf(train.byUser, timed)).toEqual(['u1 i10 1', 'u1 i12 3', 'u2 i10 4', 'u3 i12 1']);
    expect(entriesOf(test, timed)).toEqual(['u1 i11 2', 'u3 i11 5']);
    expect(Math.max(...(train.timestamps ?? []))).toBe(200);
  });

  test('time refuses data without timestamps', () => {
    expect(() =>
      splitDataset(
        datasetOf([
          [1, 10],
          [1, 11],
        ]),
        { kind: 'time', fraction: 0.2 },
      ),
    ).toThrow(/timestamp column/);
  });

  test('random tests its share of every user, and the same one for the same seed', () => {
    const dataset = datasetOf(Array.from({ length: 300 }, (_, n) => [n % 3, n] as const));
    const { test } = splitDataset(dataset, parseSplitSpec('random:0.2'), 7);
    expect([...test.starts]).toEqual([0, 20, 40, 60]);
    expect(splitDataset(dataset, parseSplitSpec('random:0.2'), 7).test).toEqual(test);
    expect(splitDataset(dataset, parseSplitSpec('random:0.2'), 8).test).not.toEqual(test);
  });

  test('keeps every interaction in exactly one part, and one of every user in training', () => {
    const rows = fc.uniqueArray(fc.tuple(fc.nat(6), fc.nat(9), fc.nat(5)), {
      minLength: 1,
      maxLength: 40,
      selector: ([user, item]) => user * 100 + item,
    });
    const spec = fc.oneof(
      fc.constant({ kind: 'leave-last-out' } as const),
      fc.double({ min: 0.01, max: 0.99 }).map(fraction => ({ kind: 'random', fraction }) as const),
    );
    fc.assert(
      fc.property(rows, spec, fc.nat(), (input, split, seed) => {
        const dataset = datasetOf(input);
        const { train, test } = splitDataset(dataset, split, seed);
        expect([...entriesOf(train.byUser, dataset), ...entriesOf(test, dataset)].sort()).toEqual(
          entriesOf(dataset.byUser, dataset),
        );
        for (let u = 0; u < train.byUser.rows; u++) expect(rowIndices(train.byUser, u).length).toBeGreaterThan(0);
        expect(train.byItem.indices.length).toBe(train.byUser.indices.length);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

describe('parseSplitSpec', () => {
  test.each([
    ['leave-last-out', { kind: 'leave-last-out' }],
    ['random:0.2', { kind: 'random', fraction: 0.2 }],
    ['time:.05', { kind: 'time', fraction: 0.05 }],
  ])('reads %s', (text, spec) => expect(parseSplitSpec(text)).toEqual(spec));

  test.each(['', 'random', 'random:0', 'random:1', 'time:2', 'random:-0.1', 'random:x', 'leave-one-out'])(
    'refuses "%s"',
    text => expect(() => parseSplitSpec(text)).toThrow(/expected leave-last-out, random:F or time:F/),
  );
});
