import { createMatrix } from '../../src/base/numeric/matrix.js';
import { createRandom } from '../../src/base/numeric/random.js';
import { type Csr, csrFromCoordinates } from '../../src/base/numeric/sparse.js';
import { createDataset, type Dataset } from '../../src/learn/dataset/dataset.js';
import type { TrainedFactors } from '../../src/learn/training/trained-factors.js';
import { createTopLists, type TopLists } from '../../src/measure/quality/top-lists.js';

/** A 0/1 matrix from the columns of each row. */
export function matrixOf(columns: number, rows: readonly (readonly number[])[]): Csr {
  const pairs = rows.flatMap((row, r) => row.map(column => [r, column] as const));
  return csrFromCoordinates(
    rows.length,
    columns,
    Uint32Array.from(pairs, pair => pair[0]),
    Uint32Array.from(pairs, pair => pair[1]),
    new Float32Array(pairs.length).fill(1),
  ).csr;
}

/** A dataset where user u has the items `rows[u]`, with users and items numbered as given. */
export function datasetOf(
  items: number,
  rows: readonly (readonly number[])[],
  value = (_u: number, _i: number) => 1,
): Dataset {
  const pairs = rows.flatMap((row, u) => row.map(item => [u, item] as const));
  return createDataset({
    userIds: rows.map((_, u) => `u${u}`),
    itemIds: Array.from({ length: items }, (_, i) => `i${i}`),
    users: Uint32Array.from(pairs, pair => pair[0]),
    items: Uint32Array.from(pairs, pair => pair[1]),
    values: Float32Array.from(pairs, ([u, i]) => value(u, i)),
    timestamps: null,
    rated: true,
    duplicates: 0,
    rejected: 0,
  });
}

/** Lists of at most k items for the users 0, 1, … */
export function listsOf(k: number, rows: readonly (readonly number[])[]): TopLists {
  const lists = createTopLists(Uint32Array.from(rows.keys()), k);
  rows.forEach((row, n) => {
    lists.items.set(row, n * k);
    lists.lengths[n] = row.length;
  });
  return lists;
}

/** Factors drawn from a normal distribution. */
export function randomFactors(users: number, items: number, factors: number, seed: number): TrainedFactors {
  const random = createRandom(seed);
  const draw = (rows: number) => {
    const matrix = createMatrix(rows, factors);
    for (let r = 0; r < rows; r++) {
      for (let f = 0; f < factors; f++) matrix.data[r * matrix.stride + f] = random.normal();
    }
    return matrix;
  };
  return { userFactors: draw(users), itemFactors: draw(items) };
}
