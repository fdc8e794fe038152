import { expect, test } from 'vitest';
import { Arena } from '../../src/base/kernels/arena.js';
import { matrixFromRows } from '../../src/base/numeric/matrix.js';
import { createExactSource } from '../../src/retrieve/exact.js';
import { plainSearch } from '../support/plain-search.js';

test('stops only where no block can hold a better item', () => {
  // Ten blocks of 64 rows take turns in the ranking, and all scores are within one percent.
  const items = matrixFromRows(Array.from({ length: 640 }, (_, i) => [1000 - ((i % 64) * 10 + (i >> 6)) * 0.01]));
  const found = createExactSource(Arena.create(), items).search(Float32Array.of(1), 64);
  expect({ items: [...found.items], scores: [...found.scores] }).toEqual(plainSearch(items, Float32Array.of(1), 64));
});

test('leaves out the blocks whose norms are too small', () => {
  const items = matrixFromRows(Array.from({ length: 640 }, (_, i) => [1 + (i >> 6)]));
  const found = createExactSource(Arena.create(), items).search(Float32Array.of(1), 10);
  expect({ ...found, items: [...found.items], scores: [...found.scores] }).toEqual({
    items: [576, 577, 578, 579, 580, 581, 582, 583, 584, 585],
    scores: new Array(10).fill(10),
    certified: true,
    scanned: 64,
  });
});
