import { type Matrix, rowOf } from '../base/numeric/matrix.js';
import { firstAbove } from '../base/numeric/sorting.js';
import type { Steps } from '../base/threads/steps.js';
import type { Candidates } from '../retrieve/candidate-source.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { ColdItems, Drawn } from './cold-share.js';
import type { ItemFacts } from './item-facts.js';
import type { Explanation, RecommendedItem } from './recommendation.js';
import type { KnownUser, UserVectors } from './user-vectors.js';

/** Items of the history that are named for one recommended item. */
const NAMED = 3;

/** Tells how items came into a list. */
export class Explanations {
  constructor(
    private readonly snapshot: Snapshot,
    private readonly facts: ItemFacts,
    private readonly users: UserVectors,
    private readonly cold: ColdItems,
  ) {}

  /** @param offset items of the list before these */
  *of(items: readonly RecommendedItem[], drawn: Drawn, known: KnownUser, offset: number): Steps<RecommendedItem[]> {
    const { itemFactors, cells } = this.snapshot;
    const history = this.users.historyOf(known);
    const places = placesByScore(drawn.searches);
    yield;
    const parts = yield* this.users.foldIn.explainInSteps(history, drawn.items);
    const explained: RecommendedItem[] = [];
    for (const [i, recommended] of items.entries()) {
      yield;
      const item = drawn.items[i]!;
      const { base, contributions } = parts[i]!;
      const explanation: Explanation = {
        stage: this.cold.has(item) ? 'cold' : 'candidates',
        cell: cellOf(cells.starts, item),
        rank: offset + i + 1,
        rankBefore: places.get(item)!,
        base,
        because: becauseOf(itemFactors, item, history, contributions).map(({ item: past, ...shares }) => ({
          itemId: this.facts.idOf(past),
          ...this.facts.titled(past),
          ...shares,
        })),
      };
      explained.push({ ...recommended, explanation });
    }
    return explained;
  }

  /** The popularity ranking knows nothing of the user: the score is all that there is to say. */
  ofPopular(items: readonly RecommendedItem[], drawn: Drawn, offset: number): RecommendedItem[] {
    const ranking = drawn.searches.at(-1)!.items;
    return items.map((item, i) => {
      const rankBefore = ranking.indexOf(drawn.items[i]!) + 1;
      const rank = offset + i + 1;
      const explanation: Explanation = {
        stage: 'popularity',
        cell: null,
        rank,
        rankBefore,
        base: item.score,
        because: [],
      };
      return { ...item, explanation };
    });
  }
}

/** The items of a history that contributed most to the score of an item, most first; none that speak against it. */
export function becauseOf(
  factors: Matrix,
  item: number,
  history: readonly { readonly item: number }[],
  contributions: Float64Array,
): { item: number; contribution: number; similarity: number }[] {
  const named: { item: number; contribution: number }[] = [];
  let least = 0;
  for (let i = 0; i < history.length; i++) {
    const contribution = contributions[i]!;
    if (!(contribution > least)) continue;
    const past = history[i]!.item;
    if (past === item) continue;
    const place = named.findIndex(other => contribution > other.contribution);
    named.splice(place < 0 ? named.length : place, 0, { item: past, contribution });
    named.length = Math.min(named.length, NAMED);
    least = named[NAMED - 1]?.contribution ?? 0;
  }
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
