import { type Matrix, rowOf } from '../base/numeric/matrix.js';
import { firstAbove } from '../base/numeric/sorting.js';
import type { Candidates } from '../retrieve/candidate-source.js';
import type { Explanation, RecommendedItem } from './recommendation.js';

/** Items of the history that are named for one recommended item. */
const NAMED = 3;

/** The items of a history that contributed most to the score of an item, most first; none that speak against it. */
export function becauseOf(
  factors: Matrix,
  item: number,
  history: readonly { readonly item: number }[],
  contributions: Float64Array,
): { item: number; contribution: number; similarity: number }[] {
  const named: { item: number; contribution: number }[] = [];
  history.forEach(({ item: past }, i) => {
    const contribution = contributions[i]!;
    if (past === item || !(contribution > (named[NAMED - 1]?.contribution ?? 0))) return;
    const place = named.findIndex(other => contribution > other.contribution);
    named.splice(place < 0 ? named.length : place, 0, { item: past, contribution });
    named.length = Math.min(named.length, NAMED);
  });
  const vector = rowOf(factors, item);
  return named.map(({ item: past, contribution }) => {
    return { item: past, contribution, similarity: cosine(vector, rowOf(factors, past)) };
  });
}

/** The place of every item by score, from 1, among those that any of the searches found. */
export function placesByScore(searches: readonly Candidates[]): Map<number, number> {
  const scores = new Map<number, number>();
  for (const { items, scores: given } of searches) items.forEach((item, i) => void scores.set(item, given[i]!));
  const inOrder = [...scores].sort(([a, scoreA], [b, scoreB]) => scoreB - scoreA || a - b);
  return new Map(inOrder.map(([item], i) => [item, i + 1]));
}

/** The number of the cell that holds an item: cells are runs of items. */
export function cellOf(starts: Uint32Array, item: number): number {
  return firstAbove(starts, item) - 1;
}

function cosine(a: Float32Array, b: Float32Array): number {
  let product = 0;
  let squaresA = 0;
  let squaresB = 0;
  for (let i = 0; i < a.length; i++) {
    product += a[i]! * b[i]!;
    squaresA += a[i]! ** 2;
    squaresB += b[i]! ** 2;
  }
  return product === 0 ? 0 : product / Math.sqrt(squaresA * squaresB);
}

/**
 * The popularity ranking knows nothing of the user: the score is all that there is to say.
 * @param rank place in the list, from 1
 * @param rankBefore place in the ranking
 */
export function explainPopular(item: RecommendedItem, rank: number, rankBefore: number): RecommendedItem {
  const explanation: Explanation = { stage: 'popularity', cell: null, rank, rankBefore, base: item.score, because: [] };
  return { ...item, explanation };
}
