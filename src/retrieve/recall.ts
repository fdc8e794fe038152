import type { Candidates } from './candidate-source.js';

/**
 * The share of the k best that a search found. An item counts when its score reaches the k-th best one, so that ties do
 * not punish; finding nothing where there is nothing is full recall.
 * @param exact the answer of an exact search for at least k items
 */
export function recallOf(found: Candidates, exact: Candidates, k: number): number {
  const possible = Math.min(k, exact.scores.length);
  if (possible === 0) return 1;
  const worst = exact.scores[possible - 1]!;
  let hits = 0;
  while (hits < possible && hits < found.scores.length && found.scores[hits]! >= worst) hits++;
  return hits / possible;
}
