import { describe, expect, test } from 'vitest';
import { type Csr, hasEntry, rowIndices, rowsWithEntries } from '../../../src/base/numeric/sparse.js';
import { createDataset, type Dataset } from '../../../src/learn/dataset/dataset.js';
import { sampleTests, sampleUsers, validationFolds, validationSplit } from '../../../src/measure/tuning/folds.js';
import { datasetOf, matrixOf } from '../../support/sample-data.js';

const options = { seed: 1, minRating: 0 };
const plain = datasetOf(
  40,
  Array.from({ length: 30 }, (_, u) => Array.from({ length: 10 }, (_, i) => (u * 3 + i * 4) % 40)),
);

/** Every user has items 0, 1, 2, … in this order in time. */
function timed(users: number, items: number): Dataset {
  const pairs = Array.from({ length: users * items }, (_, n) => [Math.floor(n / items), n % items] as const);
  return createDataset({
    userIds: Array.from({ length: users }, (_, u) => `u${u}`),
    itemIds: Array.from({ length: items }, (_, i) => `i${i}`),
    users: Uint32Array.from(pairs, ([u]) => u),
    items: Uint32Array.from(pairs, ([, i]) => i),
    values: new Float32Array(pairs.length).fill(1),
    timestamps: Float64Array.from(pairs, ([, i]) => 1000 + i),
    rated: false,
    duplicates: 0,
    rejected: 0,
  });
}

function pairsOf(csr: Csr): string[] {
  return Array.from({ length: csr.rows }, (_, u) => Array.from(rowIndices(csr, u), i => `${u} ${i}`)).flat();
}

describe('validationFolds', () => {
  test('divides the training interactions and nothing else, each random fold in another way', () => {
    const folds = validationFolds(plain, { ...options, split: { kind: 'random', fraction: 0.2 } });
    expect(folds).toHaveLength(5);
    for (const { train, test } of folds) {
      expect([...pairsOf(train.byUser), ...pairsOf(test)].sort()).toEqual(pairsOf(plain.byUser).sort());
    }
    expect(new Set(folds.map(({ test }) => pairsOf(test).join())).size).toBe(5);
  });

  test('goes back in time, and never trains on what is later than what it measures with', () => {
    const folds = validationFolds(timed(4, 7), { ...options, split: { kind: 'leave-last-out' } });
    expect(folds.map(({ test }) => [...rowIndices(test, 2)])).toEqual([[6], [5], [4], [3], [2]]);
    expect(folds.map(({ train }) => [...rowIndices(train.byUser, 2)].at(-1))).toEqual([5, 4, 3, 2, 1]);
  });

  test('ends where there is nothing left to hold back', () => {
    expect(validationFolds(timed(4, 3), { ...options, split: { kind: 'leave-last-out' } })).toHaveLength(2);
    expect(() => validationFolds(timed(4, 1), { ...options, split: { kind: 'leave-last-out' } })).toThrow(
      /users with at least two training interactions/,
    );
  });

  test('counts no low rating as a hit', () => {
    const rated = datasetOf(
      10,
      [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
      ],
      user => (user === 0 ? 1 : 5),
    );
    const [fold] = validationFolds(rated, { seed: 1, minRating: 3, split: { kind: 'random', fraction: 0.5 } });
    expect([...rowsWithEntries(fold!.test)]).toEqual([1]);
  });

  test('draws as many negatives for each user as wanted, none of them an item of the user', () => {
    const [fold] = validationFolds(plain, { ...options, split: { kind: 'leave-last-out' }, negatives: 12 });
    for (let u = 0; u < 30; u++) {
      const drawn = rowIndices(fold!.negatives!, u);
      expect(new Set(drawn).size).toBe(12);
      expect([...drawn].filter(item => hasEntry(plain.byUser, u, item))).toEqual([]);
    }
  });
});

describe('samples', () => {
  const [fold] = validationFolds(plain, { ...options, split: { kind: 'leave-last-out' } });

  test('keep the same users to train on and to measure with', () => {
    const sample = sampleUsers(fold!, 7, 5);
    const users = rowsWithEntries(sample.test);
    expect(users).toHaveLength(7);
    expect([...rowsWithEntries(sample.train.byUser)]).toEqual([...users]);
    expect(rowsWithEntries(sampleTests(fold!, 7, 5).test)).toEqual(users);
    for (const u of users) expect(rowIndices(sample.train.byUser, u)).toEqual(rowIndices(fold!.train.byUser, u));
  });

  test('are the whole where that is small enough', () => {
    expect(sampleUsers(fold!, 30, 5)).toBe(fold);
    expect(sampleTests(fold!, 30, 5)).toBe(fold);
  });
});

describe('validationSplit', () => {
  test('divides as the given test part seems to have been made', () => {
    expect(validationSplit(matrixOf(9, [[0], [1], [2], []]))).toEqual({ kind: 'leave-last-out' });
    expect(validationSplit(matrixOf(9, [[0, 3], [1], [2, 4, 5]]))).toEqual({ kind: 'random', fraction: 0.1 });
  });
});
