import { expect, test } from 'vitest';
import type { Candidates } from '../../src/retrieve/candidate-source.js';
import { recallOf } from '../../src/retrieve/recall.js';

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
