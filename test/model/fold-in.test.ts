import { describe, expect, test } from 'vitest';
import { FoldIn, type FoldInEntry, gramOf, type Objective } from '../../src/model/fold-in.js';
import { type Matrix, matrixFromRows, rowOf } from '../../src/numeric/matrix.js';
import { createRandom } from '../../src/numeric/random.js';

function randomItems(rows: number, columns: number): Matrix {
  const random = createRandom(7);
  return matrixFromRows(Array.from({ length: rows }, () => Array.from({ length: columns }, () => random.normal())));
}

/** The user's part of the implicit loss, written out over all items. */
function implicitLoss(
  p: ArrayLike<number>,
  items: Matrix,
  history: readonly FoldInEntry[],
  objective: Objective & { algorithm: 'als' },
): number {
  const score = (item: number) => rowOf(items, item).reduce((sum, q, f) => sum + q * p[f]!, 0);
  let loss = 0;
  for (const { item, value = 1 } of history) loss += (1 + objective.alpha * value) * (1 - score(item)) ** 2;
  for (let item = 0; item < items.rows; item++) loss += objective.unobservedWeight * score(item) ** 2;
  const frequency = (history.length + objective.unobservedWeight * items.rows) ** objective.regularizationExponent;
  return loss + objective.regularization * frequency * Array.from(p).reduce((sum, x) => sum + x * x, 0);
}

describe('FoldIn, implicit', () => {
  const items = randomItems(30, 5);
  const objective = {
    algorithm: 'als' as const,
    regularization: 0.1,
    regularizationExponent: 0.7,
    unobservedWeight: 0.3,
    alpha: 0.5,
    minRating: 0,
  };
  const history = [
    { item: 3, value: 2 },
    { item: 11, value: undefined },
    { item: 20, value: 5 },
  ];

  test('finds the minimum of the training loss: no step in any direction lowers it', () => {
    const vector = new FoldIn(objective, items, gramOf(items)).vectorOf(history)!;
    const least = implicitLoss(vector, items, history, objective);
    for (let f = 0; f < items.columns; f++) {
      for (const step of [-1e-3, 1e-3]) {
        const moved = Float64Array.from(vector);
        moved[f]! += step;
        expect(implicitLoss(moved, items, history, objective)).toBeGreaterThan(least);
      }
    }
  });

  test('knows nothing from an empty history, or from one below the rating threshold', () => {
    const foldIn = new FoldIn({ ...objective, minRating: 4 }, items, gramOf(items));
    expect(foldIn.vectorOf([])).toBeUndefined();
    expect(foldIn.vectorOf([{ item: 3, value: 2 }])).toBeUndefined();
    expect(foldIn.vectorOf([{ item: 3, value: undefined }])).toHaveLength(5);
  });
});

describe('FoldIn, explicit', () => {
  test('recovers the taste and bias that made a noiseless history', () => {
    const factors = 3;
    const taste = [0.5, -1, 0.25];
    const meanRating = 3;
    const userBias = 0.4;
    const rows = Array.from({ length: 12 }, (_, i) => [...rowOf(randomItems(12, factors), i), 1, (i % 5) / 10]);
    const items = matrixFromRows(rows);
    const user = [...taste, meanRating + userBias, 1];
    const history = rows.map((row, item) => ({ item, value: row.reduce((sum, q, f) => sum + q * user[f]!, 0) }));
    const foldIn = new FoldIn({ algorithm: 'sgd', regularization: 1e-9, meanRating }, items, gramOf(items));
    const vector = foldIn.vectorOf(history)!;
    user.forEach((expected, f) => {
      expect(vector[f]).toBeCloseTo(expected, 5);
    });
    expect(foldIn.vectorOf([{ item: 0, value: undefined }])).toBeUndefined();
  });
});
