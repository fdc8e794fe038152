import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Arena } from '../../../src/base/kernels/arena.js';
import { type Matrix, matrixFromRows, rowOf } from '../../../src/base/numeric/matrix.js';
import { createRandom } from '../../../src/base/numeric/random.js';
import { rowIndices, rowValues } from '../../../src/base/numeric/sparse.js';
import { createDataset } from '../../../src/learn/dataset/dataset.js';
import { AverageUser } from '../../../src/learn/model/average-user.js';
import { FoldIn, type FoldInEntry, gramOf, MAX_FOLDED } from '../../../src/learn/model/fold-in.js';
import { gramBasisOf } from '../../../src/learn/model/gram-basis.js';
import { type Objective, objectiveOf } from '../../../src/learn/model/objective.js';
import { trainAls } from '../../../src/learn/training/als.js';
import { alsCountsOf, completeAlsOptions } from '../../../src/learn/training/als-options.js';
import { smallData } from '../../support/small-snapshot.js';

function randomItems(rows: number, columns: number): Matrix {
  const random = createRandom(7);
  return matrixFromRows(Array.from({ length: rows }, () => Array.from({ length: columns }, () => random.normal())));
}

function foldInOf(objective: Objective, items: Matrix, average?: AverageUser): FoldIn {
  const arena = Arena.create();
  return new FoldIn(arena, objective, arena.place(items), gramOf(items), items.rows, average);
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, f) => sum + value * b[f]!, 0);

type Als = Objective & { algorithm: 'als' };

/** The user's part of the implicit loss, written out over all items. */
function implicitLoss(p: ArrayLike<number>, items: Matrix, history: readonly FoldInEntry[], objective: Als): number {
  const score = (item: number) => dot(rowOf(items, item), p);
  let loss = 0;
  for (const { item, value = 1 } of history) {
    loss += (1 + objective.alpha * Math.abs(value)) * ((value < 0 ? 0 : 1) - score(item)) ** 2;
  }
  for (let item = 0; item < items.rows; item++) loss += objective.unobservedWeight * score(item) ** 2;
  const frequency = (history.length + objective.unobservedWeight * items.rows) ** objective.regularizationExponent;
  return loss + objective.regularization * frequency * dot(p, p);
}

/** What the vector is to be, in double precision and plain loops; and what the system's norm makes of a difference. */
function plainFoldIn(items: Matrix, history: readonly FoldInEntry[], objective: Objective) {
  const isAls = objective.algorithm === 'als';
  const n = isAls ? items.columns : items.columns - 1;
  const a = Array.from({ length: n }, () => new Float64Array(n));
  const b = new Float64Array(n);
  const add = (item: number, weight: number, target: number) => {
    const row = rowOf(items, item);
    for (let i = 0; i < n; i++) {
      b[i]! += weight * target * row[i]!;
      for (let j = 0; j < n; j++) a[i]![j]! += weight * row[i]! * row[j]!;
    }
  };
  let count = 0;
  for (const { item, value } of history) {
    if (!isAls) {
      if (value === undefined) continue;
      add(item, 1, value - rowOf(items, item)[n]! - objective.meanRating);
    } else {
      const isLiked = value === undefined || value >= objective.minRating;
      if (!isLiked && value >= 0) continue;
      const { alpha, quantityUnit } = objective;
      const size = Math.abs(value ?? 1);
      const weight = quantityUnit === undefined ? 1 + alpha * size : (1 + alpha * Math.sqrt(size)) / quantityUnit;
      add(item, weight, isLiked ? 1 : 0);
    }
    count++;
  }
  let ridge = objective.regularization * count;
  if (isAls) {
    const { regularization, regularizationExponent, unobservedWeight } = objective;
    for (let item = 0; item < items.rows; item++) add(item, unobservedWeight, 0);
    ridge = regularization * (count + unobservedWeight * items.rows) ** regularizationExponent;
  }
  for (let i = 0; i < n; i++) a[i]![i]! += ridge;
  const solution = solvePlainly(a, b);
  const vector = isAls ? solution : [...solution, 1];
  if (!isAls) vector[n - 1]! += objective.meanRating;
  const norm = (x: ArrayLike<number>) =>
    Math.sqrt(
      a.reduce((sum, row, i) => sum + x[i]! * row.reduce((product, value, j) => product + value * x[j]!, 0), 0),
    );
  return { vector, error: (x: ArrayLike<number>) => norm(vector.map((v, i) => v - x[i]!)) / norm(solution) };
}

/** Gaussian elimination with pivots. */
function solvePlainly(matrix: readonly Float64Array[], right: Float64Array): number[] {
  const n = right.length;
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  for (let k = 0; k < n; k++) {
    const pivot = rows.reduce(
      (best, row, i) => (i >= k && Math.abs(row[k]!) > Math.abs(rows[best]![k]!) ? i : best),
      k,
    );
    [rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!];
    for (let i = k + 1; i < n; i++) {
      const factor = rows[i]![k]! / rows[k]![k]!;
      for (let j = k; j <= n; j++) rows[i]![j]! -= factor * rows[k]![j]!;
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let k = n - 1; k >= 0; k--) {
    const sum = rows[k]!.slice(k + 1, n).reduce((total, value, j) => total + value * x[k + 1 + j]!, 0);
    x[k] = (rows[k]![n]! - sum) / rows[k]![k]!;
  }
  return x;
}

const objective: Als = {
  algorithm: 'als',
  regularization: 0.1,
  regularizationExponent: 0.7,
  unobservedWeight: 0.3,
  alpha: 0.5,
  minRating: 0,
};

describe('FoldIn', () => {
  const positive = (min: number, max: number) =>
    fc.double({ min: Math.log(min), max: Math.log(max), noNaN: true }).map(Math.exp);
  const alsObjective: fc.Arbitrary<Objective> = fc.record(
    {
      algorithm: fc.constant('als' as const),
      regularization: positive(1e-4, 10),
      regularizationExponent: fc.constantFrom(0, 0.5, 1, 2),
      unobservedWeight: positive(1e-4, 10),
      alpha: fc.constantFrom(0, 0.5, 40),
      minRating: fc.constantFrom(0, 3),
      quantityUnit: fc.constantFrom(0.5, 20),
    },
    {
      requiredKeys: ['algorithm', 'regularization', 'regularizationExponent', 'unobservedWeight', 'alpha', 'minRating'],
    },
  );
  const sgdObjective: fc.Arbitrary<Objective> = fc.record({
    algorithm: fc.constant('sgd' as const),
    regularization: positive(1e-3, 10),
    meanRating: fc.constantFrom(0, 3.5),
  });
  const value = fc.oneof(fc.constantFrom(undefined, 0, 0.5, 1, 3, 5, 1e4), fc.double({ min: -5, max: 5, noNaN: true }));

  test('solves like double precision in plain loops, whatever the history, the objective and the start', () => {
    fc.assert(
      fc.property(
        fc.oneof(alsObjective, sgdObjective),
        fc.integer({ min: 3, max: 20 }),
        // Items come repeatedly, and more of them than there are factors, and than are summed at a time.
        fc.oneof(fc.array(value, { maxLength: 6 }), fc.array(value, { minLength: 20, maxLength: 300 })),
        fc.integer(),
        fc.boolean(),
        (objective, columns, values, seed, isStarted) => {
          const random = createRandom(seed);
          const items = matrixFromRows(
            Array.from({ length: 40 }, () => Array.from({ length: columns }, (_, f) => random.normal() / (1 + f))),
          );
          const history = values.map(value => ({ item: random.below(40), value }));
          const foldIn = foldInOf(objective, items);
          // Before the last entry: what a user's trained vector is like who has done something new.
          const start = isStarted ? foldIn.vectorOf(history.slice(0, -1)) : undefined;
          const vector = foldIn.vectorOf(history, start);
          if (!vector) {
            const says = objective.algorithm === 'als' ? objective.minRating : Number.NEGATIVE_INFINITY;
            expect(history.some(({ value = objective.algorithm === 'als' ? 1e9 : Number.NaN }) => value >= says)).toBe(
              false,
            );
            return;
          }
          expect(plainFoldIn(items, history, objective).error(vector)).toBeLessThan(5e-4);
        },
      ),
      { seed: 1, numRuns: 150 },
    );
  });

  test('is as good with a basis that another thread found', () => {
    const arena = Arena.create();
    const items = arena.place(randomItems(60, 13));
    const gram = gramOf(items);
    const basis = gramBasisOf(arena, gram, 13);
    const history = [
      { item: 3, value: 2 },
      { item: 50, value: -1 },
    ];
    const given = new FoldIn(arena, objective, items, gram, 60, undefined, basis).vectorOf(history);
    expect(given).toEqual(new FoldIn(arena, objective, items, gram, 60).vectorOf(history));
    expect(plainFoldIn(items, history, objective).error(given!)).toBeLessThan(1e-4);
  });

  test('explains several histories at a time, in steps between others, as each alone, though some are given up', () => {
    const arena = Arena.create();
    const items = arena.place(randomItems(300, 200));
    const foldIn = new FoldIn(arena, objective, items, gramOf(items), 300);
    const histories = [900, 40, 300].map((length, n) =>
      Array.from({ length }, (_, i) => ({ item: (7 * i + n) % 300, value: 1 + ((i + n) % 5) })),
    );
    const explained = Uint32Array.from({ length: 20 }, (_, i) => 11 * i);
    const alone = histories.map(history => foldIn.explain(history, explained));
    const vector = foldIn.vectorOf(histories[1]!);
    const { used } = arena;
    const works = histories.map(history => foldIn.explainInSteps(history, explained));
    const givenUp = foldIn.explainInSteps(histories[0]!, explained);
    for (let step = 0; step < 3; step++) givenUp.next();
    const found: ReturnType<typeof foldIn.explain>[] = [];
    let turns = 0;
    for (let left = works.length; left > 0; turns++) {
      works.forEach((work, n) => {
        if (found[n]) return;
        const { done, value } = work.next();
        if (!done) return;
        found[n] = value;
        left--;
      });
      expect(foldIn.vectorOf(histories[1]!)).toEqual(vector);
    }
    expect(turns).toBeGreaterThan(5);
    expect(found).toEqual(alone);
    expect(arena.used).toBe(used);
  });

  test('has no vector where the system is so near to singular that it would not be finite', () => {
    const items = matrixFromRows([[1e-37], [0]]);
    const nearlySingular: Objective = { ...objective, regularization: 0, unobservedWeight: 1e-3 };
    expect(foldInOf(nearlySingular, items).vectorOf([{ item: 0, value: 1 }])).toBeUndefined();
  });

  test('takes the first of too many entries, and leaves no trace in the arena', () => {
    const arena = Arena.create();
    const items = arena.place(randomItems(30, 5));
    const foldIn = new FoldIn(arena, objective, items, gramOf(items), 30);
    const entries = Array.from({ length: MAX_FOLDED + 1 }, (_, i) => ({ item: i % 29, value: 1 }));
    const first = foldIn.vectorOf(entries);
    foldIn.explain(entries, Uint32Array.of(1));
    const { used } = arena;
    expect(foldIn.vectorOf([...entries.slice(0, MAX_FOLDED), { item: 29, value: 1000 }])).toEqual(first);
    foldIn.explain(entries, Uint32Array.of(1, 2, 3));
    expect(arena.used).toBe(used);
  });
});

describe('FoldIn, implicit', () => {
  const items = randomItems(30, 5);
  const history = [
    { item: 3, value: 2 },
    { item: 11, value: undefined },
    { item: 20, value: 5 },
    { item: 7, value: -2 },
  ];

  test('finds the minimum of the training loss, dislikes included: no step in any direction lowers it', () => {
    const vector = foldInOf(objective, items).vectorOf(history)!;
    const least = implicitLoss(vector, items, history, objective);
    for (let f = 0; f < items.columns; f++) {
      for (const step of [-1e-3, 1e-3]) {
        const moved = Float64Array.from(vector);
        moved[f]! += step;
        expect(implicitLoss(moved, items, history, objective)).toBeGreaterThan(least);
      }
    }
  });

  test('solves large systems as exactly as small ones', () => {
    const many = randomItems(600, 45);
    const long = Array.from({ length: 300 }, (_, item) => ({ item, value: item % 5 }));
    const vector = foldInOf(objective, many).vectorOf(long)!;
    // The gradient of the loss, half of it: zero at the minimum.
    const ridge = 0.1 * (300 + 0.3 * 600) ** 0.7;
    const gradient = Float64Array.from(vector, value => ridge * value);
    let size = 0;
    for (let item = 0; item < many.rows; item++) {
      const row = rowOf(many, item);
      const score = dot(row, vector);
      const observed = item < 300 ? (1 + 0.5 * (item % 5)) * (score - 1) : 0;
      row.forEach((q, f) => {
        gradient[f]! += q * (0.3 * score + observed);
        size = Math.max(size, Math.abs(q * observed));
      });
    }
    expect(Math.max(...gradient.map(Math.abs)) / size).toBeLessThan(1e-4);
  });

  test('a dislike draws the score to 0, the more the larger it is; another value below the threshold does nothing', () => {
    const strict = { ...objective, minRating: 3 };
    const liked = [{ item: 3, value: 5 }];
    const score = (more: FoldInEntry[]) => dot(foldInOf(strict, items).vectorOf([...liked, ...more])!, rowOf(items, 7));
    const scores = [[], [-1], [-20]].map(values => Math.abs(score(values.map(value => ({ item: 7, value })))));
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(scores[2]).toBeLessThan(scores[0]! / 3);
    expect(score([{ item: 7, value: 0 }])).toBe(score([]));
    expect(score([{ item: 7, value: 2.5 }])).toBe(score([]));
  });

  test('knows nothing from an empty history, from one below the rating threshold, or from dislikes alone', () => {
    const foldIn = foldInOf({ ...objective, minRating: 4 }, items);
    expect(foldIn.vectorOf([])).toBeUndefined();
    expect(foldIn.vectorOf([{ item: 3, value: 2 }])).toBeUndefined();
    expect(foldIn.vectorOf([{ item: 3, value: -2 }])).toBeUndefined();
    expect(foldIn.vectorOf([{ item: 3, value: undefined }])).toHaveLength(5);
  });

  test('blends the vector with the average user by the number of entries', () => {
    const average = new AverageUser(Float32Array.of(1, 2, 3, 4, 5));
    const own = foldInOf(objective, items).vectorOf(history)!;
    const blended = foldInOf(objective, items, average).vectorOf(history)!;
    blended.forEach((value, f) => {
      expect(value).toBeCloseTo(0.8 * own[f]! + 0.2 * (f + 1), 5);
    });
  });

  test.each([undefined, new AverageUser(Float32Array.of(1, 2, 3, 4, 5))])(
    'explains a score by what each entry adds to it',
    average => {
      const foldIn = foldInOf(objective, items, average);
      const vector = foldIn.vectorOf(history)!;
      const parts = foldIn.explain(history, Uint32Array.of(0, 3, 12));
      [0, 3, 12].forEach((item, i) => {
        const { base, contributions } = parts[i]!;
        const sum = contributions.reduce((total, value) => total + value, base);
        expect(sum).toBeCloseTo(dot(vector, rowOf(items, item)), 4);
        expect(contributions[3]).toBeCloseTo(0, 12);
      });
    },
  );

  test.each(['ratings', 'quantities'] as const)(
    'gives known users the vectors that training on %s gave them',
    async valueKind => {
      const { byUser, byItem } = createDataset(smallData.table);
      const options = completeAlsOptions(
        { factors: 12, iterations: 60, alpha: 0.2, minRating: 3 },
        alsCountsOf({ byUser, valueKind }),
      );
      const { userFactors, itemFactors } = await trainAls({ byUser, byItem, valueKind }, options);
      const foldIn = foldInOf(objectiveOf({ algorithm: 'als', ...options }, { byUser, valueKind }, 1), itemFactors);
      for (let user = 0; user < byUser.rows; user++) {
        const trained = rowOf(userFactors, user);
        const values = rowValues(byUser, user);
        const folded = foldIn.vectorOf(
          Array.from(rowIndices(byUser, user), (item, i) => ({ item, value: values[i] })),
        )!;
        expect(dot(trained, folded) / Math.sqrt(dot(trained, trained) * dot(folded, folded))).toBeGreaterThan(0.99);
      }
    },
  );
});

describe('FoldIn, explicit', () => {
  const factors = 3;
  const taste = [0.5, -1, 0.25];
  const meanRating = 3;
  const userBias = 0.4;
  const rows = Array.from({ length: 12 }, (_, i) => [...rowOf(randomItems(12, factors), i), 1, (i % 5) / 10]);
  const items = matrixFromRows(rows);
  const user = [...taste, meanRating + userBias, 1];
  const history = rows.map((row, item) => ({ item, value: dot(row, user) }));

  test('recovers the taste and bias that made a noiseless history', () => {
    const foldIn = foldInOf({ algorithm: 'sgd', regularization: 1e-9, meanRating }, items);
    const vector = foldIn.vectorOf(history)!;
    user.forEach((expected, f) => {
      expect(vector[f]).toBeCloseTo(expected, 4);
    });
    expect(foldIn.vectorOf([{ item: 0, value: undefined }])).toBeUndefined();
  });

  test('explains a predicted rating by mean, item bias and what each rating adds', () => {
    const foldIn = foldInOf({ algorithm: 'sgd', regularization: 0.1, meanRating }, items);
    const vector = foldIn.vectorOf(history.slice(0, 5))!;
    const [{ base, contributions }] = foldIn.explain(history.slice(0, 5), Uint32Array.of(9)) as [
      ReturnType<FoldIn['explain']>[number],
    ];
    expect(base).toBeCloseTo(3.4, 5);
    expect(contributions.reduce((sum, value) => sum + value, base)).toBeCloseTo(dot(vector, rows[9]!), 4);
  });
});
