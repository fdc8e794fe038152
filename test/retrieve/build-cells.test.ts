import { expect, test } from 'vitest';
import { Arena } from '../../src/base/kernels/arena.js';
import { createMatrix, matrixFromRows, rowOf } from '../../src/base/numeric/matrix.js';
import { createRandom } from '../../src/base/numeric/random.js';
import { buildCells } from '../../src/retrieve/build-cells.js';
import { defaultCellCount } from '../../src/retrieve/cells.js';
import { groupedVectors } from '../support/sample-catalogues.js';

const norm = (row: Float32Array): number => Math.hypot(...row);

test('numbers every item once, cell by cell, by decreasing distance within a cell, cells by decreasing largest norm', async () => {
  const vectors = groupedVectors(500, 10, createRandom(1));
  const { order, cells } = await buildCells(Arena.create(), vectors, { cells: 20 });
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, i) => i));
  expect(cells.starts.length).toBe(cells.centroids.rows + 1);
  expect([cells.starts[0], cells.starts.at(-1)]).toEqual([0, 500]);
  const largest: number[] = [];
  for (let cell = 0; cell < cells.centroids.rows; cell++) {
    const inCell = Array.from(order.subarray(cells.starts[cell], cells.starts[cell + 1]), item => rowOf(vectors, item));
    expect(inCell.length).toBeGreaterThan(0);
    const centroid = rowOf(cells.centroids, cell);
    const distances = inCell.map(row => Math.fround(norm(row.map((value, j) => value - centroid[j]!))));
    for (let i = 1; i < distances.length; i++) expect(distances[i]).toBeLessThanOrEqual(distances[i - 1]! * 1.000001);
    largest.push(Math.max(...inCell.map(norm)));
  }
  expect(largest).toEqual([...largest].sort((a, b) => b - a));
});

test('centroids are the means of their cells, and items are near them', async () => {
  const vectors = groupedVectors(600, 9, createRandom(3));
  const { order, cells } = await buildCells(Arena.create(), vectors, { cells: 15 });
  const mean = (items: Uint32Array): Float32Array =>
    new Float32Array(9).map((_, j) => items.reduce((sum, item) => sum + rowOf(vectors, item)[j]!, 0) / items.length);
  const spread = (items: Uint32Array, centroid: Float32Array): number =>
    items.reduce((sum, item) => sum + rowOf(vectors, item).reduce((s, v, j) => s + (v - centroid[j]!) ** 2, 0), 0);
  let within = 0;
  for (let cell = 0; cell < cells.centroids.rows; cell++) {
    const items = order.subarray(cells.starts[cell], cells.starts[cell + 1]);
    const centroid = rowOf(cells.centroids, cell);
    mean(items).forEach((value, j) => {
      expect(centroid[j]).toBeCloseTo(value, 4);
    });
    within += spread(items, centroid);
  }
  // Twelve directions explain most of the spread; what is left is their noise and the norms.
  expect(within).toBeLessThan(0.4 * spread(order, mean(order)));
});

test('gives the same cells with one thread and with several, and others for another seed', async () => {
  // Enough work for threads to be used: 6,000 x 300 x 32 multiplications.
  const vectors = groupedVectors(6000, 30, createRandom(5));
  const build = (threads: number, seed = 1) =>
    buildCells(Arena.create(), vectors, { cells: 300, threads, seed, iterations: 3 });
  const [one, three, other] = [await build(1), await build(3), await build(1, 2)];
  expect(three.order).toEqual(one.order);
  expect(three.cells.starts).toEqual(one.cells.starts);
  expect(three.cells.centroids.data).toEqual(one.cells.centroids.data);
  expect(other.order).not.toEqual(one.order);
});

test('clusters a sample first where there are many items per cell, and all of them in the end', async () => {
  const vectors = groupedVectors(2000, 6, createRandom(6));
  const progress: number[] = [];
  const { order, cells } = await buildCells(Arena.create(), vectors, {
    cells: 4,
    onProgress: ({ iteration, iterations }) => progress.push(iteration, iterations),
  });
  expect(order.length).toBe(2000);
  expect(cells.starts.at(-1)).toBe(2000);
  expect(progress.slice(0, 4)).toEqual([1, 10, 2, 10]);
});

test('fills empty cells, and leaves out those that cannot be filled', async () => {
  const few = matrixFromRows(Array.from({ length: 90 }, (_, i) => [i % 3, 1, 0]));
  const { order, cells } = await buildCells(Arena.create(), few, { cells: 80 });
  expect(order.length).toBe(90);
  expect(cells.centroids.rows).toBe(3);
  expect([...cells.starts]).toEqual([0, 30, 60, 90]);
});

test('makes one cell of equal items and none of no items', async () => {
  const equal = await buildCells(Arena.create(), createMatrix(70, 3), { cells: 70 });
  expect([...equal.cells.starts]).toEqual([0, 70]);
  expect([...equal.order]).toEqual(Array.from({ length: 70 }, (_, i) => i));
  const none = await buildCells(Arena.create(), createMatrix(0, 3));
  expect([...none.cells.starts]).toEqual([0]);
});

test('gives its memory back', async () => {
  const arena = Arena.create();
  await buildCells(arena, groupedVectors(300, 5, createRandom(1)));
  expect(arena.used).toBe(0);
});

test.each([0, -1, 2.5, Number.NaN])('refuses %d cells', async cells => {
  await expect(buildCells(Arena.create(), createMatrix(5, 3), { cells })).rejects.toMatchObject({
    code: 'invalid-option',
    message: `The number of cells must be a positive integer, got ${cells}.`,
  });
});

test('makes more cells for more items, but fewer per item', () => {
  expect([0, 10, 1000, 40_981, 1_000_000].map(defaultCellCount)).toEqual([1, 1, 25, 506, 2500]);
});
